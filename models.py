"""Tables, their invariants, and the legal moves of each status.

    User ─┬─ BillingKey ──────────────┐
          └─ Subscription ─ Invoice ─ Order        JournalEntry (by merchant_uid)
               └─ Plan

An `Order` is one payment attempt, keyed by `merchant_uid`. A `BillingKey` is one stored card or account, keyed by
`customer_uid`. An `Invoice` is the bill of one period of one subscription, unique by its start: however many
attempts it takes, a period is paid once.

A status moves only by the method named for the event. A repeat does nothing, an illegal move raises
`IllegalStep`. Nothing here commits or reads the clock.
"""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    Engine,
    Enum,
    ForeignKey,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.security import generate_password_hash

from errors import IllegalStep
from money import Money


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base  # Flask-SQLAlchemy builds `db.Model` at run time, where mypy cannot follow
else:
    Model = db.Model


@event.listens_for(Engine, "connect")
def _make_sqlite_fit_for_several_processes(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment. SQLite keeps no zone, so UTC is written and the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def by_value(enum: type[StrEnum]) -> Enum:
    """A text column holding the values, not the Python names, so that SQL and people read the same words."""
    return Enum(enum, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


class OrderPurpose(StrEnum):
    ISSUE = "issue"
    ISSUE_AND_CHARGE = "issue_and_charge"
    CHARGE = "charge"


class OrderStatus(StrEnum):
    READY = "ready"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


class KeyStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


class SubscriptionStatus(StrEnum):
    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAUSED = "paused"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"


class InvoiceStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


MOVES: dict[type[StrEnum], dict[str, set[str]]] = {
    # A payment reported failed may be approved late, and only the payment service knows: hence failed → paid.
    OrderStatus: {
        "ready": {"paid", "failed", "cancelled"},
        "failed": {"paid", "cancelled"},
        "cancelled": {"paid", "failed"},
        "paid": {"cancelled"},
    },
    KeyStatus: {"pending": {"active", "revoked"}, "active": {"revoked"}, "revoked": set()},
    SubscriptionStatus: {
        "incomplete": {"active", "past_due", "cancelled"},
        "active": {"paused", "past_due", "cancelled"},
        "paused": {"active", "cancelled"},
        "past_due": {"active", "cancelled"},
        "cancelled": set(),
    },
    InvoiceStatus: {"open": {"paid", "uncollectible", "void"}, "uncollectible": {"paid"}, "paid": set(), "void": set()},
}


S = TypeVar("S", bound=StrEnum)


def _moved(current: S, to: S) -> S:
    if to != current and to.value not in MOVES[type(to)][current.value]:
        raise IllegalStep(f"{type(to).__name__}: {current.value} → {to.value}")
    return to


def new_uid(prefix: str) -> str:
    """An id nobody can guess: 80 random bits, well under the 40 characters a `merchant_uid` may have."""
    return f"{prefix}_{secrets.token_hex(10)}"


class User(Model, UserMixin):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(64), unique=True)
    """Lower case. 64 characters is what the payment service takes as `buyer_email`."""
    password_hash: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(16))
    tel: Mapped[str] = mapped_column(String(16), default="")
    language: Mapped[str | None] = mapped_column(String(2))
    is_staff: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    subscriptions: Mapped[list["Subscription"]] = relationship(back_populates="user", order_by="Subscription.id.desc()")

    def set_password(self, password: str) -> None:
        self.password_hash = generate_password_hash(password)


class Plan(Model):
    __tablename__ = "plans"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name_ko: Mapped[str] = mapped_column(String(30))
    name_en: Mapped[str] = mapped_column(String(30))
    summary_ko: Mapped[str] = mapped_column(String(200))
    summary_en: Mapped[str] = mapped_column(String(200))
    amount: Mapped[int]
    """Minor units of `currency`."""
    currency: Mapped[str] = mapped_column(String(3))
    months: Mapped[int]
    """Length of a period: 1 or 12."""
    is_sold: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_ko

    def summary(self, language: str) -> str:
        return self.summary_en if language == "en" else self.summary_ko


