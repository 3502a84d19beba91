"""What must hold, whatever happened. Each function returns sentences about what is wrong; none is good."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select

from models import Invoice, Order, Refund, Subscription, db
from money import Money
from services.iamport import Payment
from states import InvoiceStatus, OrderPurpose, OrderStatus, SubscriptionStatus
from tests.simulation.service import Service, moved_money

PAID = (InvoiceStatus.PAID, InvoiceStatus.REVERSED)


def at_charge(merchant_uid: str, *, by: str, machine_now: datetime) -> list[str]:
    """Check what must hold when the process `by` sends a charge: its claim, and a period that is still to be paid."""
    order = db.session.scalars(select(Order).where(Order.merchant_uid == merchant_uid)).one_or_none()
    if order is None or order.invoice is None:
        return [f"{by} sends a charge that is not stored"]
    subscription, wrong = order.subscription, []
    if subscription.claimed_by != by or subscription.claimed_until is None or subscription.claimed_until < machine_now:
        wrong.append(f"{by} sends order {order.id} under the claim of {subscription.claimed_by}")
    if order.invoice.status is not InvoiceStatus.OPEN or not subscription.is_alive or order.is_final:
        wrong.append(f"{by} sends order {order.id}: it is {order.status}, its invoice {order.invoice.status}")
    beside = [other for other in order.invoice.orders if other is not order and not other.is_final]
    if any(other.purpose is OrderPurpose.CHARGE for other in beside):
        wrong.append(f"{by} sends order {order.id} beside another charge without an outcome")
    return wrong


def always(service: Service) -> Iterator[str]:
    """Check what holds at every moment: nothing is granted without a paid record, and no period is booked twice.

    This runs after each step, so it reads columns instead of objects.
    """
    records = {payment.imp_uid: payment for payment in service.payments}
    orders = db.session.execute(_ORDERS).all()
    payers = [order for order in orders if order.status is OrderStatus.PAID]
    for order in payers:
        record = records.get(order.imp_uid or "")
        if record is None or record.status not in ("paid", "cancelled") or _minor(record) != order.amount:
            yield f"order {order.id} is paid, and its record is {record and record.status}"
        elif record.merchant_uid != order.merchant_uid:
            yield f"order {order.id} is paid by another order's payment"
    paid = Counter(order.invoice_id for order in payers)
    charges = Counter(order.invoice_id for order in orders if order.purpose is OrderPurpose.CHARGE)
    for invoice in db.session.execute(_INVOICES):
        if paid[invoice.id] != 1 and (invoice.status is InvoiceStatus.PAID or paid[invoice.id]):
            yield f"invoice {invoice.id} is {invoice.status} by {paid[invoice.id]} orders"
        if invoice.declines > charges[invoice.id]:
            yield f"invoice {invoice.id} has {invoice.declines} declines, and {charges[invoice.id]} charges"
    decided = Counter(db.session.scalars(_REFUNDS)) if service.cancels_of_shop else Counter()
    for imp_uid, count in service.cancels_of_shop.items():
        if count > decided[imp_uid]:
            yield f"{imp_uid} was refunded {count} times, and {decided[imp_uid]} refunds are decided"


_ORDERS = select(
    Order.id, Order.status, Order.purpose, Order.imp_uid, Order.merchant_uid, Order.amount, Order.invoice_id
)
_INVOICES = select(Invoice.id, Invoice.status, Invoice.declines)
_REFUNDS = select(Refund.imp_uid)


def in_the_end(service: Service, *, now: datetime, machine_now: datetime) -> Iterator[str]:
    """Check what holds once everything that is under way has ended, and every card has money."""
    yield from always(service)
    yield from _books(service)
    yield from _periods(service)
    yield from _subscriptions(now, machine_now)
    for order in db.session.scalars(select(Order).where(Order.status == OrderStatus.READY)):
        yield f"order {order.id} is still open"
    for refund in db.session.scalars(select(Refund)):
        if refund.is_open:
            yield f"refund {refund.id} of {refund.imp_uid} is {refund.status}, and never made"


def _books(service: Service) -> Iterator[str]:
    """Approved at the service = booked in the shop + refunded."""
    orders = db.session.scalars(select(Order)).all()
    booked = {order.imp_uid: order.amount - order.refunded for order in orders if order.status is OrderStatus.PAID}
    for imp_uid, payment in service.charged().items():
        left = _minor(payment) - Money.from_major(payment.cancel_amount, payment.currency).minor
        if booked.get(imp_uid, 0) != left:
            yield f"{imp_uid}: {left} is left at the service, {booked.get(imp_uid, 0)} is booked"
    for order in orders:
        if order.status is OrderStatus.PAID and order.invoice is not None and order.imp_uid not in service.charged():
            yield f"order {order.id} is booked and was never approved"


def _periods(service: Service) -> Iterator[str]:
    """At most one kept payment per period, and no two paid periods at the same time."""
    kept: dict[str, list[Payment]] = {}
    for payment in service.payments:
        if payment.status in ("paid", "cancelled") and payment.amount_left > 0 and moved_money(payment):
            kept.setdefault(payment.merchant_uid, []).append(payment)
    for subscription in db.session.scalars(select(Subscription)):
        paid = sorted((i.period_start, i.period_end) for i in subscription.invoices if i.status in PAID)
        if any(earlier[1] > later[0] for earlier, later in pairwise(paid)):
            yield f"subscription {subscription.id} has two paid periods at the same time"
        for invoice in subscription.invoices:
            count = sum(len(kept.get(order.merchant_uid, [])) for order in invoice.orders)
            if count > 1 or (count and invoice.status not in PAID):
                yield f"invoice {invoice.id} is {invoice.status} and has {count} kept payments"


def _subscriptions(now: datetime, machine_now: datetime) -> Iterator[str]:
    """No state from which a buyer cannot recover: with money on every card, what runs is paid and has a next charge."""
    for subscription in db.session.scalars(select(Subscription).where(Subscription.billing_key_id.is_not(None))):
        if subscription.status in (SubscriptionStatus.CANCELLED, SubscriptionStatus.SUSPENDED):
            continue
        if subscription.waits_for_buyer:
            continue  # they can pay, or register another card
        if subscription.next_charge_at is None:
            yield f"subscription {subscription.id} is {subscription.status} and is never charged again"
        elif subscription.paid_until is None or subscription.paid_until <= now:
            yield f"subscription {subscription.id} is {subscription.status} and unpaid, with money on the card"
        elif subscription.claimed_until is not None and subscription.claimed_until > machine_now:
            yield f"subscription {subscription.id} is still claimed"
        ends = [invoice.period_end for invoice in subscription.invoices if invoice.status is not InvoiceStatus.OPEN]
        if subscription.paid_until is not None and subscription.paid_until not in ends:
            yield f"subscription {subscription.id} is paid until a time that no invoice names"


def _minor(payment: Payment) -> int:
    return Money.from_major(payment.amount, payment.currency).minor
