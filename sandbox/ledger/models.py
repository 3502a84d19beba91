"""The sandbox's own ledger. Amounts are whole minor units, times Unix seconds (0: has not happened).

A status moves only through a method named for the event; an illegal step raises `IllegalStep`.
"""

import secrets
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from ..facts.pgs import Profile, profile_for


class Base(DeclarativeBase):
    """What every table derives from."""

    @classmethod
    def __table_cls__(cls, *parts: Any, **options: Any) -> Table:
        """No id is given twice, also after a reset: work under way may still hold that of a row deleted since."""
        return Table(*parts, sqlite_autoincrement=True, **options)


# Each table names itself; the extension's naming would put a `__table_cls__` of its own before ours.
db = SQLAlchemy(model_class=Base, disable_autonaming=True)

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
    """Public; what `IMP.init` is called with."""
    key: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    webhook_url: Mapped[str] = mapped_column(default="")
    """Where notices go when a payment names no `notice_url`; '' is nowhere."""

    token: Mapped[str | None] = mapped_column(unique=True)
    """The one access token valid now or last."""
    token_expires_at: Mapped[int] = mapped_column(default=0)

    pg_channels: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The PGs it has a contract with, each `code` or `code.MID`, the default first; empty: all of them."""

    switches: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The levers pulled for this shop; read and written by `sandbox.merchants.levers`."""

    clock_offset: Mapped[int] = mapped_column(default=0)
    """Seconds by which its clock is ahead of the computer's. Read through `sandbox.merchants.clock`."""
    customer_offsets: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """`customer_uid` → seconds by which that customer's clock is ahead of the merchant's."""


class Payment(Model):
    """One attempt to pay or to issue a key; what the wire calls a payment."""

    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    imp_uid: Mapped[str] = mapped_column(unique=True)
    merchant_uid: Mapped[str]
    status: Mapped[str] = mapped_column(default="ready")
    """`ready`, `paid`, `failed` or `cancelled`."""

    pg_code: Mapped[str]
    pg_id: Mapped[str]
    pg_tid: Mapped[str | None]
    pay_method: Mapped[str]
    channel: Mapped[str]
    """`pc`, `mobile` or `api`."""
    name: Mapped[str | None]
    amount: Mapped[int]
    cancel_amount: Mapped[int] = mapped_column(default=0)
    tax_free: Mapped[int] = mapped_column(default=0)
    """What of the amount is free of tax."""
    vat_amount: Mapped[int | None]
    """The value-added tax in it where the shop fixed it."""
    escrow: Mapped[bool] = mapped_column(default=False)
    cash_receipt_issued: Mapped[bool] = mapped_column(default=False)
    card_quota: Mapped[int] = mapped_column(default=0)
    """Months of instalments; 0: a lump sum."""
    currency: Mapped[str] = mapped_column(default="KRW")
    charged: Mapped[bool] = mapped_column(default=False)
    """Whether money moved: a key issue may be `paid` and have charged nothing."""
    customer_uid: Mapped[str | None]
    customer_uid_usage: Mapped[str | None]
    """`issue`: this payment makes the key; `payment`: it charges one; `payment.scheduled`: by a schedule."""
    customer_id: Mapped[str | None]
    """The shop's name of the person; some PGs want it with a key."""
    probe_until: Mapped[int] = mapped_column(default=0)
    """When the PG gives back what it took to try the instrument out; 0: it took nothing."""

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
    instrument: Mapped[str | None]
    """Number of the test instrument it was asked of."""
    outcome: Mapped[str | None]
    """Name of the entry of `sandbox.rules.outcomes` that was played; None for an ordinary approval or decline."""
    outcome_seconds: Mapped[int] = mapped_column(default=0)
    """How long that one takes."""
    approve_at: Mapped[int] = mapped_column(default=0)
    """When the PG's late approval comes, on the merchant's clock; 0 when none is to come."""

    started_at: Mapped[int]
    paid_at: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[int] = mapped_column(default=0)

    device: Mapped[str | None]
    """Where the window is open: `pc` or `mobile`; None for a payment without one."""
    result_path: Mapped[str | None]
    """How the window's result travels: `callback` or `redirect`."""
    opener_origin: Mapped[str | None]
    """The only origin a callback may be posted to."""
    window_form: Mapped[str | None]
    """`layer` over the shop's page, `popup` beside it, or a `page` in its place."""
    m_redirect_url: Mapped[str | None]
    language: Mapped[str | None]
    bypass: Mapped[Any] = mapped_column(JSON, nullable=True)
    notice_urls: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Replace the merchant's `webhook_url` when not empty."""
    confirm_url: Mapped[str | None]
    """Where the shop wants to be asked before the window's payment is approved."""

    merchant: Mapped[Merchant] = relationship()
    cancellations: Mapped[list["Cancellation"]] = relationship(order_by="Cancellation.id")

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
        Index("ix_payments_customer_uid", "merchant_id", "customer_uid"),
        Index("ix_payments_approve_at", "approve_at", sqlite_where=text("approve_at > 0")),
    )

    @property
    def profile(self) -> Profile:
        return profile_for(self.pg_code, self.pay_method)

    @property
    def issues_key(self) -> bool:
        return self.customer_uid_usage == "issue"

    @property
    def is_pending(self) -> bool:
        """Whether the payer is done and the PG is not."""
        return self.status == "ready" and bool(self.approve_at)

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

    def mark_cancelled(
        self, amount: int, reason: str | None, *, at: int, tax_free: int = 0, vat_amount: int | None = None
    ) -> None:
        """Give back `amount`; a part of the whole already makes the status `cancelled`."""
        if self.status not in ("paid", "cancelled") or not 0 < amount <= self.remaining:
            raise IllegalStep(f"{self.imp_uid} is {self.status}, {self.remaining} left")
        self.status = "cancelled"
        self.cancel_amount += amount
        self.cancel_reason, self.cancelled_at, self.updated_at = reason, at, at
        entry = Cancellation(amount=amount, reason=reason, cancelled_at=at, pg_tid=self.pg_tid)
        entry.tax_free, entry.vat_amount = tax_free, vat_amount
        self.cancellations.append(entry)

    def mark_paid_late(self, *, at: int, charged: bool) -> None:
        """The PG approves after all what was pending, or was reported failed."""
        if self.approve_at == 0 or self.status not in ("ready", "failed"):
            raise IllegalStep(f"{self.imp_uid} is {self.status} and has no approval pending")
        self.status, self.updated_at, self.approve_at = "paid", at, 0
        self.charged, self.paid_at = charged, at
        self.fail_reason, self.failed_at = None, 0

    def _leave_ready(self, status: str, at: int) -> None:
        if self.status != "ready":
            raise IllegalStep(f"{self.imp_uid} is {self.status} already")
        self.status, self.updated_at = status, at


