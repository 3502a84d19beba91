"""Dunning: what follows a declined renewal.

A ladder of days after the first decline. On each rung the charge is tried once; past the last one the invoice is
uncollectible and the subscription ends.
"""

from datetime import datetime, timedelta

from models import Invoice, InvoiceStatus, Subscription
from services import journal
from services.desk import Desk


def after_decline(desk: Desk, invoice: Invoice, *, now: datetime) -> None:
    """Record a declined charge. Does not commit.

    A period that has not begun yet owes nothing, so a decline of an early charge leaves the subscription as it is.
    """
    subscription = invoice.subscription
    if not subscription.is_overdue(now):
        return
    invoice.declines += 1
    order = invoice.orders[-1]
    retry_at = _next_rung(desk, invoice, subscription)
    if retry_at is None:
        if invoice.status is InvoiceStatus.OPEN:
            invoice.give_up()
        subscription.cancel(at=now)
        if subscription.billing_key is not None:
            subscription.billing_key.revoke(at=now)
        journal.record("subscription.cancelled", at=now, order=order, reason="uncollectible")
    else:
        subscription.fall_behind(retry_at=max(retry_at, now + timedelta(hours=1)))
        journal.record("subscription.past_due", at=now, order=order, retry_at=retry_at.isoformat())


def _next_rung(desk: Desk, invoice: Invoice, subscription: Subscription) -> datetime | None:
    if invoice.declines > len(desk.dunning_days):
        return None
    return invoice.period_start + timedelta(days=desk.dunning_days[invoice.declines - 1])