class BillingKey(Model):
    """One stored card or account. The secret itself never leaves the payment service; we hold its handle."""

    __tablename__ = "billing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_uid: Mapped[str] = mapped_column(String(80), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    guide_id: Mapped[str] = mapped_column(String(30))
    """Which PG guide issued it; the key stays with that PG for life."""
    status: Mapped[KeyStatus] = mapped_column(by_value(KeyStatus), default=KeyStatus.PENDING)
    currency: Mapped[str] = mapped_column(String(3))
    issue_email: Mapped[str] = mapped_column(String(64))
    """Paymentwall takes a later charge only with the e-mail of the issue, even after the member changed theirs."""
    issue_name: Mapped[str] = mapped_column(String(16))
    issue_ip: Mapped[str] = mapped_column(String(45))
    """The buyer's address at the issue: `browser_ip` of later charges."""
    card_name: Mapped[str | None] = mapped_column(String(40))
    card_number: Mapped[str | None] = mapped_column(String(40))
    """Masked by the payment service before we see it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the webhook of its issue came; some PGs charge the key only after that."""
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the payment service confirmed that a revoked key is gone there too."""

    user: Mapped[User] = relationship()

    @property
    def is_usable(self) -> bool:
        return self.status is KeyStatus.ACTIVE

    def activate(self, *, at: datetime, card_name: str | None, card_number: str | None) -> None:
        if self.status is KeyStatus.ACTIVE:
            return
        self.status = _moved(self.status, KeyStatus.ACTIVE)
        self.activated_at, self.card_name, self.card_number = at, card_name, card_number

    def revoke(self, *, at: datetime) -> None:
        if self.status is not KeyStatus.REVOKED:
            self.status, self.revoked_at = _moved(self.status, KeyStatus.REVOKED), at


class Subscription(Model):
    __tablename__ = "subscriptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    billing_key_id: Mapped[int | None] = mapped_column(ForeignKey("billing_keys.id"))
    status: Mapped[SubscriptionStatus] = mapped_column(
        by_value(SubscriptionStatus), default=SubscriptionStatus.INCOMPLETE
    )
    anchor_day: Mapped[int]
    """Day of the month (Seoul) on which periods begin; kept so that 31 Jan, 28 Feb, 31 Mar come out right."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """End of the last paid period, and so the start of the next one. None before the first payment."""
    next_charge_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """When the worker charges next, or tries again. None: nothing to do."""
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Until then one process alone may charge this subscription."""
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    touched: Mapped[int] = mapped_column(default=0)
    """Counted up to take the row's lock, the same way on SQLite and PostgreSQL."""

    user: Mapped[User] = relationship(back_populates="subscriptions")
    plan: Mapped[Plan] = relationship()
    billing_key: Mapped[BillingKey | None] = relationship()
    invoices: Mapped[list["Invoice"]] = relationship(
        back_populates="subscription", order_by="Invoice.period_start.desc()"
    )
    orders: Mapped[list["Order"]] = relationship(back_populates="subscription", order_by="Order.id.desc()")

    @property
    def price(self) -> Money:
        return self.plan.price

    @property
    def is_alive(self) -> bool:
        return self.status is not SubscriptionStatus.CANCELLED

    def is_overdue(self, now: datetime) -> bool:
        """Whether the period that is to be paid next has already begun."""
        return self.is_alive and (self.paid_until is None or self.paid_until <= now)

    def renew(self, *, until: datetime) -> None:
        """A period was paid: active until its end, which is also when the next one is charged."""
        self.status = _moved(self.status, SubscriptionStatus.ACTIVE)
        self.paid_until = self.next_charge_at = until

    def fall_behind(self, *, retry_at: datetime) -> None:
        self.status = _moved(self.status, SubscriptionStatus.PAST_DUE)
        self.next_charge_at = retry_at

    def cancel(self, *, at: datetime) -> None:
        if self.status is not SubscriptionStatus.CANCELLED:
            self.status, self.cancelled_at = _moved(self.status, SubscriptionStatus.CANCELLED), at
            self.next_charge_at = None


class Invoice(Model):
    """The bill of one period. Its attempts are orders with the `merchant_uid` `{number}-{attempt}`."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("subscription_id", "period_start"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("period_end > period_start", name="period_forward"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"))
    period_start: Mapped[datetime] = mapped_column(UTCDateTime)
    period_end: Mapped[datetime] = mapped_column(UTCDateTime)
    amount: Mapped[int]
    """Minor units of `currency`; the price on the day the invoice was made, whatever the plan costs later."""
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[InvoiceStatus] = mapped_column(by_value(InvoiceStatus), default=InvoiceStatus.OPEN)
    declines: Mapped[int] = mapped_column(default=0)
    """Scheduled tries that were declined: the rung of the dunning ladder."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    subscription: Mapped[Subscription] = relationship(back_populates="invoices")
    orders: Mapped[list["Order"]] = relationship(back_populates="invoice", order_by="Order.id")

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    def begin(self, at: datetime, *, until: datetime) -> None:
        """Move an unpaid period: the first one begins when it is paid, not when somebody first tried to."""
        self.period_start, self.period_end = at, until

    def mark_paid(self, *, at: datetime) -> None:
        if self.status is not InvoiceStatus.PAID:
            self.status, self.paid_at = _moved(self.status, InvoiceStatus.PAID), at

    def give_up(self) -> None:
        self.status = _moved(self.status, InvoiceStatus.UNCOLLECTIBLE)

    def make_void(self) -> None:
        self.status = _moved(self.status, InvoiceStatus.VOID)


