"""The blueprint that the console's pages and buttons hang on, and what holds for all of them."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, g, request
from sqlalchemy import select

from .. import wirelog
from ..ledger.models import Merchant, db
from ..pages import POLICY, guard, words

bp = Blueprint("dashboard", __name__)

NEWEST_MERCHANTS = 30
"""How many the switcher offers. There may be hundreds, one for each test; search finds the others by their code."""


@bp.url_value_preprocessor
def take_merchant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Turn the code in the address into `g.console`, the merchant shown; 404 when nobody has it."""
    code = (values or {}).pop("code", None) or current_app.extensions["sandbox_config"].MERCHANT_CODE
    g.console = db.session.scalar(select(Merchant).where(Merchant.code == code)) or abort(404)


@bp.url_defaults
def keep_merchant(endpoint: str, values: dict[str, Any]) -> None:
    """Every link stays with the merchant, and in the language asked for."""
    if endpoint != "dashboard.index" and "console" in g:
        values.setdefault("code", g.console.code)
    if "lang" in request.args and endpoint != "dashboard.pull":  # a lever would take it for one of its fields
        values.setdefault("lang", request.args["lang"])


@bp.before_request
def see_everything() -> None:
    """Calls of this process are up to half a second ahead of their log."""
    wirelog.flush()


@bp.after_request
def finish(response: Response) -> Response:
    guard(response)
    response.headers["Content-Security-Policy"] = f"{POLICY}; connect-src 'self'"
    if request.method == "GET" and response.status_code == 200 and "X-Live" in request.headers:
        response.add_etag()
        response.make_conditional(request)
    return response


bp.context_processor(words)
