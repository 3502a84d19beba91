"""Let the pauses of machine time pass for one person, when the person's clock moves on by hours or months."""

from datetime import datetime, timedelta

from sqlalchemy import select

from models import BillingKey, Notice, Order, Refund, Subscription, db


def let_pass(user_id: int, by: timedelta) -> None:
    """Shorten by `by` every pause that holds back this person's work. Does not commit.

    A pause gives the payment service time. In the person's world that time has passed.
    """
    for subscription in db.session.scalars(
        select(Subscription).where(Subscription.user_id == user_id, Subscription.charge_not_before.is_not(None))
    ):
        subscription.charge_not_before = _earlier(subscription.charge_not_before, by)
    for key in db.session.scalars(
        select(BillingKey).where(BillingKey.user_id == user_id, BillingKey.delete_not_before.is_not(None))
    ):
        key.delete_not_before = _earlier(key.delete_not_before, by)
    for order in db.session.scalars(select(Order).where(Order.user_id == user_id)):
        order.repeat_not_before = _earlier(order.repeat_not_before, by)
        order.look_not_before = _earlier(order.look_not_before, by)
        order.notices_not_before = _earlier(order.notices_not_before, by)
    of_theirs = (Order.user_id == user_id,)
    for refund in db.session.scalars(select(Refund).join(Refund.order).where(*of_theirs)):
        refund.look_not_before = _earlier(refund.look_not_before, by)
    for notice in db.session.scalars(select(Notice).join(Order, Order.id == Notice.order_id).where(*of_theirs)):
        notice.not_before = _earlier(notice.not_before, by)


def _earlier(moment: datetime | None, by: timedelta) -> datetime | None:
    return None if moment is None else moment - by