class Order(Model):
    """One payment attempt, written down before anything is asked of the payment service."""

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_uid: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    """Which period this pays; None for an issue that charges nothing."""
    billing_key_id: Mapped[int] = mapped_column(ForeignKey("billing_keys.id"))
    guide_id: Mapped[str] = mapped_column(String(30))
    variant: Mapped[str] = mapped_column(String(30), default="")
    """Which request of the guide was made, e.g. JTNet's key-only one."""
    purpose: Mapped[OrderPurpose] = mapped_column(by_value(OrderPurpose))
    status: Mapped[OrderStatus] = mapped_column(by_value(OrderStatus), default=OrderStatus.READY)
    name: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int]
    """Minor units; for an issue that charges nothing, the amount that the window shows."""
    currency: Mapped[str] = mapped_column(String(3))
    buyer_name: Mapped[str] = mapped_column(String(16))
    buyer_email: Mapped[str] = mapped_column(String(64))
    buyer_tel: Mapped[str] = mapped_column(String(16))
    imp_uid: Mapped[str | None] = mapped_column(String(32), index=True)
    fail_reason: Mapped[str | None] = mapped_column(String(500))
    """The PG's own sentence, or ours for a mismatch. Shown, never branched on."""
    mismatch: Mapped[str | None] = mapped_column(String(60))
    """Which fields of the record were not what we asked for: nothing was granted."""
    window_message: Mapped[str | None] = mapped_column(String(500))
    """What the browser said when the window ended without a payment. Untrusted text."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When we last asked and got no final answer: with `ready` it means *unknown*."""
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refunded: Mapped[int] = mapped_column(default=0)
    """Minor units given back because the payment was not what we asked for."""
    receipt_url: Mapped[str | None] = mapped_column(String(500))
    charge_follows: Mapped[bool] = mapped_column(default=False)
    """Whether the key of this issue was to be charged at once: a period was due when it was verified."""

    user: Mapped[User] = relationship()
    subscription: Mapped[Subscription] = relationship(back_populates="orders")
    invoice: Mapped[Invoice | None] = relationship(back_populates="orders")
    billing_key: Mapped[BillingKey] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def issues_key(self) -> bool:
        return self.purpose is not OrderPurpose.CHARGE

    @property
    def is_final(self) -> bool:
        return self.status is not OrderStatus.READY

    @property
    def outcome(self) -> str:
        """`paid`, `registered`, `declined`, `mismatch`, `cancelled`, `closed` or `checking`: what a person is told."""
        if self.mismatch:
            return "mismatch"
        if self.status is OrderStatus.PAID:
            return "registered" if self.purpose is OrderPurpose.ISSUE else "paid"
        if self.status is OrderStatus.READY:
            return "closed" if self.window_message else "checking"
        return "declined" if self.status is OrderStatus.FAILED else "cancelled"

    def mark_paid(self, *, at: datetime) -> None:
        if self.status is not OrderStatus.PAID:
            self.status, self.paid_at = _moved(self.status, OrderStatus.PAID), at
            self.fail_reason = self.window_message = self.mismatch = None

    def mark_failed(self, reason: str) -> None:
        if self.status is not OrderStatus.FAILED:
            self.status = _moved(self.status, OrderStatus.FAILED)
            self.fail_reason = reason[:500]

    def reject(self, wrong: list[str]) -> None:
        """Money may have moved, but not as we asked: nothing is granted. `wrong` names the fields."""
        self.status = _moved(self.status, OrderStatus.FAILED)
        self.mismatch = ",".join(wrong)[:60]

    def mark_cancelled(self, reason: str | None = None) -> None:
        if self.status is not OrderStatus.CANCELLED:
            self.status = _moved(self.status, OrderStatus.CANCELLED)
            self.fail_reason = (reason or "")[:500] or None


class JournalEntry(Model):
    """One thing that happened to an order, in the lane where it happened. Holds no secret and no card number."""

    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    lane: Mapped[str] = mapped_column(String(10))
    """`browser`, `shop` or `pg`."""
    event: Mapped[str] = mapped_column(String(40))
    """Stable name such as `payment.verified`; the sentence a person reads is made in the page."""
    merchant_uid: Mapped[str | None] = mapped_column(String(40), index=True)
    imp_uid: Mapped[str | None] = mapped_column(String(32))
    customer_uid: Mapped[str | None] = mapped_column(String(80), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
