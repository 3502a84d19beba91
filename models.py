"""Tables, their invariants, and the events that change a status.

    User ─┬─ Session
          ├─ BillingKey ──────────────┐
          └─ Subscription ─ Invoice ─ Order ─┬─ Refund        JournalEntry (by merchant_uid)
               └─ Plan                       ├─ Notice
                                             └─ Case

An `Order` is one payment attempt, keyed by `merchant_uid`. A `BillingKey` is one stored card or account, keyed by
`customer_uid`. An `Invoice` bills one period of one subscription and is unique by the period's start: a period is paid
once, however many attempts it takes. A `Refund` is an amount of one payment that must be returned to the buyer.
A `Case` is a reversal that the shop did not request, until staff close it. A `StaffAction` is one act of staff.

Only the method named for an event changes a status. A repeat does nothing; a change that `states.MOVES` does not list
raises `IllegalStep`. Nothing in this module commits, or reads the clock of the shop's business.
"""

import secrets
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Date,
    Engine,
    ForeignKey,
    String,
    UniqueConstraint,
    event,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.security import generate_password_hash

from clock import machine_now
from columns import Base, UTCDateTime, by_value
from money import Money
from states import (
    CaseKind,
    ComparisonStep,
    DifferenceKind,
    InvoiceStatus,
    KeyStatus,
    OrderPurpose,
    OrderStatus,
    RefundCause,
    RefundEffect,
    RefundStatus,
    Repair,
    SubscriptionStatus,
    moved,
)

db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base  # mypy cannot follow `db.Model`, which Flask-SQLAlchemy builds at run time
else:
    Model = db.Model


