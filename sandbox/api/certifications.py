"""`/certifications`: identity checks by a code sent to a phone."""

from flask import Blueprint, Response

from ..merchants.clock import of
from ..products import certifications
from .access import authenticate, merchant
from .body import fields
from .envelope import answer
from .objects import certification_object

bp = Blueprint("certifications", __name__, url_prefix="/certifications")
bp.before_request(authenticate)


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    """Answer with a check, finished or not; 404 if the shop has no such check."""
    return answer(certification_object(certifications.get(merchant(), imp_uid)))


@bp.delete("/<imp_uid>")
def delete(imp_uid: str) -> Response:
    """Delete a check and answer with it one last time."""
    return answer(certification_object(certifications.remove(merchant(), imp_uid)))


@bp.post("/otp/request")
def request_otp() -> Response:
    """Start a check. No message is sent: the code is always `sandbox.products.certifications.OTP`."""
    return answer({"imp_uid": certifications.request(merchant(), fields()).imp_uid})


@bp.post("/otp/confirm/<imp_uid>")
def confirm_otp(imp_uid: str) -> Response:
    """Finish a check with the code, once."""
    return answer(certification_object(certifications.confirm(merchant(), imp_uid, fields(), of(merchant()))))
