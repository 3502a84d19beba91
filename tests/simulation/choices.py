"""What an action is about: one of the buyers, subscriptions or orders that there are, as the seed chooses."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import select

from models import Order, Subscription, User, db
from states import OrderStatus, SubscriptionStatus
from tests.simulation.world import World

FOCUS = 0.7
"""How often an actor in the middle of another's call deals with the same subscription."""
T = TypeVar("T")


def user(world: World) -> User:
    """Return a buyer."""
    users = db.session.scalars(select(User).where(~User.is_staff).order_by(User.id)).all()
    return world.random.choice(users)


def subscription(world: World) -> Subscription | None:
    """Return a subscription that runs and has a card: mostly that of the process that waits now."""
    alive = db.session.scalars(
        select(Subscription)
        .where(Subscription.status != SubscriptionStatus.CANCELLED, Subscription.billing_key_id.is_not(None))
        .order_by(Subscription.id)
    ).all()
    return preferred(world, alive, lambda one: one.id == world.focus) if alive else None


def preferred(world: World, choices: Sequence[T], has_focus: Callable[[T], bool]) -> T:
    """Return one of `choices`: mostly what the process that waits now deals with, so that the two meet."""
    focused = [choice for choice in choices if has_focus(choice)]
    return world.random.choice(focused if focused and world.random.random() < FOCUS else choices)


def order(world: World) -> Order | None:
    """Return one of the latest orders."""
    orders = db.session.scalars(select(Order).order_by(Order.id)).all()
    return world.random.choice(orders[-8:]) if orders else None


def paid_order(world: World) -> Order | None:
    """Return an order that pays a period."""
    paid = select(Order).where(Order.status == OrderStatus.PAID, Order.invoice_id.is_not(None)).order_by(Order.id)
    orders = db.session.scalars(paid).all()
    return world.random.choice(orders[-5:]) if orders else None