@event.listens_for(Engine, "connect")
def _prepare_sqlite_for_several_processes(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


def new_uid(prefix: str) -> str:
    """Return an id that cannot be guessed: 80 random bits, well within the 40 characters of a `merchant_uid`."""
    return f"{prefix}_{secrets.token_hex(10)}"


Moment = datetime | ColumnElement[datetime]
"""A time, or an expression with which the database reads its clock."""


def _is_due(at: datetime | None, not_before: datetime | None, now: datetime, machine_now: datetime) -> bool:
    """Whether a row is due by business time, and no pause of machine time holds it back."""
    return at is not None and at <= now and (not_before is None or not_before <= machine_now)


class User(Model, UserMixin):
    """A person who signs in: a buyer, or a member of staff."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(64), unique=True)
    """Lower case. The payment service accepts 64 characters as `buyer_email`."""
    password_hash: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(100))
    tel: Mapped[str] = mapped_column(String(32), default="")
    language: Mapped[str | None] = mapped_column(String(2))
    is_staff: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    subscriptions: Mapped[list["Subscription"]] = relationship(back_populates="user", order_by="Subscription.id.desc()")
    sessions: Mapped[list["Session"]] = relationship(back_populates="user", cascade="all, delete-orphan")

    session_token = ""
    """The token of the session in which the present request is made. No column: only the browser keeps it."""

    def get_session_token(self) -> str:
        """Return what the browser's cookie keeps of a sign-in, for Flask-Login: a token, not the person's id."""
        return self.session_token

    def set_password(self, password: str) -> None:
        """Store the hash of the password, never the password itself, and end every session of this person."""
        self.password_hash = generate_password_hash(password)
        self.sessions.clear()


class Session(Model):
    """One sign-in of a person in one browser. Deleting the row signs out that browser, and every copy of its cookie."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token in the browser's cookie: a copy of this table is not enough to sign in."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    """Machine time. A person who moves their clock in a demonstration stays signed in."""

    user: Mapped[User] = relationship(back_populates="sessions")


class Plan(Model):
    """What a subscription buys each period, and its price."""

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
    """Length of a period in months: 1 or 12."""
    is_sold: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    @property
    def price(self) -> Money:
        """What one period costs."""
        return Money(self.amount, self.currency)

    def name(self, language: str) -> str:
        """Return the name in English for `en`, in Korean for any other language."""
        return self.name_en if language == "en" else self.name_ko

    def summary(self, language: str) -> str:
        """Return the summary in English for `en`, in Korean for any other language."""
        return self.summary_en if language == "en" else self.summary_ko


class BillingKey(Model):
    """One stored card or account. The payment service keeps the secret; we store only its handle, `customer_uid`."""

    __tablename__ = "billing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_uid: Mapped[str] = mapped_column(String(80), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    guide_id: Mapped[str] = mapped_column(String(30))
    """The PG guide that issued the key. A key belongs to that PG for as long as it exists."""
    status: Mapped[KeyStatus] = mapped_column(by_value(KeyStatus), default=KeyStatus.PENDING)
    currency: Mapped[str] = mapped_column(String(3))
    issue_email: Mapped[str] = mapped_column(String(64))
    """Paymentwall accepts a later charge only with the e-mail of the issue, even after the buyer changed theirs."""
    issue_name: Mapped[str] = mapped_column(String(100))
    issue_ip: Mapped[str] = mapped_column(String(45))
    """The buyer's IP address at the issue: `browser_ip` of later charges."""
    card_name: Mapped[str | None] = mapped_column(String(40))
    card_number: Mapped[str | None] = mapped_column(String(40))
    """Masked by the payment service before we see it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the webhook of its issue arrived. Some PGs refuse to charge the key before that."""
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the payment service confirmed that it has deleted the revoked key too."""
    delete_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """Since when to ask the service to delete the key. None: the key is not revoked, or is already deleted."""
    delete_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of the pause after the last request. None: no pause."""
    deletions: Mapped[int] = mapped_column(default=0)
    """How many times we have begun to ask: the exponent of the back-off."""

    user: Mapped[User] = relationship()

    @property
    def is_usable(self) -> bool:
        """Whether the shop may charge the key."""
        return self.status is KeyStatus.ACTIVE

    def activate(self, *, at: datetime, card_name: str | None, card_number: str | None) -> None:
        """Mark the key usable after its issue was verified. The card number arrives masked."""
        if self.status is KeyStatus.ACTIVE:
            return
        self.status = moved(self.status, KeyStatus.ACTIVE)
        self.activated_at, self.card_name, self.card_number = at, card_name, card_number

    def revoke(self, *, at: datetime) -> None:
        """Mark the key revoked, and due for deletion at the payment service."""
        if self.status is not KeyStatus.REVOKED:
            self.status, self.revoked_at = moved(self.status, KeyStatus.REVOKED), at
            self.delete_at = at

    def postpone_deletion(self, *, until: Moment) -> None:
        """Begin a request for the deletion, and let the next one wait."""
        self.delete_not_before, self.deletions = until, self.deletions + 1

    def mark_deleted(self, *, at: datetime) -> None:
        """Record that the payment service has deleted the key."""
        self.deleted_at, self.delete_at, self.delete_not_before = at, None, None


class Subscription(Model):
    """One buyer's agreement to pay for a plan, period after period."""

    __tablename__ = "subscriptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    billing_key_id: Mapped[int | None] = mapped_column(ForeignKey("billing_keys.id"))
    status: Mapped[SubscriptionStatus] = mapped_column(
        by_value(SubscriptionStatus), default=SubscriptionStatus.INCOMPLETE
    )
    anchor_day: Mapped[int]
    """Day of the month (Seoul) on which periods begin. Stored, so that 31 Jan and 28 Feb are followed by 31 Mar."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """End of the last paid period, which is the start of the next one. None before the first payment."""
    next_charge_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """When the worker next checks this subscription and decides what is due. None: nothing to do."""
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of the lease under which one process alone may charge this subscription."""
    charge_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of a pause after a charge without an outcome. None: no pause. A person may ignore it."""
    pauses: Mapped[int] = mapped_column(default=0)
    """How many such pauses followed one another: the exponent of the back-off."""
    claim_token: Mapped[str | None] = mapped_column(String(16))
    """Of the present claim. A process that finds another token than its own has lost the claim."""
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    """The name of the process that holds the claim. If that process has ended, the claim is free before its lease."""
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    touched: Mapped[int] = mapped_column(default=0)
    """A counter: incrementing it takes the row's lock in the same way on SQLite and PostgreSQL."""

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
        """Whether the subscription is not cancelled."""
        return self.status is not SubscriptionStatus.CANCELLED

    def is_overdue(self, now: datetime) -> bool:
        """Whether the next period to pay has already begun."""
        return self.is_alive and (self.paid_until is None or self.paid_until <= now)

    @property
    def waits_for_buyer(self) -> bool:
        """Whether the first payment waits for the buyer: the card was approved too late to be charged unasked."""
        has_not_started = self.status is SubscriptionStatus.INCOMPLETE and self.next_charge_at is None
        return has_not_started and self.billing_key_id is not None

    @property
    def start_failed(self) -> bool:
        """Whether an attempt to start it failed: no window for a card is open, or it waits for another attempt."""
        was_left = self.billing_key_id is None and all(order.outcome != "checking" for order in self.orders)
        return was_left or self.was_declined or self.waits_for_buyer

    @property
    def was_declined(self) -> bool:
        """Whether a charge for the period to pay was declined. The worker retries it at `next_charge_at`."""
        return any(invoice.status is InvoiceStatus.OPEN and invoice.declines for invoice in self.invoices)

    def renew(self, *, until: datetime) -> None:
        """Record a paid period, at whose end the next is charged. A suspended subscription still waits for staff."""
        self.paid_until = until
        if self.status is not SubscriptionStatus.SUSPENDED:
            self.status = moved(self.status, SubscriptionStatus.ACTIVE)
        self.look_again(at=until)

    def look_again(self, *, at: datetime) -> None:
        """Change only the time at which the worker checks the subscription. A suspended one waits for staff."""
        if self.is_alive and self.status is not SubscriptionStatus.SUSPENDED:
            self._schedule(at)

    def pause(self, *, until: Moment) -> None:
        """Let the worker wait, by machine time, after a charge without an outcome. What is due stays due."""
        self.charge_not_before, self.pauses = until, self.pauses + 1

    def _schedule(self, at: datetime | None) -> None:
        """Set the time of the next check, and end the pause: something has changed."""
        self.next_charge_at, self.charge_not_before, self.pauses = at, None, 0

    def mark_past_due(self, *, retry_at: datetime) -> None:
        """Mark the subscription past due until its next retry."""
        self.status = moved(self.status, SubscriptionStatus.PAST_DUE)
        self._schedule(retry_at)

    def suspend(self) -> None:
        """Stop access and charges until staff decide what follows a refund or reversal."""
        self.status = moved(self.status, SubscriptionStatus.SUSPENDED)
        self._schedule(None)
        for invoice in self.invoices:
            invoice.close_unsent()

    def resume(self, *, at: datetime) -> None:
        """Restore access after a pause or suspension. The next charge is due at the end of the paid period, or now."""
        self.status = moved(self.status, SubscriptionStatus.ACTIVE)
        self._schedule(max(self.paid_until or at, at))

    def cancel(self, *, at: datetime, access_ends: bool = False) -> None:
        """End the subscription and void its open invoices. What is paid stays available until its period ends.

        With `access_ends` the rest of the period is lost, as it is for a suspended subscription.
        """
        is_lost = access_ends or self.status is SubscriptionStatus.SUSPENDED
        if is_lost and self.is_alive and self.paid_until is not None:
            self.paid_until = min(self.paid_until, at)
        if self.status is not SubscriptionStatus.CANCELLED:
            self.status, self.cancelled_at = moved(self.status, SubscriptionStatus.CANCELLED), at
            self._schedule(None)
        for invoice in self.invoices:
            if invoice.status is InvoiceStatus.OPEN:
                invoice.mark_void()


class Invoice(Model):
    """The bill for one period. Its attempts are orders with the `merchant_uid` `{number}-{attempt}`."""

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
    """Minor units of `currency`: the price when the invoice was created, whatever the plan costs later."""
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[InvoiceStatus] = mapped_column(by_value(InvoiceStatus), default=InvoiceStatus.OPEN)
    declines: Mapped[int] = mapped_column(default=0)
    """How many scheduled attempts were declined: the current step of the dunning schedule."""
    retry_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Time of the next scheduled attempt. A decline before it is no dunning attempt. None: nothing was declined yet."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    subscription: Mapped[Subscription] = relationship(back_populates="invoices")
    orders: Mapped[list["Order"]] = relationship(back_populates="invoice", order_by="Order.id")

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    def record_decline(self, *, retry_at: datetime) -> None:
        """Count a declined scheduled attempt, and set the time of the next one."""
        self.declines += 1
        self.retry_at = retry_at

    def begin(self, at: datetime, *, until: datetime) -> None:
        """Move an unpaid period. The first period begins when it is paid, not when the buyer first tried to pay."""
        self.period_start, self.period_end = at, until

    def mark_paid(self, *, at: datetime) -> None:
        """Mark the invoice paid. A late approval may pay an uncollectible invoice, a won dispute a reversed one."""
        if self.status is not InvoiceStatus.PAID:
            self.status, self.paid_at = moved(self.status, InvoiceStatus.PAID), at
            self.close_unsent()

    def mark_uncollectible(self) -> None:
        """Mark the invoice uncollectible: every dunning attempt was declined."""
        self.status = moved(self.status, InvoiceStatus.UNCOLLECTIBLE)
        self.close_unsent()

    def mark_refunded(self) -> None:
        """Mark the invoice refunded: its whole payment was returned to the buyer."""
        self.status = moved(self.status, InvoiceStatus.REFUNDED)

    def mark_reversed(self) -> None:
        """Mark the invoice reversed: the card company took its payment back."""
        self.status = moved(self.status, InvoiceStatus.REVERSED)

    def win_dispute(self) -> None:
        """Mark a reversed invoice paid again: the shop won the dispute and keeps the payment."""
        self.status = moved(self.status, InvoiceStatus.PAID)

    def mark_void(self) -> None:
        """Mark the invoice void: nothing is owed for its period any more."""
        self.status = moved(self.status, InvoiceStatus.VOID)
        self.close_unsent()

    def close_unsent(self) -> None:
        """Close a charge that waits for the worker. Nothing was requested, so no late approval can follow."""
        for order in self.orders:
            if order.is_queued:
                order.mark_cancelled()


LATE_LOOKS = (
    *(timedelta(minutes=minutes) for minutes in (2, 10)),
    *(timedelta(hours=hours) for hours in (1, 6)),
    *(timedelta(days=days) for days in (1, 3, 7)),
)
"""When to look for a late approval, counted from the end of the attempt.

A PG that approves late mostly does so within minutes, and a review by its staff takes days. The schedule ends, so that
an attempt costs seven looks and no more; the daily comparison finds a payment that is approved even later.
"""


def _at_creation(context: DefaultExecutionContext) -> datetime:
    made_at: datetime = context.get_current_parameters()["created_at"]
    return made_at


class Order(Model):
    """One payment attempt, stored before the first request about it goes to the payment service."""

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_uid: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    """The period that this order pays. None for an issue that charges nothing."""
    billing_key_id: Mapped[int] = mapped_column(ForeignKey("billing_keys.id"))
    guide_id: Mapped[str] = mapped_column(String(30))
    variant: Mapped[str] = mapped_column(String(30), default="")
    """Which of the guide's requests was sent, e.g. JTNet's key-only request."""
    purpose: Mapped[OrderPurpose] = mapped_column(by_value(OrderPurpose))
    status: Mapped[OrderStatus] = mapped_column(by_value(OrderStatus), default=OrderStatus.READY)
    name: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int]
    """Minor units of `currency`. For an issue that charges nothing: the amount that the window shows."""
    currency: Mapped[str] = mapped_column(String(3))
    buyer_name: Mapped[str] = mapped_column(String(100))
    """As the buyer typed it. A request shortens what a PG does not take."""
    buyer_email: Mapped[str] = mapped_column(String(64))
    buyer_tel: Mapped[str] = mapped_column(String(32))
    imp_uid: Mapped[str | None] = mapped_column(String(32), index=True)
    fail_reason: Mapped[str | None] = mapped_column(String(500))
    """The PG's own sentence, or ours for a mismatch. Show it; never branch on it."""
    mismatch: Mapped[str | None] = mapped_column(String(60))
    """Names of the record's fields that differ from the order, separated by commas: nothing was granted."""
    window_message: Mapped[str | None] = mapped_column(String(500))
    """The owner's browser's message when the window ended without a payment, or "" for one of another origin."""
    window_ended: Mapped[bool] = mapped_column(default=False)
    """Whether the service reported no finished payment after that message. One that a PG reviews may still arrive."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When we last asked and received no final answer. Together with `ready` it means *unknown*."""
    repeat_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: until then, "no such payment" may only mean "not yet", so the charge is not sent again."""
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When we last sent the charge."""
    look_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True, default=_at_creation)
    """Since when `reconcile` asks about it. None: the order is final, and the service answered our last request."""
    look_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of the pause before `reconcile` asks next. None: no pause."""
    looks: Mapped[int] = mapped_column(default=0)
    """How many times `reconcile` has asked since `look_at`: the exponent of the back-off."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the attempt first ended without a payment. None: it has not ended, or it was paid."""
    late_look_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """When `reconcile` looks next for a late approval. None: it is not expected, or the schedule has ended."""
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    refunded: Mapped[int] = mapped_column(default=0)
    """Minor units refunded so far, by us or in the service's console."""
    receipt_url: Mapped[str | None] = mapped_column(String(500))
    charge_follows: Mapped[bool] = mapped_column(default=False)
    """Whether a charge was to follow this issue immediately: a period was due when the issue was verified."""
    run_id: Mapped[str | None] = mapped_column(String(40))
    """The guide run that made this order or issued its key. Both halves of a side-by-side run have one id."""
    notices_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: when the worker may read the next notice of this order. None: immediately."""

    user: Mapped[User] = relationship()
    subscription: Mapped[Subscription] = relationship(back_populates="orders")
    invoice: Mapped[Invoice | None] = relationship(back_populates="orders")
    billing_key: Mapped[BillingKey] = relationship()
    refunds: Mapped[list["Refund"]] = relationship(back_populates="order", order_by="Refund.id")
    cases: Mapped[list["Case"]] = relationship(back_populates="order", order_by="Case.id")

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def refunded_total(self) -> Money:
        """What was refunded so far, by us or in the service's console."""
        return Money(self.refunded, self.currency)

    @property
    def issues_key(self) -> bool:
        """Whether the order opens a window that issues a key, with a payment or without one."""
        return self.purpose is not OrderPurpose.CHARGE

    @property
    def is_final(self) -> bool:
        """Whether the order has an outcome. Even a final one may change: a PG may approve late, or staff may refund."""
        return self.status is not OrderStatus.READY

    @property
    def is_queued(self) -> bool:
        """Whether the order is a charge that the worker has yet to send: nothing was requested from the service."""
        return self.purpose is OrderPurpose.CHARGE and self.status is OrderStatus.READY and self.asked_at is None

    @property
    def was_never_sent(self) -> bool:
        """Whether the order is a charge that was closed before the worker sent it."""
        is_closed_charge = self.purpose is OrderPurpose.CHARGE and self.status is OrderStatus.CANCELLED
        return is_closed_charge and self.asked_at is None and not self.refunded

    @property
    def awaits_charge(self) -> bool:
        """Whether the charge after this issue is still to come: its period was not paid in another way."""
        paid = (invoice.paid_at for invoice in self.subscription.invoices if invoice.paid_at)
        return self.charge_follows and self.subscription.is_alive and not any(at >= self.created_at for at in paid)

    @property
    def outcome(self) -> str:
        """What a page reports: `paid`, `registered`, `declined`, `mismatch`, `cancelled`, `closed` or `checking`."""
        if self.mismatch:
            return "mismatch"
        if self.status is OrderStatus.PAID:
            return "registered" if self.purpose is OrderPurpose.ISSUE else "paid"
        if self.status is OrderStatus.READY:
            return "closed" if self.window_ended else "checking"
        return "declined" if self.status is OrderStatus.FAILED else "cancelled"

    def record_window_message(self, message: str) -> None:
        """Store the browser's message that its window ended without a payment. We show it, and ask the service."""
        self.window_message, self.window_ended = message[:500], False

    def is_due(self, now: datetime, *, machine_now: datetime) -> bool:
        """Whether `reconcile` should ask about the order now."""
        times = ((self.look_at, self.look_not_before), (self.late_look_at, None))
        return any(_is_due(at, not_before, now, machine_now) for at, not_before in times)

    def postpone(self, *, at: datetime, until: Moment) -> None:
        """Begin a look, and let the next one wait. A final order with nothing outstanding is open again since `at`."""
        self.look_at = self.look_at or at
        self.look_not_before, self.looks = until, self.looks + 1

    def stop_looking(self) -> None:
        """Stop checking a final order: the service answered our last request about it."""
        self.look_at, self.look_not_before, self.looks = None, None, 0

    def mark_paid(self, *, at: datetime) -> None:
        """Mark the order paid, and clear what was reported before. Keep the time of the first call."""
        if self.status is not OrderStatus.PAID:
            self._end(OrderStatus.PAID)
            self.paid_at = at
            self.fail_reason = self.window_message = self.mismatch = None
            self.window_ended = False
            self.ended_at = self.late_look_at = None

    def mark_failed(self, reason: str, *, at: datetime) -> None:
        """Mark the order failed with the PG's sentence. Keep the reason of the first call. A PG may approve it late."""
        if self.status is not OrderStatus.FAILED:
            self._end(OrderStatus.FAILED)
            self._expect_late_approval(since=at)
            self.fail_reason = reason[:500]

    def reject(self, wrong: list[str], *, at: datetime) -> None:
        """Fail the order and grant nothing. Money may have moved, but the fields in `wrong` differ from the order.

        Another payment under the same `merchant_uid` may still be approved.
        """
        self._end(OrderStatus.FAILED)
        self._expect_late_approval(since=at)
        self.mismatch = ",".join(wrong)[:60]

    def mark_abandoned(self, reason: str = "", *, at: datetime) -> None:
        """Mark the order cancelled because its window was abandoned. A PG may still approve it late."""
        if self.status is not OrderStatus.CANCELLED:
            self.mark_cancelled(reason)
            self._expect_late_approval(since=at)

    def mark_cancelled(self, reason: str | None = None) -> None:
        """Mark the order cancelled: its payment was fully refunded, so a late approval cannot follow."""
        if self.status is not OrderStatus.CANCELLED:
            self._end(OrderStatus.CANCELLED)
            self.late_look_at = None
            self.fail_reason = (reason or "")[:500] or None

    def pass_late_look(self, *, at: datetime) -> None:
        """Set the first look of the schedule after `at`. What a stopped worker missed is one look, not several."""
        if self.late_look_at is not None and self.ended_at is not None:
            looks = (self.ended_at + after for after in LATE_LOOKS)
            self.late_look_at = next((look for look in looks if look > at), None)

    def _expect_late_approval(self, *, since: datetime) -> None:
        """Begin the schedule, unless the attempt has ended before."""
        if self.ended_at is None:
            self.ended_at, self.late_look_at = since, since + LATE_LOOKS[0]

    def _end(self, status: OrderStatus) -> None:
        self.status = moved(self.status, status)
        self.stop_looking()


