"""Define the blueprint of the console's pages and buttons, and what applies to all of them."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, request
from sqlalchemy import select

from .. import wirelog
from ..ledger.models import Merchant, db
from ..pages import UNFRAMED, guard, words

bp = Blueprint("dashboard", __name__)

NEWEST_MERCHANTS = 30
"""How many merchants the switcher offers. There may be hundreds, one for each test; search finds the others by code."""


@bp.url_value_preprocessor
def take_merchant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Turn the code in the address into `g.console`, the merchant shown. Answer 404 when no merchant has this code."""
    code = (values or {}).pop("code", None) or current_app.extensions["sandbox_config"].MERCHANT_CODE
    g.console = db.session.scalar(select(Merchant).where(Merchant.code == code)) or abort(404)


@bp.url_defaults
def keep_merchant(endpoint: str, values: dict[str, Any]) -> None:
    """Keep the merchant shown, the requested language and the page to return to in every link."""
    if endpoint != "dashboard.index" and "console" in g:
        values.setdefault("code", g.console.code)
    if endpoint == "dashboard.pull":  # a lever would read these as its fields
        return
    for name in {"lang", "back"} & request.args.keys():
        values.setdefault(name, request.args[name])


def page_of_the_shop() -> dict[str, str]:
    """Return `back`: the page to which `?back=` lets the reader return; empty unless it is a web address."""
    address = request.args.get("back", "")
    return {"back": address if urlsplit(address).scheme in ("http", "https") else ""}


@bp.before_request
def flush_wire_log() -> None:
    """Store the recorded calls first: the log in the database is up to half a second behind."""
    wirelog.flush()


@bp.after_request
def finish(response: Response) -> Response:
    """Guard the page, let its script request pages, and answer 304 to a live page that has not changed."""
    guard(response, UNFRAMED)
    if request.method == "GET" and response.status_code == 200 and "X-Live" in request.headers:
        response.add_etag()
        response.make_conditional(request)
    return response


bp.context_processor(words)
bp.context_processor(page_of_the_shop)
