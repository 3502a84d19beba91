"""Orders: find one payment attempt, or those that staff look into."""

from collections.abc import Sequence

from sqlalchemy import select

from errors import OrderNotFound
from models import Order, OrderStatus, User, db


def find(merchant_uid: str, *, user: User) -> Order | None:
    """Return the user's order, or None if it does not exist or belongs to another user."""
    return db.session.scalar(select(Order).where(Order.merchant_uid == merchant_uid, Order.user_id == user.id))


def by_uid(merchant_uid: str) -> Order:
    """Return the order with this `merchant_uid`, of any user.

    Raises:
        OrderNotFound: when there is no such order.
    """
    order = db.session.scalar(select(Order).where(Order.merchant_uid == merchant_uid))
    if order is None:
        raise OrderNotFound(f"no order {merchant_uid!r}")
    return order


def failed(*, limit: int = 50) -> Sequence[Order]:
    """Return all users' failed orders, the newest first."""
    return db.session.scalars(
        select(Order).where(Order.status == OrderStatus.FAILED).order_by(Order.id.desc()).limit(limit)
    ).all()