class Cancellation(Model):
    """One entry of a payment's `cancel_history`."""

    __tablename__ = "cancellations"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    cancellation_id: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(16))
    pg_tid: Mapped[str | None]
    amount: Mapped[int]
    tax_free: Mapped[int] = mapped_column(default=0)
    vat_amount: Mapped[int | None]
    reason: Mapped[str | None]
    cancelled_at: Mapped[int]


class BillingKey(Model):
    """What `customer_uid` stands for: one card or account at one PG."""

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
    declined_charges: Mapped[int] = mapped_column(default=0)
    pay_method: Mapped[str | None]
    """With `pg_code` it names the profile."""
    amount: Mapped[int] = mapped_column(default=0)
    """Of the issue."""
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
        return profile_for(self.pg_code, self.pay_method)


class Schedule(Model):
    """A schedule: `/again`, to be run by itself at `schedule_at`."""

    __tablename__ = "schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    customer_uid: Mapped[str]
    merchant_uid: Mapped[str]
    customer_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="scheduled")
    """`scheduled`, `executed` (well or not) or `revoked`."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    """Of the last run."""

    pg_code: Mapped[str]
    pg_id: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    name: Mapped[str | None]
    buyer_name: Mapped[str | None]
    buyer_email: Mapped[str | None]
    buyer_tel: Mapped[str | None]
    buyer_addr: Mapped[str | None]
    buyer_postcode: Mapped[str | None]
    custom_data: Mapped[str | None]
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What `/again` will be called with."""

    created_at: Mapped[int]
    schedule_at: Mapped[int]
    """On the customer's clock, like the others."""
    executed_at: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[int] = mapped_column(default=0)

    merchant: Mapped[Merchant] = relationship()
    payment: Mapped[Payment | None] = relationship()

    __table_args__ = (
        Index("ix_schedules_merchant_uid", "merchant_id", "merchant_uid"),
        Index("ix_schedules_status", "status", "schedule_at"),
        Index("ix_schedules_schedule_at", "merchant_id", "schedule_at"),
        Index(
            "uq_schedules_open_merchant_uid",
            "merchant_id",
            "merchant_uid",
            unique=True,
            sqlite_where=text("status = 'scheduled'"),
        ),
    )

    @property
    def payment_status(self) -> str | None:
        """Of the last run: `paid`, `failed` or `cancelled`; None before the first."""
        return self.payment.status if self.payment else None

    @property
    def may_run_again(self) -> bool:
        """A failed run, or a revoked schedule."""
        return self.status == "revoked" or (self.status == "executed" and self.payment_status == "failed")

    def mark_executed(self, payment: Payment, *, at: int) -> None:
        if self.status != "scheduled" and not self.may_run_again:
            raise IllegalStep(f"{self.merchant_uid} is {self.status}")
        self.status, self.payment, self.executed_at, self.revoked_at = "executed", payment, at, 0

    def mark_revoked(self, *, at: int) -> None:
        self._demand("scheduled")
        self.status, self.revoked_at = "revoked", at

    def move(self, schedule_at: int) -> None:
        self._demand("scheduled")
        self.schedule_at = schedule_at

    def reopen(self, schedule_at: int) -> None:
        """Run once more, as if it had never been."""
        if not self.may_run_again:
            raise IllegalStep(f"{self.merchant_uid} is {self.status}")
        self.status, self.schedule_at, self.payment = "scheduled", schedule_at, None
        self.executed_at = self.revoked_at = 0

    def _demand(self, status: str) -> None:
        if self.status != status:
            raise IllegalStep(f"{self.merchant_uid} is {self.status}")


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
    """One webhook on its way, or gone; `Attempt` has each try."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    kind: Mapped[str] = mapped_column(default="notice")
    """`notice`, `redelivery` (by hand) or `forged`."""
    url: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What it says of the payment; the receiver must not believe it."""
    format: Mapped[str] = mapped_column(default="json")
    """`json` or `form`."""
    state: Mapped[str] = mapped_column(default="queued")
    """`queued`, `sending`, `answered` (whatever the answer), `unreachable`, or `lost` on purpose."""
    retries_left: Mapped[int] = mapped_column(default=0)
    held: Mapped[bool] = mapped_column(default=False)
    """Waits for a newer notice to overtake it."""
    after_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    """Not before that one was tried."""
    created_at: Mapped[int]
    due_at: Mapped[float]
    """On the merchant's clock."""
    lease_until: Mapped[int] = mapped_column(default=0)
    """While `sending`: when others may take it from a worker that fell silent. On the computer's clock."""
    sent_at: Mapped[int] = mapped_column(default=0)
    http_status: Mapped[int | None]
    """The receiver's last answer."""
    error: Mapped[str | None]

    payment: Mapped[Payment] = relationship()
    merchant: Mapped[Merchant] = relationship()
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.id")

    __table_args__ = (
        Index("ix_deliveries_open", "merchant_id", "due_at", sqlite_where=text("state IN ('queued', 'sending')")),
    )

    @property
    def status(self) -> str:
        """What the body says the payment's status is."""
        return str(self.body.get("status", ""))


