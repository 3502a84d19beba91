"""Entries that windows and charges make alike in a payment's record. Called inside a rule's transaction."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from sandbox.instruments import Instrument
from sandbox.models import Delivery, Merchant, Payment, db


def is_settled(merchant: Merchant, merchant_uid: str) -> bool:
    """Whether a payment with this ``merchant_uid`` was paid or cancelled: it cannot be used again."""
    return settled(merchant, merchant_uid) is not None


def settled(merchant: Merchant, merchant_uid: str) -> Payment | None:
    """The one payment with this ``merchant_uid`` that was paid or cancelled."""
    return db.session.scalar(
        select(Payment).where(
            Payment.merchant_id == merchant.id,
            Payment.merchant_uid == merchant_uid,
            Payment.status.in_(("paid", "cancelled")),
        )
    )


def show_instrument(payment: Payment, instrument: Instrument) -> None:
    """Write down what the record shows of the card or account."""
    if instrument.family == "account":
        payment.bank_code, payment.bank_name = instrument.issuer_code, instrument.issuer
        return
    payment.card_code, payment.card_name = instrument.issuer_code, instrument.issuer
    payment.card_number = instrument.masked
    payment.card_type = 0 if payment.profile.card_type_known else None


def queue_webhooks(merchant: Merchant, payment: Payment, now: int) -> None:
    """Line up the notices of an approval; an ordinary failure has none."""
    if payment.status != "paid":
        return
    for url in notice_urls(merchant, payment):
        for _ in range(merchant.webhook_copies):
            db.session.add(
                Delivery(payment=payment, url=url, status="paid", delay=merchant.webhook_delay, created_at=now)
            )


def notice_urls(merchant: Merchant, payment: Payment) -> list[str]:
    """Where the notices of a payment go: where it says itself, else where the merchant's console says."""
    return payment.notice_urls or [url for url in [merchant.webhook_url] if url]


def new_imp_uid() -> str:
    """``imp_`` and 12 digits nobody has yet."""
    while True:
        imp_uid = f"imp_{secrets.randbelow(10**12):012d}"
        if db.session.scalar(select(Payment.id).where(Payment.imp_uid == imp_uid)) is None:
            return imp_uid


def new_pg_tid(payment: Payment, now: int) -> str:
    prefix = payment.profile.issue_tid_prefix if payment.issues_key else ""
    return f"{prefix}{payment.pg_id}{now}{secrets.randbelow(10**8):08d}"[:64]


def new_apply_num() -> str:
    """A card company's approval number; only money that moved has one."""
    return f"{secrets.randbelow(10**8):08d}"
