"""The tables of the sandbox's own ledger. Amounts are whole minor units, times Unix seconds (0: has not happened).

Only a method named for the event changes a status; an illegal step raises `IllegalStep`.
"""

import secrets
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from ..facts.pgs import Profile, every_code, profile_for


class Base(DeclarativeBase):
    """The base class of every table."""

    @classmethod
    def __table_cls__(cls, *parts: Any, **options: Any) -> Table:
        """Never assign an id twice, even after a reset: work in progress may still hold the id of a deleted row."""
        return Table(*parts, sqlite_autoincrement=True, **options)


# Each table names itself, because the extension's naming would replace our `__table_cls__` with its own.
db = SQLAlchemy(model_class=Base, disable_autonaming=True)

if TYPE_CHECKING:
    Model = Base  # mypy cannot see `db.Model`, which Flask-SQLAlchemy builds at run time
else:
    Model = db.Model


class IllegalStep(Exception):
    """A payment or a schedule cannot take this step in its present status."""


class Merchant(Model):
    """A shop with its credentials, clock and levers."""

    __tablename__ = "merchants"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """Public; the shop passes it to `IMP.init`."""
    key: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    webhook_url: Mapped[str] = mapped_column(default="")
    """Where webhooks go when a payment has no `notice_url`; '' means nowhere."""

    token: Mapped[str | None] = mapped_column(unique=True)
    """The only access token: the current one or the last."""
    token_expires_at: Mapped[int] = mapped_column(default=0)

    pg_channels: Mapped[list[str]] = mapped_column(JSON, default=every_code)
    """The PGs with which it has a contract, each `code` or `code.MID`, the default first; a new merchant has all."""

    switches: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The levers set for this shop. `sandbox.merchants.levers` reads and writes them."""

    clock_offset: Mapped[int] = mapped_column(default=0)
    """Seconds by which its clock is ahead of the computer's. Read it through `sandbox.merchants.clock`."""
    customer_offsets: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """`customer_uid` → seconds by which that customer's clock is ahead of the merchant's."""


