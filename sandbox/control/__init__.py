"""Serve the levers, which the real service lacks, for tests and demonstrations. A shop never calls them.

A lever reads JSON or form fields and answers JSON without the envelope. When it refuses, it answers `{"error": …}` with
HTTP 400, 404 or 409. It also refuses a field that its description does not name. It needs no token, and acts on the
default merchant unless `merchant_code` names another.
"""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from ..openapi.description import LEVERS
from ..wire.errors import Refused
from ..wire.parameters import Malformed
from . import bank, calls, cancel, clock, fidelity, health, levers, merchants, naver, outcomes, pgs, webhooks
from .incoming import sent_fields

CALLS = {operation.call.replace("{", "<").replace("}", ">"): operation for operation in LEVERS}
"""`POST /control/clock`, in the router's spelling of a rule → the description of that lever."""

bp = Blueprint("control", __name__)
for part in (bank, calls, cancel, clock, fidelity, health, levers, merchants, naver, outcomes, pgs, webhooks):
    bp.register_blueprint(part.bp)


@bp.before_request
def _refuse_unknown_fields() -> None:
    """Refuse a field that the lever does not know: a misspelt `merchant_code` would act on the default merchant.

    Raises `Malformed`.
    """
    called = CALLS.get(f"{request.method} {request.url_rule}")
    if called is None:
        return
    known = {field.name for field in (*called.query, *called.body)}
    unknown = sorted(set(sent_fields()) - known)
    if unknown:
        accepted = ", ".join(sorted(known)) or "no fields"
        raise Malformed(f"{called.call} does not accept {', '.join(unknown)}; it accepts {accepted}")


@bp.errorhandler(Malformed)
def _malformed(error: Malformed) -> ResponseReturnValue:
    return jsonify(error=str(error)), 400


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    return jsonify(error=error.message), error.http