class Notice(Model):
    """A payment reported to us that the worker must read: by a webhook, or while the service did not answer.

    A webhook is unsigned, so the row is only a reason to ask. It is deleted when the service has answered.
    """

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("order_id", "imp_uid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    imp_uid: Mapped[str] = mapped_column(String(32))
    """The reported payment. An empty string stands for whatever payments the service has of this order."""
    by_webhook: Mapped[bool]
    """Whether a webhook reported it. Only a webhook confirms a billing key."""
    reports: Mapped[int] = mapped_column(default=1)
    """A counter: a report that arrives while the worker reads increments it, so that the row is read once more."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How many times the worker has begun to read it since the service last answered."""
    not_before: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """Machine time: when the worker may read it. None: immediately."""
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of the lease under which one worker alone reads it."""
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    """The name of the process that holds the lease. If that process has ended, the lease ends too."""


class Refund(Model):
    """An amount of one payment that we refund, from the decision until the service's record shows it."""

    __tablename__ = "refunds"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    imp_uid: Mapped[str] = mapped_column(String(32), index=True)
    """The payment to refund. It may not be the order's own, since an order may be paid twice."""
    cause: Mapped[RefundCause] = mapped_column(by_value(RefundCause), default=RefundCause.SURPLUS)
    amount: Mapped[int | None]
    """Minor units of `currency` to refund. None: this shop does not know the currency, and refunds all that is left."""
    currency: Mapped[str] = mapped_column(String(10))
    cancelled_before: Mapped[int] = mapped_column(default=0)
    """Minor units of the payment that were cancelled at the decision. Our refund is made when `amount` is added."""
    reason: Mapped[str | None] = mapped_column(String(200))
    """What staff wrote. The service's console shows it too."""
    effect: Mapped[RefundEffect | None] = mapped_column(by_value(RefundEffect))
    """What happens to the subscription when the service accepts the refund. None: a surplus payment granted nothing."""
    status: Mapped[RefundStatus] = mapped_column(by_value(RefundStatus), default=RefundStatus.DECIDED)
    tries: Mapped[int] = mapped_column(default=0)
    """How many tries since the service last refused or accepted: the exponent of the back-off."""
    refusals: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None] = mapped_column(String(500))
    """The service's own sentence from its latest refusal."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    look_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True, default=_at_creation)
    """Since when `reconcile` works on the refund. None: it is made, or finally refused."""
    look_not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of the pause before `reconcile` works on it again. None: no pause."""
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    order: Mapped[Order] = relationship(back_populates="refunds")

    @property
    def price(self) -> Money | None:
        return None if self.amount is None else Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether the record may still come to show this refund without a further decision."""
        return self.status in (RefundStatus.DECIDED, RefundStatus.ASKED)

    def is_due(self, now: datetime, *, machine_now: datetime) -> bool:
        """Whether `reconcile` should work on the refund now."""
        return _is_due(self.look_at, self.look_not_before, now, machine_now)

    def mark_asked(self, *, at: datetime) -> None:
        """Record that the service accepted the request, or may have, so that we only check from now on."""
        if self.status is not RefundStatus.ASKED:
            self.status, self.asked_at, self.tries = moved(self.status, RefundStatus.ASKED), at, 0

    def record_refusal(self, reason: str) -> None:
        """Count a refusal by the service."""
        self.refusals, self.refusal, self.tries = self.refusals + 1, reason[:500], 0

    def give_up(self) -> None:
        """Stop: the service refused for the last time, or its record does not show what it accepted, or may have."""
        self.status = moved(self.status, RefundStatus.REFUSED)
        self.look_at = self.look_not_before = None

    @property
    def was_not_shown(self) -> bool:
        """Whether we stopped waiting for the record to show a refund that the service accepted, or may have."""
        return self.status is RefundStatus.REFUSED and self.asked_at is not None

    @property
    def exceeds_rest(self) -> bool:
        """Whether less is left of the order's payment than this refund by staff, so that it cannot be made."""
        is_refused = self.status is RefundStatus.REFUSED and self.cause is RefundCause.STAFF
        return is_refused and (self.amount or 0) > self.order.amount - self.order.refunded

    def mark_made(self, *, at: datetime) -> None:
        """Record that the service's record shows the refund."""
        if self.status is not RefundStatus.MADE:
            self.status, self.made_at = moved(self.status, RefundStatus.MADE), at
            self.look_at = self.look_not_before = None


