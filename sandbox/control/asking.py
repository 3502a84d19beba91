"""What every lever asks of its request: whose it is, and the fields it came with."""

from typing import Any

from flask import current_app, request
from sqlalchemy import select

from ..api.body import fields
from ..ledger.models import Merchant, Payment, db
from ..merchants import register
from ..wire.errors import Refused
from ..wire.parameters import Malformed, number, required_text, text

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def asked() -> dict[str, Any]:
    """The query and the body, JSON or form, as one dict; the body wins. Raises `Malformed`.

    A body that is neither is refused: read as none, it would pull the default merchant's lever.
    """
    if not request.get_data():
        return request.args.to_dict()
    if not (request.is_json or request.mimetype in FORMS):
        raise Malformed("send JSON (Content-Type: application/json) or a form")
    return {**request.args.to_dict(), **fields()}


def merchant_in(body: dict[str, Any]) -> Merchant:
    """The merchant with `merchant_code`, the default one when it was not sent. Raises `Refused` (404)."""
    return register.find(text(body, "merchant_code") or current_app.extensions["sandbox_config"].MERCHANT_CODE)


def payment_in(body: dict[str, Any]) -> Payment:
    """The payment with `imp_uid`, of whichever merchant. Raises `Refused` (404), `Malformed`."""
    payment = db.session.scalar(select(Payment).where(Payment.imp_uid == required_text(body, "imp_uid")))
    if payment is None:
        raise Refused(-1, "no payment has this imp_uid", http=404)
    return payment


def between(body: dict[str, Any], name: str, most: int, default: float) -> float:
    """A number from 0 to `most`. Raises `Malformed`."""
    value = number(body, name)
    if value is None:
        return default
    if not value.is_finite() or not 0 <= value <= most:
        raise Malformed(f"{name} must be between 0 and {most}")
    return float(value)
