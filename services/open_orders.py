"""Open orders: ask the service again about orders without an outcome, and about those that it may approve late.

due      find the orders to ask about now
process  settle one, and close it if nothing more can come of it
abandon  close an order whose window was not finished, or whose charge is not needed any more
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from models import Order, db
from services import charges, journal, machine_time, orders, payments
from services.desk import Desk
from services.locks import lock
from services.owners import EVERYONE, Owners
from services.payments import Lookup
from states import InvoiceStatus, OrderPurpose, OrderStatus, SubscriptionStatus

ABANDONED_AFTER = timedelta(days=1)
"""We close an order that was not finished in this time. A late approval reopens it: `cancelled → paid`."""


def due(desk: Desk, *, now: datetime, owners: Owners = EVERYONE, limit: int = 30) -> Sequence[int]:
    """Return the ids of the orders to `process`, the longest waiting first: `limit` of each of two kinds.

    The first kind is open: windows from which the buyer did not return, charges without an answer, and final orders
    that were reported while the service did not answer. The second kind may be approved late. A round is short, since
    the worker's renewals wait for its end.
    """
    wanted = select(Order.id).where(owners.own(Order.user_id)).limit(limit)
    is_open = wanted.where(Order.look_at <= now, machine_time.has_come(Order.look_not_before, desk.machine_now()))
    may_be_late = wanted.where(Order.late_look_at <= now)
    ids = dict.fromkeys(db.session.scalars(is_open.order_by(Order.look_not_before.nulls_first(), Order.look_at)))
    ids |= dict.fromkeys(db.session.scalars(may_be_late.order_by(Order.late_look_at)))
    db.session.commit()
    return list(ids)


def process(desk: Desk, *, order_id: int, now: datetime) -> bool:
    """Settle an order that is open or may be approved late. Return whether its outcome is new.

    Close an order that, as the service reports, was not finished in a day, unless the worker still repeats its charge.
    Postpone the order before the first request, so that one that always raises does not block the others.
    """
    machine_now = machine_time.shared(desk.machine_now())
    order = db.session.get_one(Order, order_id)
    lock(order.subscription)
    if not order.is_due(now, machine_now=machine_now):
        db.session.commit()
        return False  # another process is already working on it
    before = (order.status, order.mismatch)
    orders.postpone(desk, order, now=now)
    order.pass_late_look(at=now)
    lookup = payments.settle(desk, merchant_uid=order.merchant_uid, now=now)
    if lookup is Lookup.UNFINISHED and order.created_at < now - ABANDONED_AFTER and not _may_be_repeated(order):
        abandon(order, now=now)
    return order.is_final and (order.status, order.mismatch) != before


def abandon(order: Order, *, now: datetime, reason: str = "") -> None:
    """Close an order that the service has not finished, and the subscription made only for it."""
    lock(order.subscription)
    if order.status is not OrderStatus.READY:
        db.session.commit()
        return
    order.mark_abandoned(reason, at=now)
    subscription = order.subscription
    is_retried = any(other.status is OrderStatus.READY for other in subscription.orders)
    is_unused = subscription.status is SubscriptionStatus.INCOMPLETE and subscription.billing_key_id is None
    if is_unused and not subscription.next_charge_at and not is_retried:
        subscription.cancel(at=now)
    journal.record("order.abandoned", at=now, order=order)
    db.session.commit()


def _may_be_repeated(order: Order) -> bool:
    """Whether the worker may send this charge again: its invoice is open, and its subscription is charged.

    A window is opened only once, and a suspended subscription may stay so.
    """
    if order.purpose is not OrderPurpose.CHARGE or order.invoice is None:
        return False
    return order.invoice.status is InvoiceStatus.OPEN and order.subscription.status in charges.CHARGED
