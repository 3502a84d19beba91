"""What follows an order: what its subscription does next, as one word that a page turns into sentences."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models import Order
from services import orders
from services.subscriptions import NextPeriod, next_period
from states import InvoiceStatus, SubscriptionStatus


class Step(StrEnum):
    """What happens next. The first one that applies, in this order."""

    WAIT = "wait"
    """The order has no outcome yet."""
    SETTLED = "settled"
    """Another payment pays the order's period, or the order's own payment was surplus."""
    RETRY = "retry"
    """The purchase is unfinished: it has no payment method yet, and the buyer may try again."""
    ENDED = "ended"
    SUSPENDED = "suspended"
    START = "start"
    """The first payment waits for the buyer."""
    CHECKED = "checked"
    """Another charge has no outcome yet."""
    CHARGE_AGAIN = "charge_again"
    """The worker retries a declined charge."""
    CHARGE = "charge"
    """The worker charges the next period when it begins."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What follows an order."""

    step: Step
    period: NextPeriod | None
    is_settled: bool
    """Whether another payment pays the period of this order, which did not."""
    keeps_other_method: bool
    """Whether the subscription uses another payment method than the one of this order."""


def of(order: Order, *, now: datetime) -> Outlook:
    """Return what follows the order and the charge that belongs to it."""
    subscription, decisive = order.subscription, orders.first_charge(order) or order
    period = next_period(subscription, now=now)
    invoice = decisive.invoice
    is_paid_by_another = invoice is not None and invoice.status is InvoiceStatus.PAID and decisive.outcome != "paid"
    is_settled = is_paid_by_another and decisive.outcome not in ("checking", "mismatch")
    key = subscription.billing_key
    return Outlook(
        step=_step(order, decisive, period, is_settled=is_settled),
        period=period,
        is_settled=is_settled,
        keeps_other_method=key is not None and key.is_usable and key.id != order.billing_key_id,
    )


def is_first_payment(order: Order) -> bool:
    """Whether the order pays for the first period of its subscription."""
    return order.invoice is not None and order.invoice is order.subscription.invoices[-1]


def _step(order: Order, decisive: Order, period: NextPeriod | None, *, is_settled: bool) -> Step:
    subscription = order.subscription
    went_well = decisive.outcome in ("paid", "registered")
    rules = (
        (Step.WAIT, not orders.progress(order)["settled"]),
        (Step.SETTLED, decisive.mismatch == "invoice"),
        (Step.RETRY, not went_well and subscription.billing_key_id is None),
        (Step.ENDED, not subscription.is_alive),
        (Step.SUSPENDED, subscription.status is SubscriptionStatus.SUSPENDED),
        (Step.SETTLED, is_settled and not subscription.was_declined),
        (Step.START, subscription.waits_for_buyer),
        (Step.CHECKED, period is not None and period.is_being_checked),
        (Step.CHARGE_AGAIN, subscription.was_declined and subscription.next_charge_at is not None),
        (Step.CHARGE, subscription.next_charge_at is not None),
    )
    return next((step for step, applies in rules if applies), Step.RETRY)
