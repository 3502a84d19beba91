"""The staff of the shop: what they do by hand in the admin pages."""

from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import select

from errors import ShopError
from models import Case, Invoice, Order, Subscription, User, db
from services import staff, subscriptions
from services.desk import Desk
from states import InvoiceStatus, RefundEffect, SubscriptionStatus
from tests.simulation import choices
from tests.simulation.workers import log_charge
from tests.simulation.world import World


def decide(world: World) -> None:
    """Let a member of staff do one thing, if there is something to do it to."""
    with world.acting("web") as desk:
        by = db.session.scalars(select(User).where(User.is_staff)).one()
        try:
            world.random.choices(tuple(DEEDS), tuple(DEEDS.values()))[0](world, desk, by)
        except ShopError as err:
            world.log(f"staff: {err.code}")


def _resume(world: World, desk: Desk, by: User) -> None:
    suspended = select(Subscription).where(Subscription.status == SubscriptionStatus.SUSPENDED)
    subscription = db.session.scalars(suspended.order_by(Subscription.id)).first()
    if subscription is not None:
        world.log(f"staff resume subscription {subscription.id}")
        staff.resume(subscription=subscription, reason="", by=by, now=world.now)


def _close_case(world: World, desk: Desk, by: User) -> None:
    case = db.session.scalars(select(Case).where(Case.closed_at.is_(None)).order_by(Case.id)).first()
    if case is not None:
        world.log(f"staff close case {case.id}")
        staff.close_case(case, note="", by=by, now=world.now)


def _refund(world: World, desk: Desk, by: User) -> None:
    order = choices.paid_order(world)
    if order is None:
        return
    payment = next(payment for payment in world.service.payments if payment.imp_uid == order.imp_uid)
    amount = world.random.choice((payment.amount_left, Decimal(1)))
    effect = world.random.choice(tuple(RefundEffect))
    world.log(f"staff refund {amount} of order {order.id}, {effect}")
    staff.refund(
        desk, order=order, amount=amount, seen_left=payment.amount_left, reason="r", effect=effect, by=by, now=world.now
    )


def _record_chargeback(world: World, desk: Desk, by: User) -> None:
    order = choices.paid_order(world)
    if order is not None:
        world.log(f"staff record a chargeback of order {order.id}")
        staff.record_chargeback(order=order, reason="", by=by, now=world.now)


def _record_dispute_won(world: World, desk: Desk, by: User) -> None:
    reversed_ = select(Order).join(Order.invoice).where(Invoice.status == InvoiceStatus.REVERSED).order_by(Order.id)
    order = db.session.scalars(reversed_).first()
    if order is not None:
        world.log(f"staff record that the dispute about order {order.id} is won")
        staff.record_dispute_won(order=order, reason="", by=by, now=world.now)


def _charge(world: World, desk: Desk, by: User) -> None:
    subscription = choices.subscription(world)
    period = subscription and subscriptions.next_period(subscription, now=world.now)
    if subscription is not None and period is not None:
        log_charge(world, desk, subscription.id, lambda: staff.charge(
            desk, subscription=subscription, period_start=period.period_start, reason="", by=by, now=world.now
        ))  # fmt: skip


def _read_again(world: World, desk: Desk, by: User) -> None:
    order = choices.order(world)
    if order is not None:
        staff.read_again(desk, order=order, by=by, now=world.now)


def _cancel(world: World, desk: Desk, by: User) -> None:
    subscription = choices.subscription(world)
    if subscription is not None:
        effect = world.random.choice((RefundEffect.PERIOD_END, RefundEffect.END))
        world.log(f"staff cancel subscription {subscription.id}, {effect}")
        staff.cancel(desk, subscription=subscription, effect=effect, reason="", by=by, now=world.now)


DEEDS: dict[Callable[[World, Desk, User], None], int] = {
    _resume: 4,
    _close_case: 2,
    _refund: 6,
    _record_chargeback: 2,
    _record_dispute_won: 2,
    _charge: 2,
    _read_again: 2,
    _cancel: 1,
}
"""What staff do, with its weight."""
