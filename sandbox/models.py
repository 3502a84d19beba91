"""The sandbox's own ledger. Amounts are whole minor units, times Unix seconds (0: has not happened).

A status moves only through a method named for the event; an illegal step raises `IllegalStep`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sandbox.pgs import Profile, profile_for


class Base(DeclarativeBase):
    """What every table derives from."""


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base  # Flask-SQLAlchemy builds `db.Model` at run time, where mypy cannot follow
else:
    Model = db.Model


class IllegalStep(Exception):
    """A payment was asked to do what its status forbids."""


class Merchant(Model):
    """A shop, its credentials and the levers pulled for it."""

    __tablename__ = "merchants"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """Public; what ``IMP.init`` is called with."""
    key: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    webhook_url: Mapped[str] = mapped_column(default="")
    """Where notices go when a payment names no ``notice_url``; '' is nowhere."""

    token: Mapped[str | None] = mapped_column(unique=True)
    """The one access token valid now or last."""
    token_expires_at: Mapped[int] = mapped_column(default=0)

    strict: Mapped[bool] = mapped_column(default=False)
    """Also refuse what only the schema forbids."""
    webhook_copies: Mapped[int] = mapped_column(default=1)
    webhook_delay: Mapped[float] = mapped_column(default=0.0)
    """Seconds between an approval and its notice."""


class Payment(Model):
    """One attempt to pay or to issue a key; what the wire calls a payment."""

    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    imp_uid: Mapped[str] = mapped_column(unique=True)
    merchant_uid: Mapped[str]
    status: Mapped[str] = mapped_column(default="ready")
    """``ready``, ``paid``, ``failed`` or ``cancelled``."""

    pg_code: Mapped[str]
    pg_id: Mapped[str]
    pg_tid: Mapped[str | None]
    pay_method: Mapped[str]
    channel: Mapped[str]
    """``pc``, ``mobile`` or ``api``."""
    name: Mapped[str | None]
    amount: Mapped[int]
    cancel_amount: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(default="KRW")
    charged: Mapped[bool] = mapped_column(default=False)
    """Whether money moved: a key issue may be ``paid`` and have charged nothing."""
    customer_uid: Mapped[str | None]
    customer_uid_usage: Mapped[str | None]
    """``issue``: this payment makes the key; ``payment``: it charges one."""

    buyer_name: Mapped[str | None]
    buyer_email: Mapped[str | None]
    buyer_tel: Mapped[str | None]
    buyer_addr: Mapped[str | None]
    buyer_postcode: Mapped[str | None]
    custom_data: Mapped[str | None]
    """As the shop gave it; an object became a JSON string."""

    apply_num: Mapped[str | None]
    card_code: Mapped[str | None]
    card_name: Mapped[str | None]
    card_number: Mapped[str | None]
    """Masked."""
    card_type: Mapped[int | None]
    bank_code: Mapped[str | None]
    bank_name: Mapped[str | None]
    receipt_url: Mapped[str | None]
    fail_reason: Mapped[str | None]
    cancel_reason: Mapped[str | None]

    started_at: Mapped[int]
    paid_at: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[int] = mapped_column(default=0)

    device: Mapped[str | None]
    """Where the window is open: ``pc`` or ``mobile``; None for a payment without one."""
    result_path: Mapped[str | None]
    """How the window's result travels: ``callback`` or ``redirect``."""
    opener_origin: Mapped[str | None]
    """The only origin a callback may be posted to."""
    m_redirect_url: Mapped[str | None]
    language: Mapped[str | None]
    bypass: Mapped[Any] = mapped_column(JSON, nullable=True)
    notice_urls: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Replace the merchant's ``webhook_url`` when not empty."""

    merchant: Mapped[Merchant] = relationship()
    cancellations: Mapped[list[Cancellation]] = relationship(order_by="Cancellation.id")

    __table_args__ = (
        CheckConstraint("amount >= 0 AND cancel_amount BETWEEN 0 AND amount", name="ck_payments_amounts"),
        Index(
            "uq_payments_settled_merchant_uid",
            "merchant_id",
            "merchant_uid",
            unique=True,
            sqlite_where=text("status IN ('paid', 'cancelled')"),
        ),
        Index("ix_payments_merchant_uid", "merchant_id", "merchant_uid"),
    )

    @property
    def profile(self) -> Profile:
        return profile_for(self.pg_code)

    @property
    def issues_key(self) -> bool:
        return self.customer_uid_usage == "issue"

    @property
    def remaining(self) -> int:
        """What can still be cancelled."""
        return self.amount - self.cancel_amount

    def mark_paid(self, *, at: int, charged: bool) -> None:
        self._leave_ready("paid", at)
        self.charged, self.paid_at = charged, at

    def mark_failed(self, reason: str, *, at: int) -> None:
        self._leave_ready("failed", at)
        self.fail_reason, self.failed_at = reason, at

    def mark_cancelled(self, amount: int, reason: str | None, *, at: int) -> None:
        """Give back ``amount``; a part of the whole already makes the status ``cancelled``."""
        if self.status not in ("paid", "cancelled") or not 0 < amount <= self.remaining:
            raise IllegalStep(f"{self.imp_uid} is {self.status}, {self.remaining} left")
        self.status = "cancelled"
        self.cancel_amount += amount
        self.cancel_reason, self.cancelled_at, self.updated_at = reason, at, at
        self.cancellations.append(Cancellation(amount=amount, reason=reason, cancelled_at=at, pg_tid=self.pg_tid))

    def _leave_ready(self, status: str, at: int) -> None:
        if self.status != "ready":
            raise IllegalStep(f"{self.imp_uid} is {self.status} already")
        self.status, self.updated_at = status, at