class Attempt(Model):
    """One try at delivering a webhook: what was sent, what came back, how long it took."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    sent_at: Mapped[int]
    """On the merchant's clock."""
    duration_ms: Mapped[int]
    request_body: Mapped[str]
    """As it went over the wire."""
    request_type: Mapped[str]
    """Its `Content-Type`."""
    http_status: Mapped[int | None]
    answer_body: Mapped[str | None]
    """The first 2,000 characters of it."""
    error: Mapped[str | None]
    """Why there was no answer: `ConnectionError`, `ReadTimeout`, …"""


class PlannedOutcome(Model):
    """An outcome planned under `/control/outcomes` for charges and windows that are still to come.

    The wire calls it an order, and so does its table.
    """

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    customer_uid: Mapped[str | None]
    """None: whichever comes next."""
    outcome: Mapped[str]
    """Name of an entry of `sandbox.rules.outcomes`."""
    place: Mapped[str] = mapped_column(default="any")
    """`charge`, `window` or `any`."""
    seconds: Mapped[int | None]
    """Replaces the outcome's own."""
    times: Mapped[int] = mapped_column(default=1)
    """How often it will still be played."""


class PendingCancel(Model):
    """A cancel that was asked for and that its PG has not confirmed yet."""

    __tablename__ = "pending_cancels"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    amount: Mapped[int]
    tax_free: Mapped[int] = mapped_column(default=0)
    vat_amount: Mapped[int | None]
    reason: Mapped[str | None]
    announce: Mapped[bool] = mapped_column(default=False)
    """Whether the shop asked for a webhook."""
    due_at: Mapped[int]
    """On its customer's clock."""

    payment: Mapped[Payment] = relationship()
