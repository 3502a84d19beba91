"""Virtual accounts: a payer receives an account number and pays into it later, or never."""

import secrets

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..facts import pgs
from ..facts.codes import BANKS
from ..ledger import entries
from ..ledger.models import Merchant, Model, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import levers
from ..merchants.channels import Channel
from ..rules import pg_checks
from ..rules.keys import channel_of
from ..webhooks import notices
from ..wire.amounts import required_amount, taxes
from ..wire.errors import NotConfigured, Refused
from ..wire.parameters import (
    MERCHANT_UID_LIMIT,
    Fields,
    Malformed,
    as_json,
    currency,
    integer,
    required_integer,
    required_text,
    text,
    urls,
)

NEEDS_CONTRACT = "가상계좌 발급을 위해서는 PG사와의 계약이 필요합니다."
DUPLICATE = "이미 결제가 이루어진 merchant_uid입니다."
NOT_WAITING = "입금대기 상태의 가상계좌가 아닙니다."
REVOKED = "가상계좌 말소"

LATEST = 32_503_680_000
"""Largest `vbank_due`: the year 3000."""


class VirtualAccount(Model):
    """The account of one payment."""

    __tablename__ = "virtual_accounts"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    bank_code: Mapped[str]
    number: Mapped[str]
    holder: Mapped[str | None]
    due_at: Mapped[int]
    """The last second at which it takes a deposit."""
    issued_at: Mapped[int]
    revoked_at: Mapped[int] = mapped_column(default=0)
    """When the shop closed it; 0 while it is open."""

    payment: Mapped[Payment] = relationship()


def issue(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Open an account for one payment, which stays `ready` until a deposit; queue the shop's webhook.

    Raises:
        Refused: when the PG has no virtual accounts, or the `merchant_uid` was paid or cancelled before.
        Malformed: when a field is missing or of the wrong shape.
    """
    channel = channel_of(merchant, fields)
    profile = pgs.profile_for(channel.pg_provider)
    payment, account = _payment(merchant, channel, fields, now), _account(fields, now)
    if not profile.issues_vbanks:
        raise NotConfigured(-1, NEEDS_CONTRACT, ours=True)
    pg_checks.check_call(merchant, "POST /vbanks", fields, profile)
    with exclusive(merchant):
        if entries.is_settled(merchant, payment.merchant_uid):
            raise Refused(1, DUPLICATE, ours=True)
        payment.imp_uid, payment.pg_tid = entries.new_imp_uid(), entries.new_pg_tid(payment, now)
        account.payment = payment
        db.session.add_all([payment, account])
        notices.queue(merchant, payment, now)
    return payment


def change(payment: Payment, fields: Fields, now: int) -> Payment:
    """Change `amount` or `vbank_due`.

    Raises:
        Malformed: when no deposit is awaited, or a value is wrong.
    """
    amount = (
        required_amount({**fields, "currency": payment.currency}, above_zero=True) if fields.get("amount") else None
    )
    due_at = integer(fields, "vbank_due", least=now + 1, most=LATEST)
    with exclusive(payment):
        account = _waiting(payment)
        payment.amount = payment.amount if amount is None else amount
        account.due_at = account.due_at if due_at is None else due_at
        payment.updated_at = now
    return payment


def revoke(payment: Payment, fields: Fields, now: int) -> Payment:
    """Close the account before a deposit.

    Raises:
        Malformed: when no deposit is awaited, or a field that the PG needs is missing.
    """
    pg_checks.check_call(payment.merchant, "DELETE /vbanks/{imp_uid}", fields, payment.profile)
    with exclusive(payment):
        account = _waiting(payment)
        account.revoked_at = now
        if levers.get(payment.merchant, "revoked_vbank") == "failed":
            payment.mark_failed(REVOKED, at=now)
    return payment


def deposit(payment: Payment, now: int) -> Payment:
    """Record the deposit of the full amount.

    Raises:
        Malformed: when no deposit is awaited, `vbank_due` is past, or the `merchant_uid` was paid or cancelled in the
            meantime.
    """
    with exclusive(payment):
        account = _waiting(payment)
        if now > account.due_at or entries.is_settled(payment.merchant, payment.merchant_uid):
            raise Malformed(NOT_WAITING)
        payment.mark_paid(at=now, charged=True)
        notices.queue_approval(payment.merchant, payment, now)
    return payment


def of(payment: Payment) -> VirtualAccount | None:
    """Return the account of a payment, or None."""
    return db.session.get(VirtualAccount, payment.id) if payment.pay_method == "vbank" else None


def holder_of(merchant: Merchant, fields: Fields) -> str:
    """Return the holder of account `bank_num` at `bank_code`, which the sandbox knows if it has issued the account.

    Raises:
        Refused: when the sandbox has issued no such account to this merchant (HTTP 404).
        Malformed: when a field is missing.
    """
    wanted = (
        select(VirtualAccount.holder)
        .join(Payment)
        .where(
            Payment.merchant_id == merchant.id,
            VirtualAccount.bank_code == required_text(fields, "bank_code"),
            VirtualAccount.number == required_text(fields, "bank_num"),
        )
    )
    holder = db.session.scalar(wanted.limit(1))
    if holder is None:
        raise Refused(-1, "예금주를 조회할 수 없습니다.", http=404, ours=True)
    return holder


def _payment(merchant: Merchant, channel: Channel, fields: Fields, now: int) -> Payment:
    amount, code = required_amount(fields, above_zero=True), currency(fields)
    return Payment(
        merchant=merchant,
        merchant_uid=required_text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        pg_code=channel.pg_provider,
        pg_id=channel.pg_id,
        pay_method="vbank",
        channel="api",
        status="ready",
        amount=amount,
        currency=code,
        **taxes(fields, amount, code),
        name=text(fields, "name"),
        custom_data=as_json(fields, "custom_data"),
        notice_urls=urls(fields, "notice_url"),
        started_at=now,
        updated_at=now,
        **{field: text(fields, field) for field in entries.BUYER},
    )


def _account(fields: Fields, now: int) -> VirtualAccount:
    bank_code = required_text(fields, "vbank_code").zfill(3)
    if bank_code not in BANKS:
        raise Malformed("vbank_code 파라메터가 올바르지 않습니다.")
    return VirtualAccount(
        bank_code=bank_code,
        number=text(fields, "vbank_num", limit=32) or f"{secrets.randbelow(10**14):014d}",
        holder=text(fields, "vbank_holder"),
        due_at=required_integer(fields, "vbank_due", least=now + 1, most=LATEST),
        issued_at=now,
    )


def _waiting(payment: Payment) -> VirtualAccount:
    account = of(payment)
    if account is None or account.revoked_at or payment.status != "ready":
        raise Malformed(NOT_WAITING)
    return account
