"""Serve the console's buttons. Each calls a lever of `/control` with the form's fields, then returns to its page."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from flask import Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import control, travel
from ..merchants import clock, register
from ..merchants.clock import SEOUL
from ..wire.errors import Refused
from ..wire.parameters import Malformed
from . import confirming
from .blueprint import bp
from .views import shops

LEVERS: Mapping[str, Callable[[], Response]] = {
    "deliver": control.webhooks.deliver,
    "cancel": control.cancel.cancel,
    "levers": control.levers.pull,
    "outcomes": control.outcomes.plan,
    "withdraw": control.outcomes.withdraw,
    "clock": control.clock.move,
    "reset": control.merchants.reset,
}
"""Name in a form's address → the lever. The form has the lever's `merchant_code` as a hidden field."""


@bp.post("/console/<code>/pull/<lever>")
def pull(lever: str) -> ResponseReturnValue:
    """Call the lever with the form's fields, and return to the page with the button."""
    if lever not in LEVERS:
        abort(404)
    LEVERS[lever]()
    return redirect(_page_before(), 303)


@bp.post("/console/<code>/merchants")
def add() -> ResponseReturnValue:
    """Add a merchant. Only the page that confirms it shows its secret."""
    fields = {name: value.strip() for name, value in request.form.items()}
    try:
        made = register.add(fields)
    except Malformed as error:
        return shops(refusal=str(error), typed=fields), 400
    except Refused:
        return shops(refusal=_("Another merchant uses this code or key. Choose a different one."), typed=fields), 400
    return render_template("dashboard/shop.html", made=made), 201


@bp.post("/console/<code>/clock")
def set_time() -> ResponseReturnValue:
    """Set the merchant's clock to the form's `until`, a local time in Seoul without an offset."""
    try:
        until = datetime.fromisoformat(request.form.get("until", "")).replace(tzinfo=SEOUL)
    except ValueError:
        abort(400)
    travel.to(g.console, int(until.timestamp()) - clock.now())
    return redirect(_page_before(), 303)


@bp.errorhandler(Malformed)
@bp.errorhandler(Refused)
def _refused(error: Malformed | Refused) -> ResponseReturnValue:
    """Answer with a page that shows why the lever refused."""
    return render_template("dashboard/refused.html", message=str(error), back=_page_before()), 400


def _page_before() -> str:
    """Return the address of the console page with the button, or the overview if the referrer is not on this host.

    A question whether to do it is not that page, but the page behind the question is.
    """
    before = urlsplit(request.referrer or "")
    if before.netloc != request.host:
        return url_for(".overview")
    page, _slash, lever = before.path.rpartition("/")
    if page.endswith("/confirm"):
        return confirming.page_behind(lever, dict(parse_qsl(before.query)))
    path = f"/{before.path.lstrip('/')}"  # a path that begins with two slashes would lead to another host
    return f"{path}?{before.query}" if before.query else path
