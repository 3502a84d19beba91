"""The shop's books in a drill: subscriptions that are due, how far they are, and time that passes for them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Interval, Select, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute

import clock
from models import Invoice, Notice, Order, Refund, Subscription, User, db
from services import catalog, renewals
from services.desk import Desk
from states import InvoiceStatus, OrderStatus, RefundStatus, SubscriptionStatus
from tests.drill.ledger import Bill
from tests.factories import subscription_with_key

WAITS: tuple[InstrumentedAttribute[datetime | None], ...] = (
    Subscription.next_charge_at,
    Subscription.charge_not_before,
    Invoice.retry_at,
    Order.repeat_not_before,
    Order.asked_at,
    Order.look_at,
    Order.look_not_before,
    Order.ended_at,
    Order.late_look_at,
    Order.notices_not_before,
    Notice.not_before,
    Refund.look_at,
    Refund.look_not_before,
)
"""When the shop does something next, and what that is counted from."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How far the due subscriptions are. `left` were not tried yet."""

    due: int
    charged: int
    declined: int
    unknown: int
    claims: dict[int, int] = field(default_factory=dict)
    """Process id of a worker → how many subscriptions it holds a claim on."""
    is_due_now: bool
    waits: int
    """Webhooks to read, refunds to confirm, and failed charges to look up because they may be approved late."""

    @property
    def left(self) -> int:
        return self.due - self.charged - self.declined - self.unknown

    @property
    def rests(self) -> bool:
        """Whether the workers have nothing to do before some time has passed."""
        return not self.is_due_now and not self.claims

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left but declines that wait for their next day."""
        return self.rests and self.unknown == self.waits == self.left == 0


def sell(*, count: int) -> list[str]:
    """Create the tables, and subscriptions whose next period began yesterday. Return the `customer_uid` of each."""
    db.create_all()
    catalog.seed()
    plan, now = catalog.plan_on_sale("coffee-monthly"), clock.now()
    yesterday = now - timedelta(days=1)
    for n in range(count):
        user = User(
            email=f"buyer{n}@example.com", name="김지수", tel="010-1234-5678", password_hash="", created_at=yesterday
        )
        db.session.add(subscription_with_key(user, plan, f"drill-{n}", due_at=yesterday))
    db.session.commit()
    return [f"drill-{n}" for n in range(count)]


def count(desk: Desk) -> Counts:
    """Read how far the due subscriptions are."""
    charged = _number(select(func.count()).select_from(Invoice).where(Invoice.status == InvoiceStatus.PAID))
    unknown = (
        select(Order.subscription_id)
        .distinct()
        .join(Order.invoice)
        .where(Order.status == OrderStatus.READY, Order.asked_at.is_not(None), Invoice.status == InvoiceStatus.OPEN)
    )
    is_declined = (Subscription.status != SubscriptionStatus.ACTIVE, Subscription.id.not_in(unknown))
    holders = db.session.scalars(select(Subscription.claimed_by).where(Subscription.claimed_by.is_not(None))).all()
    refunds = _number(select(func.count()).select_from(Refund).where(Refund.status != RefundStatus.MADE))
    late = _number(select(func.count()).select_from(Order).where(Order.late_look_at <= clock.now()))
    counts = Counts(
        due=_number(select(func.count()).select_from(Subscription)),
        charged=charged,
        declined=_number(select(func.count()).select_from(Subscription).where(*is_declined)),
        unknown=_number(select(func.count()).select_from(unknown.subquery())),
        claims=Counter(int(holder.split(":")[1]) for holder in holders if holder),
        is_due_now=renewals.count_due(desk, now=clock.now()) > 0,
        waits=_number(select(func.count()).select_from(Notice)) + refunds + late,
    )
    db.session.commit()
    return counts


def bills() -> list[Bill]:
    """Return what the books say about each due period."""
    db.session.expire_all()
    found = [_bill(subscription) for subscription in db.session.scalars(select(Subscription).order_by(Subscription.id))]
    db.session.commit()
    return found


def pass_time(by: timedelta) -> None:
    """Let time pass for the shop: whatever it waits for comes this much earlier, by machine and by business time.

    Claims stay as they are: no worker hangs for so long.
    """
    for model in dict.fromkeys(column.class_ for column in WAITS):
        earlier = {column: _earlier(column, by) for column in WAITS if column.class_ is model}
        db.session.execute(update(model).values(earlier).execution_options(synchronize_session=False))
        db.session.commit()  # a transaction per table, so that it never waits for a worker that waits for it


def _earlier(column: InstrumentedAttribute[datetime | None], by: timedelta) -> object:
    if db.engine.dialect.name == "postgresql":
        return column.op("-")(literal(by, Interval()))
    return func.strftime("%Y-%m-%d %H:%M:%f000", column, f"-{int(by.total_seconds())} seconds")


def _bill(subscription: Subscription) -> Bill:
    invoice = subscription.invoices[0] if subscription.invoices else None
    amount = invoice.amount if invoice else subscription.price.minor
    key = subscription.billing_key
    assert key is not None
    paid = [order for order in invoice.orders if order.status is OrderStatus.PAID] if invoice else []
    return Bill(
        customer_uid=key.customer_uid,
        amount=amount,
        is_paid=invoice is not None and invoice.status is InvoiceStatus.PAID,
        imp_uid=paid[0].imp_uid if paid else None,
        remains=_why_unpaid(subscription, invoice) if invoice else "",
    )


def _why_unpaid(subscription: Subscription, invoice: Invoice) -> str:
    """Return the reason of the latest decline and what follows it; an empty string while a charge has no outcome."""
    latest = invoice.orders[-1] if invoice.orders else None
    if latest is None or latest.status is not OrderStatus.FAILED:
        return ""
    if not subscription.is_alive:
        return f"{latest.fail_reason} Declined {invoice.declines} times; the subscription ended."
    if subscription.next_charge_at is None:
        return ""
    days = (subscription.next_charge_at - clock.now()).total_seconds() / 86_400
    return f"{latest.fail_reason} Declined {invoice.declines} times; charged again in {days:.0f} days."


def _number(query: Select[tuple[int]]) -> int:
    return db.session.scalar(query) or 0