class Payment(Model):
    """One attempt to pay or to issue a key. The wire calls both a payment."""

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
    """The tax-free part of the amount."""
    vat_amount: Mapped[int | None]
    """The value-added tax in the amount, if the shop sent it."""
    escrow: Mapped[bool] = mapped_column(default=False)
    cash_receipt_issued: Mapped[bool] = mapped_column(default=False)
    card_quota: Mapped[int] = mapped_column(default=0)
    """Months of instalments; 0 means a lump sum."""
    currency: Mapped[str] = mapped_column(default="KRW")
    charged: Mapped[bool] = mapped_column(default=False)
    """Whether money moved: a key issue may be `paid` without a charge."""
    customer_uid: Mapped[str | None]
    customer_uid_usage: Mapped[str | None]
    """`issue`: it issues the key; `payment`: it charges the key; `payment.scheduled`: a schedule charges it."""
    customer_id: Mapped[str | None]
    """The shop's id of the person; some PGs require it with a key."""
    probe_until: Mapped[int] = mapped_column(default=0)
    """When the PG refunds the probe that verified the instrument; 0 without a probe."""

    buyer_name: Mapped[str | None]
    buyer_email: Mapped[str | None]
    buyer_tel: Mapped[str | None]
    buyer_addr: Mapped[str | None]
    buyer_postcode: Mapped[str | None]
    custom_data: Mapped[str | None]
    """As the shop sent it; an object is stored as a JSON string."""

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
    """The number of the test instrument that the payer or the key used."""
    expiry: Mapped[str | None]
    """`YYYY-MM`, of a card that the payer or the shop entered; a late approval issues the key with it."""
    outcome: Mapped[str | None]
    """The name of the played entry of `sandbox.rules.outcomes`; None for an ordinary approval or decline."""
    outcome_seconds: Mapped[int] = mapped_column(default=0)
    """How long the outcome takes, in seconds."""
    approve_at: Mapped[int] = mapped_column(default=0)
    """When the PG's late approval arrives, on the merchant's clock; 0 when no approval is pending."""

    started_at: Mapped[int]
    paid_at: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[int] = mapped_column(default=0)

    user_agent: Mapped[str | None]
    """The name that the browser of the window gave itself; None for a payment without a window."""
    device: Mapped[str | None]
    """The device of the window: `pc` or `mobile`; None for a payment without a window."""
    result_path: Mapped[str | None]
    """How the window delivers its result: `callback` or `redirect`."""
    opener_origin: Mapped[str | None]
    """The only origin that may receive the callback."""
    window_form: Mapped[str | None]
    """`layer` over the shop's page, `popup` beside it, or `page` in its place."""
    m_redirect_url: Mapped[str | None]
    language: Mapped[str | None]
    bypass: Mapped[Any] = mapped_column(JSON, nullable=True)
    notice_urls: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Where its webhooks go instead of the merchant's `webhook_url`, unless empty."""
    confirm_url: Mapped[str | None]
    """Where the sandbox requests the shop's confirmation before it approves the window's payment."""

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
        """The traits of its PG, for its `pay_method`."""
        return profile_for(self.pg_code, self.pay_method)

    @property
    def issues_key(self) -> bool:
        """Whether this payment issues a billing key."""
        return self.customer_uid_usage == "issue"

    @property
    def is_pending(self) -> bool:
        """Whether the payer is done but the PG has not decided yet."""
        return self.status == "ready" and bool(self.approve_at)

    @property
    def remaining(self) -> int:
        """The amount that can still be cancelled."""
        return self.amount - self.cancel_amount

    def mark_paid(self, *, at: int, charged: bool) -> None:
        """Mark a `ready` payment `paid`. `charged` says whether money moved."""
        self._leave_ready("paid", at)
        self.charged, self.paid_at = charged, at

    def mark_failed(self, reason: str, *, at: int) -> None:
        """Mark a `ready` payment `failed` with `reason`."""
        self._leave_ready("failed", at)
        self.fail_reason, self.failed_at = reason, at

    def mark_cancelled(
        self, amount: int, reason: str | None, *, at: int, tax_free: int = 0, vat_amount: int | None = None
    ) -> None:
        """Cancel `amount` of a paid payment. A partial cancel also makes the status `cancelled`.

        Raises:
            IllegalStep: when the payment was never paid, or `amount` is not above 0 and at most `remaining`.
        """
        if self.status not in ("paid", "cancelled") or not 0 < amount <= self.remaining:
            raise IllegalStep(f"{self.imp_uid} is {self.status}, {self.remaining} left")
        self.status = "cancelled"
        self.cancel_amount += amount
        self.cancel_reason, self.cancelled_at, self.updated_at = reason, at, at
        entry = Cancellation(amount=amount, reason=reason, cancelled_at=at, pg_tid=self.pg_tid)
        entry.tax_free, entry.vat_amount = tax_free, vat_amount
        self.cancellations.append(entry)

    def mark_paid_late(self, *, at: int, charged: bool) -> None:
        """Mark a pending or failed payment `paid`, as when the PG approves it late.

        Raises:
            IllegalStep: when no approval is pending.
        """
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
    """The card or account at one PG that `customer_uid` names."""

    __tablename__ = "billing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    customer_uid: Mapped[str]
    pg_code: Mapped[str]
    pg_id: Mapped[str]
    instrument: Mapped[str]
    """The public number of the test instrument. It decides the result of later charges."""
    expiry: Mapped[str | None]
    """`YYYY-MM` of a card. None, as for an account, never expires."""
    approved_charges: Mapped[int] = mapped_column(default=0)
    """Includes a charge by the window that issued the key."""
    declined_charges: Mapped[int] = mapped_column(default=0)
    pay_method: Mapped[str | None]
    """Selects the profile, together with `pg_code`."""
    amount: Mapped[int] = mapped_column(default=0)
    """The amount at issue."""
    currency: Mapped[str] = mapped_column(default="KRW")
    """The currency at issue."""
    buyer_email: Mapped[str | None]
    """The buyer's e-mail address at issue."""

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
        """The traits of its PG, for its `pay_method`."""
        return profile_for(self.pg_code, self.pay_method)


class Schedule(Model):
    """A charge booked ahead: the sandbox runs `/again` automatically at `schedule_at`."""

    __tablename__ = "schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    customer_uid: Mapped[str]
    merchant_uid: Mapped[str]
    customer_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="scheduled")
    """`scheduled`, `executed` (whether it was paid or failed) or `revoked`."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    """The payment of the last run."""

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
    """The fields that `/again` receives."""

    created_at: Mapped[int]
    schedule_at: Mapped[int]
    """When to run. Like the other times, on the customer's clock."""
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
        """The status of the last run's payment: `paid`, `failed` or `cancelled`; None before the first run."""
        return self.payment.status if self.payment else None

    @property
    def may_run_again(self) -> bool:
        """Whether its run failed or it was revoked."""
        return self.status == "revoked" or (self.status == "executed" and self.payment_status == "failed")

    def mark_executed(self, payment: Payment, *, at: int) -> None:
        """Mark the schedule `executed` with the payment it made, also on another run.

        Raises:
            IllegalStep: when the schedule is neither open nor may run again.
        """
        if self.status != "scheduled" and not self.may_run_again:
            raise IllegalStep(f"{self.merchant_uid} is {self.status}")
        self.status, self.payment, self.executed_at, self.revoked_at = "executed", payment, at, 0

    def mark_revoked(self, *, at: int) -> None:
        """Revoke an open schedule.

        Raises:
            IllegalStep: when the schedule is not open.
        """
        self._require_open()
        self.status, self.revoked_at = "revoked", at

    def move(self, schedule_at: int) -> None:
        """Run an open schedule at another time.

        Raises:
            IllegalStep: when the schedule is not open.
        """
        self._require_open()
        self.schedule_at = schedule_at

    def reopen(self, schedule_at: int) -> None:
        """Book the schedule again at `schedule_at`, as if it had never run.

        Raises:
            IllegalStep: when its run did not fail and it was not revoked.
        """
        if not self.may_run_again:
            raise IllegalStep(f"{self.merchant_uid} is {self.status}")
        self.status, self.schedule_at, self.payment = "scheduled", schedule_at, None
        self.executed_at = self.revoked_at = 0

    def _require_open(self) -> None:
        if self.status != "scheduled":
            raise IllegalStep(f"{self.merchant_uid} is {self.status}")