class Case(Model):
    """A payment that was refunded or reversed without our request: an open item until a member of staff closes it."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[CaseKind] = mapped_column(by_value(CaseKind))
    amount: Mapped[int]
    """Minor units of the order's currency that this news added: two partial refunds are two cases."""
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(String(500))
    """What the member of staff wrote when closing it."""

    order: Mapped[Order] = relationship(back_populates="cases")
    closed_by: Mapped[User | None] = relationship()

    @property
    def price(self) -> Money:
        """The amount of the reversal."""
        return Money(self.amount, self.order.currency)

    def close(self, *, by: User, note: str, at: datetime) -> None:
        """Record who dealt with the case, and how. Keep the first closing."""
        if self.closed_at is None:
            self.closed_by, self.note, self.closed_at = by, note[:500], at


class StaffAction(Model):
    """One act of a member of staff: who, what, when and why. The shop adds such rows, and never changes one."""

    __tablename__ = "staff_actions"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """The member of staff."""
    kind: Mapped[str] = mapped_column(String(20))
    """Stable name such as `refund`. The page turns it into words."""
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    """None: the act was about the whole subscription."""
    amount: Mapped[int | None]
    """Minor units of the order's currency. None: the act moved no amount that staff chose."""
    effect: Mapped[RefundEffect | None] = mapped_column(by_value(RefundEffect))
    """What staff chose for the subscription together with a refund."""
    reason: Mapped[str] = mapped_column(String(500), default="")

    user: Mapped[User] = relationship()
    subscription: Mapped[Subscription] = relationship()
    order: Mapped[Order | None] = relationship()

    @property
    def price(self) -> Money | None:
        """The amount that staff chose."""
        return None if self.amount is None or self.order is None else Money(self.amount, self.order.currency)


