"""Dunning: what follows a declined renewal.

A ladder of days after the first decline. On each rung the charge is tried once; past the last one the invoice is
uncollectible and the subscription ends.
"""

from datetime import datetime, timedelta

from models import Invoice, InvoiceStatus, Order
from services import journal
from services.desk import Desk


def after_decline(desk: Desk, order: Order, *, now: datetime) -> None:
    """What a declined charge means for its subscription. Under the subscription's lock; does not commit.

    A period that has not begun yet owes nothing, so a decline of an early charge leaves the subscription as it
    is. Trying between two rungs is free: only the scheduled try climbs.
    """
    invoice, subscription = order.invoice, order.subscription
    if invoice is None or invoice.status is not InvoiceStatus.OPEN or not subscription.is_alive:
        return
    if not subscription.is_overdue(now):
        subscription.next_charge_at = subscription.paid_until
        return
    if subscription.next_charge_at is not None and subscription.next_charge_at > now:
        return
    invoice.declines += 1
    retry_at = _next_rung(desk, invoice)
    if retry_at is None:
        _give_up(order, invoice, now=now)
        return
    subscription.fall_behind(retry_at=max(retry_at, now + timedelta(hours=1)))
    journal.record("subscription.past_due", at=now, order=order, retry_at=retry_at.isoformat())


def _next_rung(desk: Desk, invoice: Invoice) -> datetime | None:
    if invoice.declines > len(desk.dunning_days):
        return None
    return invoice.period_start + timedelta(days=desk.dunning_days[invoice.declines - 1])


def _give_up(order: Order, invoice: Invoice, *, now: datetime) -> None:
    subscription = order.subscription
    invoice.give_up()
    subscription.cancel(at=now)
    if subscription.billing_key is not None:
        subscription.billing_key.revoke(at=now)
    journal.record("subscription.cancelled", at=now, order=order, reason="uncollectible")
