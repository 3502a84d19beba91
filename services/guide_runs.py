"""Guide runs: the orders of one, and the end of what earlier runs left behind.

Trying a guide again ends the subscription of the previous try, so that tests do not pile up charges.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from errors import OrderNotFound
from models import BillingKey, JournalEntry, Order, Subscription, User, db
from services import journal, subscriptions
from states import SubscriptionStatus

ENDED = "run.ended_previous"
"""The journal's event for a run that ended the subscription of an earlier one."""


def orders_of(run_id: str, *, user: User) -> Sequence[Order]:
    """Return the orders of the user's run, the oldest first: the issues, and the charges with their keys.

    Raises:
        OrderNotFound: when the user has no such run.
    """
    found = db.session.scalars(
        select(Order).where(Order.user_id == user.id, Order.run_id == run_id).order_by(Order.id)
    ).all()
    if not found:
        raise OrderNotFound(f"no run {run_id!r}")
    return found


def issued(key: BillingKey, subscription: Subscription) -> str | None:
    """Return the id of the guide run that issued the subscription's key, or None if no run did."""
    return db.session.scalar(
        select(Order.run_id).where(
            Order.subscription_id == subscription.id, Order.billing_key_id == key.id, Order.run_id.is_not(None)
        )
    )


def end_previous(order: Order, *, now: datetime) -> None:
    """End the subscriptions of this person's earlier runs of the guide, once the key of `order` is active.

    Two orders with the same `run_id` are the halves of a run on PC and phone side by side: neither ends the other.
    """
    if order.run_id is None or not order.issues_key or not order.billing_key.is_usable:
        return
    for subscription in _of_earlier_runs(order):
        subscriptions.end(subscription, reason="guide run again", now=now)
        journal.record(ENDED, at=now, order=order, subscription=subscription.id)
        db.session.commit()


def ended_by(order: Order) -> Sequence[int]:
    """Return the ids of the subscriptions of earlier runs that this run has ended."""
    entries = select(JournalEntry.facts).where(
        JournalEntry.merchant_uid == order.merchant_uid, JournalEntry.event == ENDED
    )
    return [facts["subscription"] for facts in db.session.scalars(entries.order_by(JournalEntry.id))]


def _of_earlier_runs(order: Order) -> list[Subscription]:
    is_earlier = (Order.guide_id == order.guide_id) & (Order.run_id != order.run_id) & (Order.id < order.id)
    return list(
        db.session.scalars(
            select(Subscription).where(
                Subscription.user_id == order.user_id,
                Subscription.status != SubscriptionStatus.CANCELLED,
                Subscription.id != order.subscription_id,
                Subscription.orders.any(is_earlier),
            )
        )
    )
