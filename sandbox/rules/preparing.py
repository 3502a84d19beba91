"""Prepared amounts: registered before their window opens, which refuses any other amount."""

from decimal import Decimal

from sqlalchemy import select

from ..ledger.models import Merchant, Payment, Prepared, db
from ..ledger.transactions import exclusive
from ..wire.amounts import required_amount
from ..wire.errors import Refused
from ..wire.money import major_units
from ..wire.parameters import MERCHANT_UID_LIMIT, Fields, currency, required_number, required_text, text

REGISTERED_ALREADY = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."
NOT_REGISTERED = "사전등록된 결제정보가 존재하지 않습니다."

WITH_CENTS = "USD"
"""The currency that checks an amount registered without one. It allows cents, which the window's currency may have."""


def prepare(merchant: Merchant, fields: Fields) -> Prepared:
    """Register an amount, once.

    Raises:
        Refused: when the `merchant_uid` already has an amount.
        Malformed: when a field is missing or of the wrong shape.
    """
    prepared = _prepared(merchant, fields)
    with exclusive(merchant):
        if find(merchant, prepared.merchant_uid):
            raise Refused(1, REGISTERED_ALREADY)
        db.session.add(prepared)
    return prepared


def change(merchant: Merchant, fields: Fields) -> Prepared:
    """Replace the registered amount.

    Raises:
        Refused: when the `merchant_uid` has no amount (HTTP 404).
        Malformed: when a field is missing or of the wrong shape.
    """
    replacement = _prepared(merchant, fields)
    with exclusive(merchant):
        prepared = get(merchant, replacement.merchant_uid)
        prepared.amount, prepared.currency = replacement.amount, replacement.currency
    return prepared


def get(merchant: Merchant, merchant_uid: str) -> Prepared:
    """Return the amount registered for `merchant_uid`.

    Raises:
        Refused: with HTTP 404, when it has none.
    """
    prepared = find(merchant, merchant_uid)
    if prepared is None:
        raise Refused(-1, NOT_REGISTERED, http=404)
    return prepared


def find(merchant: Merchant, merchant_uid: str) -> Prepared | None:
    """Return the amount registered for `merchant_uid`, or None."""
    return db.session.scalar(
        select(Prepared).where(Prepared.merchant_id == merchant.id, Prepared.merchant_uid == merchant_uid)
    )


def allows(merchant: Merchant, payment: Payment) -> bool:
    """Whether the window of `payment` requests the amount registered for it, if there is one."""
    prepared = find(merchant, payment.merchant_uid)
    if prepared is None:
        return True
    registered = (Decimal(prepared.amount), prepared.currency or payment.currency)
    return registered == (Decimal(str(major_units(payment.amount, payment.currency))), payment.currency)


def _prepared(merchant: Merchant, fields: Fields) -> Prepared:
    code = currency(fields) if text(fields, "currency") else None
    required_amount({**fields, "currency": code or WITH_CENTS})
    return Prepared(
        merchant_id=merchant.id,
        merchant_uid=required_text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        amount=str(required_number(fields, "amount")),
        currency=code,
    )
