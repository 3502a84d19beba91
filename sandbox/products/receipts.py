"""Cash receipts, which report payments by bank account to the tax office, whether made here or elsewhere."""

import secrets

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from ..facts import pgs
from ..ledger.models import Merchant, Model, Payment, db
from ..ledger.transactions import exclusive
from ..rules import pg_checks
from ..rules.keys import channel_of
from ..wire.amounts import required_amount, split, taxes
from ..wire.errors import Refused
from ..wire.parameters import MERCHANT_UID_LIMIT, Fields, Malformed, required_text, word

NOT_FOUND = "현금영수증 발행내역이 존재하지 않습니다."
ISSUED_ALREADY = "이미 현금영수증이 발행된 건입니다."
NOT_CASH = "결제완료된 현금성 거래(가상계좌, 계좌이체)가 아닙니다."
UNSUPPORTED = "현금영수증을 지원하지 않는 PG사입니다."

CASH = ("vbank", "trans")
"""Values of `pay_method` that have cash receipts."""

IDENTIFIERS = ("person", "business", "phone", "taxcard")
KINDS = ("person", "company")

_OPEN = text("cancelled_at = 0")


class Receipt(Model):
    """One receipt, for a payment or for a sale made elsewhere. Amounts are won."""

    __tablename__ = "receipts"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    """None for a sale made elsewhere, whose `merchant_uid` is the shop's own number."""
    merchant_uid: Mapped[str]
    receipt_tid: Mapped[str]
    apply_num: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[int]
    vat: Mapped[int]
    applied_at: Mapped[int]
    cancelled_at: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("uq_receipts_payment", "payment_id", unique=True, sqlite_where=_OPEN),
        Index("ix_receipts_merchant_uid", "merchant_id", "merchant_uid"),
    )


def issue(payment: Payment, fields: Fields, now: int) -> Receipt:
    """Issue a receipt for what is left of a payment.

    Raises:
        Malformed: when a field is missing, or the payment is not by bank account, has no money left or has a receipt.
        Refused: when its PG has no receipts (HTTP 501).
    """
    _check(fields)
    if not payment.profile.issues_receipts:
        raise Refused(-1, UNSUPPORTED, http=501, ours=True)
    pg_checks.check_call(payment.merchant, "POST /receipts/{imp_uid}", fields, payment.profile)
    with exclusive(payment):
        if payment.pay_method not in CASH or not payment.charged or not payment.remaining:
            raise Malformed(NOT_CASH)
        if find(payment):
            raise Malformed(ISSUED_ALREADY)
        receipt = _receipt(payment.merchant_id, payment.merchant_uid, payment.remaining, fields, now)
        receipt.payment_id, payment.cash_receipt_issued = payment.id, True
        db.session.add(receipt)
    return receipt


def issue_external(merchant: Merchant, merchant_uid: str, fields: Fields, now: int) -> Receipt:
    """Issue a receipt for a sale made elsewhere, under the shop's own number.

    Raises:
        Malformed: when a field is missing or of the wrong shape, or the sale has a receipt.
        Refused: when the PG has no receipts (HTTP 501), or the merchant has no such channel.
    """
    if len(merchant_uid) > MERCHANT_UID_LIMIT:
        raise Malformed(f"merchant_uid 파라메터는 {MERCHANT_UID_LIMIT}자를 넘을 수 없습니다.")
    _check(fields)
    required_text(fields, "name")
    word(fields, "pay_method", CASH)
    amount = required_amount(fields, above_zero=True)
    profile = pgs.profile_for(channel_of(merchant, fields).pg_provider)
    if not profile.issues_receipts:
        raise Refused(-1, UNSUPPORTED, http=501, ours=True)
    pg_checks.check_call(merchant, "POST /receipts/external/{merchant_uid}", fields, profile)
    with exclusive(merchant):
        if find_external(merchant, merchant_uid):
            raise Malformed(ISSUED_ALREADY)
        receipt = _receipt(merchant.id, merchant_uid, amount, fields, now)
        db.session.add(receipt)
    return receipt


def revoke(receipt: Receipt, now: int) -> Receipt:
    """Mark a receipt as cancelled, so that another can be issued for its payment or sale."""
    with exclusive(receipt):
        receipt.cancelled_at = now
        payment = db.session.get(Payment, receipt.payment_id) if receipt.payment_id else None
        if payment is not None:
            payment.cash_receipt_issued = False
    return receipt


def find(payment: Payment) -> Receipt | None:
    """Return the receipt of a payment that is not revoked, or None."""
    return db.session.scalar(select(Receipt).where(Receipt.payment_id == payment.id, Receipt.cancelled_at == 0))


def find_external(merchant: Merchant, merchant_uid: str) -> Receipt | None:
    """Return the receipt of a sale made elsewhere that is not revoked, or None."""
    return db.session.scalar(
        select(Receipt).where(
            Receipt.merchant_id == merchant.id,
            Receipt.merchant_uid == merchant_uid,
            Receipt.payment_id.is_(None),
            Receipt.cancelled_at == 0,
        )
    )


def _check(fields: Fields) -> None:
    required_text(fields, "identifier")
    word(fields, "identifier_type", IDENTIFIERS)
    word(fields, "type", KINDS)
    word(fields, "product_type", ("real", "digital"))


def _receipt(merchant_id: int, merchant_uid: str, amount: int, fields: Fields, now: int) -> Receipt:
    tax = taxes(fields, amount, "KRW")
    vat = split(amount, tax["tax_free"] or 0, tax["vat_amount"]).vat
    return Receipt(
        merchant_id=merchant_id,
        merchant_uid=merchant_uid,
        receipt_tid=f"CASH{now}{secrets.randbelow(10**8):08d}",
        apply_num=f"{secrets.randbelow(10**9):09d}",
        kind=word(fields, "type", KINDS) or "person",
        amount=amount,
        vat=vat,
        applied_at=now,
        cancelled_at=0,
    )
