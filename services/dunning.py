"""Dunning: what follows a declined charge.

`DUNNING_DAYS` is a retry schedule: days after the first decline. The charge is tried once at each step. After a decline
at the last step the invoice is uncollectible and the subscription ends.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models import Invoice, Order
from services import journal
from services.desk import Desk
from states import InvoiceStatus, SubscriptionStatus

SHORTEST_GAP = timedelta(hours=1)


def after_decline(desk: Desk, order: Order, *, now: datetime) -> None:
    """Apply a declined charge to its subscription. Call under the subscription's lock; does not commit.

    A period that has not begun is not owed yet, so the decline of an early charge leaves the subscription unchanged.
    Only a scheduled attempt counts as a step of the schedule. An earlier attempt does not, whatever card it uses and
    whatever caller makes it. If the buyer replaced the card during the charge, the new card is charged immediately.
    A subscription that was suspended during the charge stays suspended; when it resumes, the period is charged.
    """
    invoice, subscription = order.invoice, order.subscription
    if invoice is None or invoice.status is not InvoiceStatus.OPEN or not subscription.is_alive:
        return
    if subscription.status is SubscriptionStatus.SUSPENDED:
        return
    if not subscription.is_overdue(now):
        subscription.look_again(at=subscription.paid_until or now)
        return
    if order.billing_key is not subscription.billing_key:
        subscription.look_again(at=now)
        return
    if invoice.retry_at is not None and invoice.retry_at > now:
        subscription.look_again(at=invoice.retry_at)
        return
    if invoice.declines >= len(desk.dunning_days):
        _give_up(order, invoice, now=now)
        return
    retry_at = now + max(_gap(desk.dunning_days, invoice.declines), SHORTEST_GAP)
    invoice.record_decline(retry_at=retry_at)
    if subscription.status is SubscriptionStatus.INCOMPLETE:
        subscription.look_again(at=retry_at)  # the subscription has not started, so it cannot be past due
        event = "subscription.not_started"
    else:
        subscription.mark_past_due(retry_at=retry_at)
        event = "subscription.past_due"
    journal.record(event, at=now, order=order, retry_at=retry_at.isoformat())


def _gap(dunning_days: Sequence[int], step: int) -> timedelta:
    """Return the time since the previous step, so that a worker that was down for days does not run them in a row."""
    before = dunning_days[step - 1] if step else 0
    return timedelta(days=dunning_days[step] - before)


def _give_up(order: Order, invoice: Invoice, *, now: datetime) -> None:
    subscription = order.subscription
    invoice.mark_uncollectible()
    subscription.cancel(at=now)
    if subscription.billing_key is not None:
        subscription.billing_key.revoke(at=now)
    journal.record_closed(invoice.orders, at=now)
    journal.record("subscription.cancelled", at=now, order=order, reason="uncollectible")
