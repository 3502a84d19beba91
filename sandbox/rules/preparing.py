"""Amounts registered before their window opens: a window asking for another one stays shut."""

from sqlalchemy import select

from ..ledger.models import Merchant, Prepared, db
from ..ledger.transactions import exclusive
from ..wire.amounts import required_amount
from ..wire.errors import Refused
from ..wire.parameters import MERCHANT_UID_LIMIT, Fields, currency, required_number, required_text, text

REGISTERED_ALREADY = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."
NOT_REGISTERED = "사전등록된 결제정보가 존재하지 않습니다."

WITH_CENTS = "USD"
"""What an amount without a currency is measured by: it may turn out to be one with cents."""


def prepare(merchant: Merchant, fields: Fields) -> Prepared:
    """Register an amount, once. Raises `Refused` the second time, `Malformed`."""
    asked = _asked(merchant, fields)
    with exclusive(merchant):
        if find(merchant, asked.merchant_uid):
            raise Refused(1, REGISTERED_ALREADY)
        db.session.add(asked)
    return asked


def change(merchant: Merchant, fields: Fields) -> Prepared:
    """Replace what was registered. Raises `Refused` where nothing was, `Malformed`."""
    asked = _asked(merchant, fields)
    with exclusive(merchant):
        prepared = get(merchant, asked.merchant_uid)
        prepared.amount, prepared.currency = asked.amount, asked.currency
    return prepared


def get(merchant: Merchant, merchant_uid: str) -> Prepared:
    """What was registered. Raises `Refused` with HTTP 404."""
    prepared = find(merchant, merchant_uid)
    if prepared is None:
        raise Refused(-1, NOT_REGISTERED, http=404)
    return prepared


def find(merchant: Merchant, merchant_uid: str) -> Prepared | None:
    return db.session.scalar(
        select(Prepared).where(Prepared.merchant_id == merchant.id, Prepared.merchant_uid == merchant_uid)
    )


def _asked(merchant: Merchant, fields: Fields) -> Prepared:
    code = currency(fields) if text(fields, "currency") else None
    required_amount({**fields, "currency": code or WITH_CENTS})
    return Prepared(
        merchant_id=merchant.id,
        merchant_uid=required_text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        amount=str(required_number(fields, "amount")),
        currency=code,
    )