class JournalEntry(Model):
    """One event of an order, in the lane where it happened. Never holds a secret or a card number."""

    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=machine_now)
    """Machine time: when it happened on this machine's clock. It orders what several processes record."""
    lane: Mapped[str] = mapped_column(String(10))
    """`browser`, `shop` or `pg`."""
    event: Mapped[str] = mapped_column(String(40))
    """Stable name such as `payment.verified`. The page turns it into a sentence."""
    merchant_uid: Mapped[str | None] = mapped_column(String(40), index=True)
    imp_uid: Mapped[str | None] = mapped_column(String(32))
    customer_uid: Mapped[str | None] = mapped_column(String(80), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Comparison(Model):
    """One day in Seoul, compared with the service's lists of payments. Each step continues where the last one ended."""

    __tablename__ = "comparisons"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, unique=True)
    step: Mapped[ComparisonStep] = mapped_column(by_value(ComparisonStep), default=ComparisonStep.PAID)
    cursor: Mapped[int] = mapped_column(default=0)
    """Where the step continues: the page of a list to read, or the id of the last row it has seen."""
    listed: Mapped[int] = mapped_column(default=0)
    foreign: Mapped[int] = mapped_column(default=0)
    """How many payments were compared (`listed`), and how many have ids that are not of our form (`foreign`)."""
    totals: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON, default=dict)
    """`collected` and `refunded` on this day by the service's records, in minor units, by currency."""
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Machine time: the end of the lease under which one process alone compares the day."""
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    """The name of the process that holds the lease. If that process has ended, the lease ends too."""

    differences: Mapped[list["Difference"]] = relationship(back_populates="comparison", order_by="Difference.id")


class Difference(Model):
    """A payment of which the service's record and ours disagreed, and the rule that repairs it."""

    __tablename__ = "differences"
    __table_args__ = (UniqueConstraint("comparison_id", "imp_uid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparisons.id"))
    kind: Mapped[DifferenceKind] = mapped_column(by_value(DifferenceKind))
    rule: Mapped[Repair] = mapped_column(by_value(Repair))
    merchant_uid: Mapped[str] = mapped_column(String(40))
    imp_uid: Mapped[str] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(10))
    ours: Mapped[int | None]
    theirs: Mapped[int | None]
    """Minor units that we keep of the payment, and that the record leaves. None: not known to us, or to the service."""
    repaired_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    comparison: Mapped[Comparison] = relationship(back_populates="differences")


class ListedPayment(Model):
    """A payment that a list of the service held for this day. Deleted when the day's comparison ends."""

    __tablename__ = "listed_payments"

    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparisons.id"), primary_key=True)
    imp_uid: Mapped[str] = mapped_column(String(32), primary_key=True)
