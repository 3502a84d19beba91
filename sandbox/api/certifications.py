"""``/certifications``: who somebody is, by a code sent to their phone."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import certifications
from sandbox.api.access import authenticate, merchant
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import certification_object
from sandbox.clock import of

bp = Blueprint("certifications", __name__, url_prefix="/certifications")
bp.before_request(authenticate)


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    return answer(certification_object(certifications.get(merchant(), imp_uid)))


@bp.delete("/<imp_uid>")
def delete(imp_uid: str) -> Response:
    return answer(certification_object(certifications.remove(merchant(), imp_uid)))


@bp.post("/otp/request")
def request_otp() -> Response:
    """No message goes anywhere: the code is `sandbox.certifications.OTP`."""
    return answer({"imp_uid": certifications.request(merchant(), fields()).imp_uid})


@bp.post("/otp/confirm/<imp_uid>")
def confirm_otp(imp_uid: str) -> Response:
    return answer(certification_object(certifications.confirm(merchant(), imp_uid, fields(), of(merchant()))))