class Cancellation(Model):
    """One entry of a payment's ``cancel_history``."""

    __tablename__ = "cancellations"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    cancellation_id: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(16))
    pg_tid: Mapped[str | None]
    amount: Mapped[int]
    reason: Mapped[str | None]
    cancelled_at: Mapped[int]


class BillingKey(Model):
    """What ``customer_uid`` stands for: one card or account at one PG."""

    __tablename__ = "billing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    customer_uid: Mapped[str]
    pg_code: Mapped[str]
    pg_id: Mapped[str]
    instrument: Mapped[str]
    """Number of the test instrument, which is public; it decides what later charges do."""
    approved_charges: Mapped[int] = mapped_column(default=0)
    """Counts the window's own charge too."""
    currency: Mapped[str] = mapped_column(default="KRW")
    """Of the issue."""
    buyer_email: Mapped[str | None]
    """Of the issue."""

    customer_id: Mapped[str | None]
    customer_name: Mapped[str | None]
    customer_tel: Mapped[str | None]
    customer_email: Mapped[str | None]
    customer_addr: Mapped[str | None]
    customer_postcode: Mapped[str | None]
    card_code: Mapped[str | None]
    card_name: Mapped[str | None]
    card_number: Mapped[str | None]
    """Masked."""
    card_type: Mapped[int | None]
    inserted_at: Mapped[int]
    updated_at: Mapped[int]

    merchant: Mapped[Merchant] = relationship()

    __table_args__ = (UniqueConstraint("merchant_id", "customer_uid"),)

    @property
    def profile(self) -> Profile:
        return profile_for(self.pg_code)


class Prepared(Model):
    """An amount registered before its window opens."""

    __tablename__ = "prepared"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    merchant_uid: Mapped[str]
    amount: Mapped[str]
    """Decimal text in major units: the currency, and so the minor unit, may be unknown."""
    currency: Mapped[str | None]

    __table_args__ = (UniqueConstraint("merchant_id", "merchant_uid"),)


class Delivery(Model):
    """One webhook on its way, or gone."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    url: Mapped[str]
    status: Mapped[str]
    """What the body says of the payment; the receiver must not believe it."""
    state: Mapped[str] = mapped_column(default="queued", index=True)
    """``queued``, ``sending``, ``answered`` (whatever the answer) or ``unreachable``."""
    delay: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[int]
    sent_at: Mapped[int] = mapped_column(default=0)
    http_status: Mapped[int | None]
    """The receiver's answer."""
    error: Mapped[str | None]

    payment: Mapped[Payment] = relationship()

    @property
    def body(self) -> dict[str, str]:
        return {"imp_uid": self.payment.imp_uid, "merchant_uid": self.payment.merchant_uid, "status": self.status}


class Fault(Model):
    """An ``/again`` that will be answered with HTTP 500, however well it goes."""

    __tablename__ = "faults"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    customer_uid: Mapped[str | None]
    """None: whichever is charged next."""
    kind: Mapped[str]
    """``error_before_charge`` or ``error_after_charge``."""
    times: Mapped[int] = mapped_column(default=1)


@contextmanager
def exclusive(*records: object) -> Iterator[None]:
    """A transaction beside which nobody writes, with ``records`` read afresh; committed at the end.

    SQLite cannot turn a transaction that has read into one that writes if somebody else wrote in between;
    beginning with the lock in hand makes "look, decide, write" safe between threads and workers.
    """
    db.session.commit()
    db.session.connection(execution_options={"sandbox_begin": "IMMEDIATE"})
    try:
        for record in records:
            db.session.refresh(record)
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
