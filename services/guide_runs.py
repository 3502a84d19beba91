"""Guide runs: trying a guide again ends what the previous try left behind, so that tests do not pile up charges."""

from datetime import datetime

from sqlalchemy import select

from models import Order, Subscription, db
from services import subscriptions
from states import SubscriptionStatus


def end_previous(order: Order, *, now: datetime) -> None:
    """End the subscriptions of this person's earlier runs of the guide, once the key of `order` is active.

    Two orders with the same `run_id` are the halves of a run on PC and phone side by side: neither ends the other.
    """
    if order.run_id is None or not order.billing_key.is_usable:
        return
    for subscription in _of_earlier_runs(order):
        subscriptions.end(subscription, reason="guide run again", now=now)


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