class Prepared(Model):
    """An amount that a shop registers before it opens the window."""

    __tablename__ = "prepared"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    merchant_uid: Mapped[str]
    amount: Mapped[str]
    """Decimal text in major units, because the currency, and so the minor unit, may be unknown."""
    currency: Mapped[str | None]

    __table_args__ = (UniqueConstraint("merchant_id", "merchant_uid"),)


class Delivery(Model):
    """One webhook, delivered or still to deliver. `Attempt` records each try."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    customer_uid: Mapped[str | None]
    """The customer by whose clock it is due and sent: that of the payment. None: the merchant's clock."""
    kind: Mapped[str] = mapped_column(default="notice")
    """`notice`, `redelivery` (manual) or `forged`."""
    url: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What it reports about the payment. The receiver must not trust it."""
    format: Mapped[str] = mapped_column(default="json")
    """`json` or `form`."""
    state: Mapped[str] = mapped_column(default="queued")
    """`queued`, `sending`, `answered` (with any status), `unreachable`, or `lost` (on purpose)."""
    retries_left: Mapped[int] = mapped_column(default=0)
    held: Mapped[bool] = mapped_column(default=False)
    """Whether it waits for a newer notice to overtake it."""
    after_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    """The delivery that must be tried before this one."""
    created_at: Mapped[int]
    due_at: Mapped[float]
    """When to send it, on the customer's clock."""
    lease_until: Mapped[int] = mapped_column(default=0)
    """While `sending`: when another worker may take it from one that stopped. On the computer's clock."""
    sent_at: Mapped[int] = mapped_column(default=0)
    http_status: Mapped[int | None]
    """The HTTP status of the receiver's last answer."""
    error: Mapped[str | None]

    payment: Mapped[Payment] = relationship()
    merchant: Mapped[Merchant] = relationship()
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.id")

    __table_args__ = (
        Index("ix_deliveries_open", "merchant_id", "due_at", sqlite_where=text("state IN ('queued', 'sending')")),
    )

    @property
    def status(self) -> str:
        """The payment's status according to the body."""
        return str(self.body.get("status", ""))


class Attempt(Model):
    """One try to deliver a webhook: the request, the answer and the time it took."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    sent_at: Mapped[int]
    """When it was sent, on the customer's clock."""
    began: Mapped[float]
    """The same on the computer's clock, in Unix seconds with fractions: it orders what different programs record."""
    duration_ms: Mapped[int]
    request_body: Mapped[str]
    """The body as sent."""
    request_type: Mapped[str]
    """The `Content-Type` of the request."""
    http_status: Mapped[int | None]
    answer_body: Mapped[str | None]
    """The first 2,000 bytes of the receiver's answer."""
    error: Mapped[str | None]
    """Why no answer came: `ConnectionError`, `ReadTimeout`, …"""


class PlannedOutcome(Model):
    """An outcome that `/control/outcomes` plans for the next charges or windows.

    The wire and the table call it an order.
    """

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    customer_uid: Mapped[str | None]
    """None means any customer."""
    outcome: Mapped[str]
    """The name of an entry of `sandbox.rules.outcomes`."""
    place: Mapped[str] = mapped_column(default="any")
    """`charge`, `window` or `any`."""
    seconds: Mapped[int | None]
    """Replaces the outcome's own duration."""
    times: Mapped[int] = mapped_column(default=1)
    """How many more times it will be played."""


class PendingCancel(Model):
    """A cancel that the shop requested and the PG has not confirmed yet."""

    __tablename__ = "pending_cancels"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    amount: Mapped[int]
    tax_free: Mapped[int] = mapped_column(default=0)
    vat_amount: Mapped[int | None]
    reason: Mapped[str | None]
    announce: Mapped[bool] = mapped_column(default=False)
    """Whether the shop requested a webhook."""
    due_at: Mapped[int]
    """When the PG confirms it, on the customer's clock."""

    payment: Mapped[Payment] = relationship()
