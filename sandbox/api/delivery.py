"""`/paymentwall/delivery`: a shop reports its deliveries here; without the reports Paymentwall does not pay it."""

from flask import Blueprint, Response
from sqlalchemy import select

from ..facts import pgs
from ..ledger import entries
from ..ledger.models import Payment, db
from ..rules import pg_checks
from ..wire.errors import Refused
from ..wire.parameters import MERCHANT_UID_LIMIT, Fields, missing, required_integer, required_text, text, word
from .access import authenticate, merchant
from .body import fields
from .envelope import answer

bp = Blueprint("delivery", __name__, url_prefix="/paymentwall/delivery")
bp.before_request(authenticate)

CHOICES = {
    "type": ("physical", "digital"),
    "status": ("order_placed", "order_shipped", "delivering", "delivered"),
    "refundable": ("yes", "no"),
}
TIMES = ("estimated_delivery_datetime", "estimated_update_datetime")

FOR_GOODS = {
    **dict.fromkeys(("carrier_tracking_id", "carrier_type"), 64),
    **dict.fromkeys(
        [
            f"shipping_address_{part}"
            for part in ("country", "city", "zip", "state", "street", "phone", "firstname", "lastname")
        ],
        40,
    ),
}
"""Fields that only physical goods need → the longest text allowed."""


@bp.post("")
def report() -> Response:
    """Check the report and accept it. The sandbox does not store it."""
    body = fields()
    _check(body)
    pg_checks.check_call(merchant(), "POST /paymentwall/delivery", body)
    reported = select(Payment.id).where(
        Payment.merchant_id == merchant().id,
        Payment.imp_uid == required_text(body, "imp_uid"),
        Payment.merchant_uid == required_text(body, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        Payment.pg_code.in_(profile.code for profile in pgs.PROFILES if profile.wants_delivery_reports),
        Payment.status == "paid",
    )
    if db.session.scalar(reported) is None:
        raise Refused(-1, entries.NOT_FOUND, ours=True)
    return answer({"success": 1})


def _check(body: Fields) -> None:
    for name, choices in CHOICES.items():
        if word(body, name, choices) is None:
            raise missing(name)
    for name in TIMES:
        required_integer(body, name)
    required_text(body, "shipping_address_email", limit=50)
    read = required_text if body["type"] == "physical" else text
    for name, limit in FOR_GOODS.items():
        read(body, name, limit=limit)
