"""Let each signed-in person see the shop in their own time, and give their new keys the same time at the sandbox."""

from contextlib import ExitStack

import requests
from flask import Flask, Response, current_app, g, request
from flask_login import current_user

import clock
from demo import clocks, sandbox


def init_app(app: Flask) -> None:
    """Move the business time around every request of a person whose clock has moved."""
    app.before_request(begin)
    app.after_request(date_new_key)
    app.teardown_request(end)


def begin() -> None:
    """Enter the person's time before the view runs."""
    if request.endpoint not in ("static", "demo.static") and current_user.is_authenticated:
        g.own_time = ExitStack()
        g.own_time.enter_context(clock.shifted(clocks.ahead(current_user.id)))


def end(_error: BaseException | None) -> None:
    """Leave the person's time."""
    own_time: ExitStack | None = g.pop("own_time", None)
    if own_time is not None:
        own_time.close()


def date_new_key(response: Response) -> Response:
    """Set the sandbox's clock of a new `customer_uid`, before its window opens."""
    if request.endpoint == "checkout.create_order" and response.status_code == 201:
        ahead = int(clocks.ahead(current_user.id).total_seconds())
        if ahead:
            _set_clock(response.get_json()["request"]["customer_uid"], ahead)
    return response


def _set_clock(customer_uid: str, ahead: int) -> None:
    try:
        sandbox.set_clocks([customer_uid], ahead=ahead)
    except requests.RequestException as err:
        current_app.logger.warning("the sandbox's clock of %s was not set: %s", customer_uid, err)
