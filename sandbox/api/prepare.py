"""`/payments/prepare`: amounts registered before their window opens."""

from flask import Blueprint, Response

from ..rules import preparing
from .access import authenticate, merchant
from .body import fields
from .envelope import answer
from .objects import prepared_object

bp = Blueprint("prepare", __name__, url_prefix="/payments/prepare")
bp.before_request(authenticate)


@bp.post("")
def register() -> Response:
    """Register the amount of a `merchant_uid`, once."""
    return answer(prepared_object(preparing.prepare(merchant(), fields())))


@bp.put("")
def change() -> Response:
    """Replace a registered amount."""
    return answer(prepared_object(preparing.change(merchant(), fields())))


@bp.get("/<merchant_uid>")
def show(merchant_uid: str) -> Response:
    """Answer with the registered amount; 404 if there is none."""
    return answer(prepared_object(preparing.get(merchant(), merchant_uid)))
