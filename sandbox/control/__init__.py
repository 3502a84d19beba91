"""Levers the real service lacks, for tests and demonstrations. A shop never calls them.

JSON or form fields in, JSON out without the envelope; `{"error": …}` with HTTP 400 or 404 when a lever is
pulled wrongly, also with a field that its description does not name. They need no token, and act on the default
merchant unless `merchant_code` names another.
"""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from ..openapi.description import LEVERS
from ..wire.errors import Refused
from ..wire.parameters import Malformed
from . import bank, cancel, clock, fidelity, health, levers, merchants, naver, outcomes, pgs, webhooks
from .asking import asked

CALLS = {operation.call.replace("{", "<").replace("}", ">"): operation for operation in LEVERS}
"""By method and rule, as the router has them."""

bp = Blueprint("control", __name__)
for part in (bank, cancel, clock, fidelity, health, levers, merchants, naver, outcomes, pgs, webhooks):
    bp.register_blueprint(part.bp)


@bp.before_request
def _know_every_field() -> None:
    """A misspelt `merchant_code` would pull the default merchant's lever. Raises `Malformed`."""
    called = CALLS.get(f"{request.method} {request.url_rule}")
    if called is None:
        return
    known = {field.name for field in (*called.query, *called.body)}
    unknown = sorted(set(asked()) - known)
    if unknown:
        raise Malformed(f"{called.call} does not accept {', '.join(unknown)}; it accepts {', '.join(sorted(known))}")


@bp.errorhandler(Malformed)
def _malformed(error: Malformed) -> ResponseReturnValue:
    return jsonify(error=str(error)), 400


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    return jsonify(error=error.message), error.http
