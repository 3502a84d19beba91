"""Orders: find payment attempts, report the state of one, and plan the next look at one that is open."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clock import back_off
from errors import OrderNotFound
from models import Order, Subscription, User, db
from services.desk import Desk
from services.machine_time import moment
from states import OrderPurpose, OrderStatus

OUR_FORM = re.compile(r"order_[0-9a-f]{20}|inv_[0-9a-f]{20}-[0-9]+")
"""The ids of our orders. A merchant may use one account for several shops, each with ids of its own."""
LONGEST_PAUSE = timedelta(hours=1)
"""The longest pause between two looks at an open order."""


def is_ours(merchant_uid: str) -> bool:
    """Whether an id has the form of our ids. We may have no such order."""
    return OUR_FORM.fullmatch(merchant_uid) is not None


def find(merchant_uid: str, *, user: User) -> Order | None:
    """Return the user's order, or None if it does not exist or belongs to another user."""
    return db.session.scalar(select(Order).where(Order.merchant_uid == merchant_uid, Order.user_id == user.id))


def last_paid(user: User) -> str:
    """Return the `merchant_uid` of the user's newest paid issue, or an empty string if there is none."""
    newest = select(Order.merchant_uid).order_by(Order.id.desc()).limit(1)
    paid = newest.where(
        Order.user_id == user.id, Order.status == OrderStatus.PAID, Order.purpose != OrderPurpose.CHARGE
    )
    return db.session.scalar(paid) or ""


def by_uid(merchant_uid: str) -> Order:
    """Return the order with this `merchant_uid`, of any user.

    Raises:
        OrderNotFound: when there is no such order.
    """
    order = db.session.scalar(select(Order).where(Order.merchant_uid == merchant_uid))
    if order is None:
        raise OrderNotFound(f"no order {merchant_uid!r}")
    return order


def postpone(desk: Desk, order: Order, *, now: datetime) -> None:
    """Begin a look at an open order, and let the next one wait, longer each time. Does not commit."""
    pause = back_off(order.looks, at_most=LONGEST_PAUSE, seed=order.id)
    order.postpone(at=now, until=moment(desk.machine_now(), plus=pause))


def record_check(desk: Desk, order: Order, *, now: datetime) -> None:
    """Record that the service gave no final answer, so that `reconcile` asks again. Does not commit.

    Only the worker's own looks lengthen the pause of an order that is open already, not the buyer's returns.
    """
    order.checked_at = now
    if order.look_at is None:
        postpone(desk, order, now=now)


def failed(*, limit: int = 50) -> Sequence[Order]:
    """Return all users' failed orders, the newest first."""
    return db.session.scalars(
        select(Order)
        .where(Order.status == OrderStatus.FAILED)
        .order_by(Order.id.desc())
        .limit(limit)
        .options(joinedload(Order.user), joinedload(Order.subscription).selectinload(Subscription.invoices))
    ).all()


def newest(user: User, *, limit: int = 50) -> Sequence[Order]:
    """Return the user's orders, the newest first, with what a table shows of each."""
    return db.session.scalars(
        select(Order)
        .where(Order.user_id == user.id)
        .order_by(Order.id.desc())
        .limit(limit)
        .options(joinedload(Order.invoice), joinedload(Order.billing_key))
    ).all()


def first_charge(order: Order) -> Order | None:
    """Return the charge that followed a key-only issue because a period was due, if there is one."""
    if not order.charge_follows:
        return None
    return min(_charges(order), key=lambda other: other.id, default=None)


def newest_charge(order: Order) -> Order | None:
    """Return the newest charge with the key that this order issued, or None."""
    return max(_charges(order), key=lambda other: other.id, default=None)


def progress(order: Order) -> dict[str, str | bool | None]:
    """Return the order's outcomes and whether they are final. A page compares them with what it shows."""
    charge = first_charge(order)
    charge_is_open = charge.outcome == "checking" if charge else order.awaits_charge
    return {
        "outcome": order.outcome,
        "first_charge_outcome": charge.outcome if charge else None,
        "settled": order.outcome != "checking" and not charge_is_open,
    }


def _charges(order: Order) -> list[Order]:
    return [
        other
        for other in order.subscription.orders
        if other.purpose is OrderPurpose.CHARGE and other.billing_key_id == order.billing_key_id
    ]
