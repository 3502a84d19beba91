"""Let the pauses of machine time pass for one person, when the person's clock moves on by hours or months."""

from datetime import timedelta

from sqlalchemy import select

from models import Notice, Order, Subscription, db


def let_pass(user_id: int, by: timedelta) -> None:
    """Shorten by `by` every pause that holds back this person's work. Does not commit.

    A pause gives the payment service time. In the person's world that time has passed.
    """
    for subscription in db.session.scalars(
        select(Subscription).where(Subscription.user_id == user_id, Subscription.charge_not_before.is_not(None))
    ):
        if subscription.charge_not_before is not None:
            subscription.charge_not_before -= by
    for order in db.session.scalars(select(Order).where(Order.user_id == user_id)):
        order.repeat_not_before = order.repeat_not_before and order.repeat_not_before - by
        order.notices_not_before = order.notices_not_before and order.notices_not_before - by
    for notice in db.session.scalars(
        select(Notice).join(Order, Order.id == Notice.order_id).where(Order.user_id == user_id)
    ):
        notice.not_before = notice.not_before and notice.not_before - by
