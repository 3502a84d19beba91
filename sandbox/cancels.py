"""Giving money back, the whole or a part of it."""

from __future__ import annotations

from sqlalchemy import select

from sandbox import ledger
from sandbox.errors import Refused
from sandbox.models import Merchant, Payment, db, exclusive
from sandbox.money import minor_units
from sandbox.parameters import Fields, Malformed, missing, number, text

NOTHING_TO_CANCEL = "취소할 결제건이 존재하지 않습니다."
CANCELLED_ALREADY = "이미 전액취소된 주문입니다."
CHECKSUM_DIFFERS = "취소 가능한 금액이 checksum과 일치하지 않습니다."


def cancel(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Cancel ``amount`` of a payment, all that is left when it is missing or 0.

    Raises:
        Refused: no such payment, nothing left, less left than asked, or not what ``checksum`` believes is left.
        Malformed: neither ``imp_uid`` nor ``merchant_uid``, or a number that is none.
    """
    imp_uid, merchant_uid = text(fields, "imp_uid"), text(fields, "merchant_uid")
    if imp_uid is None and merchant_uid is None:
        raise missing("imp_uid, merchant_uid")
    with exclusive(merchant):
        payment = _cancellable(merchant, imp_uid, merchant_uid)
        checksum = _minor(fields, "checksum", payment)
        if checksum is not None and checksum != payment.remaining:
            raise Refused(1, CHECKSUM_DIFFERS)
        amount = _minor(fields, "amount", payment) or payment.remaining
        if amount > payment.remaining:
            raise _failed("requested cancel amount is bigger than cancelable amount")
        payment.mark_cancelled(amount, text(fields, "reason"), at=now)
    return payment


def _cancellable(merchant: Merchant, imp_uid: str | None, merchant_uid: str | None) -> Payment:
    """With both ids ``imp_uid`` wins, and a wrong one is not mended by the other."""
    if imp_uid is not None:
        payment = db.session.scalar(
            select(Payment).where(Payment.merchant_id == merchant.id, Payment.imp_uid == imp_uid)
        )
    else:
        payment = ledger.settled(merchant, str(merchant_uid))
    if payment is None or payment.status not in ("paid", "cancelled"):
        raise Refused(1, NOTHING_TO_CANCEL)
    if not payment.charged:
        raise _failed("빌링키 발급 건으로 승인된 금액이 없습니다")
    if payment.remaining == 0:
        raise Refused(1, CANCELLED_ALREADY)
    return payment


def _minor(fields: Fields, name: str, payment: Payment) -> int | None:
    value = number(fields, name)
    try:
        return None if value is None else minor_units(value, payment.currency)
    except ValueError:
        raise Malformed(f"{name} 파라메터가 올바르지 않습니다.") from None


def _failed(detail: str) -> Refused:
    return Refused(-1, f"결제취소에 실패하였습니다.({detail})")
