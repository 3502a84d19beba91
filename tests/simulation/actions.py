"""What happens in the simulated world: each action is one turn of a buyer, a member of staff, a PG or a worker."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select

from errors import ShopError
from models import Case, Order, Subscription, User, db
from services import checkout, renewals, staff, subscriptions
from services import webhooks as incoming
from services.catalog import plan_on_sale
from services.checkout import Source
from services.desk import Desk
from states import OrderStatus, RefundEffect, SubscriptionStatus
from tests.factories import place_order, try_again
from tests.simulation.workers import log_charge, work
from tests.simulation.world import Window, World

GUIDES = {"coffee-monthly": ("inicis", "jtnet", "jtnet", "chai"), "global-monthly": ("paymentwall",)}
CARDS = ("approved", "approved", "approved", "no_money_at_renewal", "no_money_later")
MOST_ALIVE = 5
"""How many subscriptions run at the same time, so that a long run stays quick."""
FOCUS = 0.7
"""How often an actor in the middle of another's call deals with the same subscription."""
T = TypeVar("T")
PAUSES = (1, 5, 30, 60, 360, 1440, 1440, 4320, 4320, 14_400)
"""Minutes that pass between two turns."""

# Buyers ---------------------------------------------------------------------------------------------------


def buy(world: World) -> None:
    """Open a window for a new subscription, sometimes a second one beside the first."""
    with world.acting("web") as desk:
        alive = select(Subscription.id).where(Subscription.status != SubscriptionStatus.CANCELLED)
        if len(db.session.scalars(alive).all()) >= MOST_ALIVE:
            return
        slug = world.random.choice(("coffee-monthly", "coffee-monthly", "coffee-monthly", "global-monthly"))
        guide = world.random.choice(GUIDES[slug])
        user = _user(world)
        more = {} if world.random.random() < 0.5 else {"beside": None}
        variant = "2-1" if guide == "jtnet" and world.random.random() < 0.2 else ""
        _open(world, desk, lambda: place_order(
            desk, user, plan_on_sale(slug), guide, now=world.now, variant_id=variant, **more
        ), f"buys {slug} by {guide}")  # fmt: skip


def change_card(world: World) -> None:
    """Open a window for another card of a subscription."""
    with world.acting("web") as desk:
        subscription = _subscription(world)
        if subscription is not None:
            guide = world.random.choice(GUIDES[subscription.plan.slug])
            _open(world, desk, lambda: try_again(
                desk, subscription, guide, now=world.now
            ), f"another card of {subscription.id} by {guide}")  # fmt: skip


def _open(world: World, desk: Desk, place: Callable[[], Order], what: str) -> None:
    try:
        order = place()
    except ShopError as err:
        world.log(f"{what}: {err.code}")
        return
    world.log(f"{what}: order {order.id}")
    request = checkout.request(desk, order, language="ko")
    world.windows.append(Window(order_id=order.id, subscription_id=order.subscription_id, request=request))


def use_window(world: World) -> None:
    """Finish, abandon or close a window. The news reaches the shop, or not."""
    if not world.windows:
        return
    window = _preferred(world, world.windows, lambda window: window.subscription_id == world.focus)
    world.windows.remove(window)
    request = window.request
    deed = world.random.choices(("pay", "decline", "review", "forge", "close", "forget"), (8, 2, 1, 1, 1, 1))[0]
    message = ""
    if deed == "forget":
        return
    if deed in ("pay", "decline", "forge"):
        card = "declined" if deed == "decline" else world.random.choice(CARDS)
        forged = {"amount": 100} if deed == "forge" else {}
        imp_uid = world.service.pay(request, card=card, **forged)
    else:
        imp_uid = world.service.close(request)
        message = "closed" if deed == "close" else ""
    world.log(f"window of order {window.order_id}: {deed}, {imp_uid}")
    post(world, request["merchant_uid"], imp_uid)
    if world.random.random() < 0.6:
        with world.acting("web") as desk:
            checkout.receive(
                desk, source=Source.CALLBACK, merchant_uid=request["merchant_uid"], imp_uid=imp_uid,
                now=world.now, message=message,
            )  # fmt: skip


def pay_now(world: World) -> None:
    """Press *Charge now* for the next period."""
    with world.acting("web") as desk:
        subscription = _subscription(world)
        period = subscription and subscriptions.next_period(subscription, now=world.now)
        if subscription is not None and period is not None:
            log_charge(world, desk, subscription.id, lambda: renewals.collect(
                desk, subscription_id=subscription.id, now=world.now, period_start=period.period_start
            ))  # fmt: skip


def cancel(world: World) -> None:
    """Cancel a subscription."""
    with world.acting("web") as desk:
        subscription = _subscription(world)
        if subscription is not None:
            world.log(f"cancels subscription {subscription.id}")
            subscriptions.cancel(desk, subscription=subscription, now=world.now)


def check_again(world: World) -> None:
    """Ask for the result of an order."""
    with world.acting("web") as desk:
        order = _order(world)
        if order is not None:
            checkout.receive(desk, source=Source.CHECK, merchant_uid=order.merchant_uid, imp_uid=None, now=world.now)


# The service, and its staff -------------------------------------------------------------------------------


def approve_late(world: World) -> None:
    """Let the PG approve what failed or is under review, with or without a webhook."""
    late = world.service.late()
    if late:
        payment = world.random.choice(late[-6:])
        world.log(f"the PG approves {payment.imp_uid} late")
        world.service.approve(payment.imp_uid)
        post(world, payment.merchant_uid, payment.imp_uid)


def decline_late(world: World) -> None:
    """Let the PG decline what is under review."""
    pending = [payment for payment in world.service.payments if payment.status == "ready"]
    if pending:
        payment = world.random.choice(pending)
        world.log(f"the PG declines {payment.imp_uid}")
        world.service.decline(payment.imp_uid)
        post(world, payment.merchant_uid, payment.imp_uid)


def change_balance(world: World) -> None:
    """Let a card run out of money, or get some."""
    if world.service.keys:
        key = world.random.choice(sorted(world.service.keys, key=list(world.service.keys).index))
        world.service.keys[key] = world.random.choice(CARDS)


def refund_in_console(world: World) -> None:
    """Refund a payment in the service's console, in full or in part."""
    paid = [p for p in world.service.payments if p.amount_left > 1 and p.imp_uid in world.service.charged()]
    if paid:
        payment = world.random.choice(paid[-6:])
        amount = world.random.choice((None, Decimal(1)))
        world.log(f"console refund of {amount or 'all'} of {payment.imp_uid}")
        world.service.cancel_in_console(payment.imp_uid, amount)
        post(world, payment.merchant_uid, payment.imp_uid)


def go_down(world: World) -> None:
    """Let the service answer nothing for a while."""
    world.down_until = world.machine + timedelta(minutes=world.random.choice((5, 60, 600)))
    world.log("the service is down")


def post(world: World, merchant_uid: str, imp_uid: str) -> None:
    """Send a webhook: it gets lost, arrives late, or arrives twice."""
    copies = world.random.choices((0, 1, 2), (4, 5, 1))[0]
    for _ in range(copies):
        late = timedelta(minutes=world.random.choice((0, 0, 1, 60, 3000)))
        world.mail.append((world.now + late, merchant_uid, imp_uid))


def deliver(world: World) -> None:
    """Deliver the webhooks that arrive now."""
    due = [letter for letter in world.mail if letter[0] <= world.now]
    world.mail = [letter for letter in world.mail if letter[0] > world.now]
    for _, merchant_uid, imp_uid in due:
        with world.acting("web"):
            world.log(f"webhook about {imp_uid}")
            incoming.receive(merchant_uid=merchant_uid, imp_uid=imp_uid)


def forge(world: World) -> None:
    """Send a webhook that says nothing true about its order."""
    with world.acting("web"):
        order = _order(world)
        if order is not None:
            others = [payment.imp_uid for payment in world.service.payments]
            imp_uid = world.random.choice(["imp_000000000000", "junk", *others[-5:]])
            world.log(f"forged webhook: order {order.id}, {imp_uid}")
            incoming.receive(merchant_uid=order.merchant_uid, imp_uid=imp_uid)


def staff_decides(world: World) -> None:
    """Refund a payment, resume a suspended subscription, or close a case."""
    with world.acting("web") as desk:
        by = db.session.scalars(select(User).where(User.is_staff)).one()
        suspended = db.session.scalars(select(Subscription).where(Subscription.status == SubscriptionStatus.SUSPENDED))
        cases = db.session.scalars(select(Case).where(Case.closed_at.is_(None))).all()
        try:
            if (subscription := suspended.first()) is not None:
                world.log(f"staff resume subscription {subscription.id}")
                staff.resume(subscription=subscription, reason="", by=by, now=world.now)
            elif cases:
                staff.close_case(cases[0], note="", by=by, now=world.now)
            else:
                _refund(world, desk, by)
        except ShopError as err:
            world.log(f"staff: {err.code}")


def _refund(world: World, desk: Desk, by: User) -> None:
    paid = db.session.scalars(
        select(Order).where(Order.status == OrderStatus.PAID, Order.invoice_id.is_not(None)).order_by(Order.id)
    ).all()
    if not paid:
        return
    order = world.random.choice(paid[-5:])
    payment = next(payment for payment in world.service.payments if payment.imp_uid == order.imp_uid)
    amount = world.random.choice((payment.amount_left, Decimal(1)))
    effect = world.random.choice(tuple(RefundEffect))
    world.log(f"staff refund {amount} of order {order.id}, {effect}")
    staff.refund(
        desk, order=order, amount=amount, seen_left=payment.amount_left, reason="r", effect=effect, by=by, now=world.now
    )


# Turns ----------------------------------------------------------------------------------------------------


def wait(world: World) -> None:
    """Let time pass."""
    world.pass_time(timedelta(minutes=world.random.choice(PAUSES)))


ACTIONS: dict[Callable[[World], None], int] = {
    buy: 5,
    use_window: 10,
    change_card: 3,
    pay_now: 4,
    cancel: 1,
    check_again: 2,
    approve_late: 4,
    decline_late: 1,
    change_balance: 4,
    refund_in_console: 2,
    go_down: 1,
    deliver: 6,
    forge: 3,
    staff_decides: 3,
    work: 26,
    wait: 25,
}
"""Each action with its weight."""
INTERFERENCE = (use_window, change_card, pay_now, pay_now, cancel, approve_late, refund_in_console, deliver, work, work)
"""What may happen in the middle of another actor's call to the service."""


def take_turn(world: World) -> None:
    """Let the seed choose one action."""
    world.random.choices(tuple(ACTIONS), tuple(ACTIONS.values()))[0](world)


def interfere(world: World) -> None:
    """Let another actor take its turn in the middle of a call."""
    world.random.choice(INTERFERENCE)(world)


def _user(world: World) -> User:
    users = db.session.scalars(select(User).where(~User.is_staff).order_by(User.id)).all()
    return world.random.choice(users)


def _subscription(world: World) -> Subscription | None:
    alive = db.session.scalars(
        select(Subscription)
        .where(Subscription.status != SubscriptionStatus.CANCELLED, Subscription.billing_key_id.is_not(None))
        .order_by(Subscription.id)
    ).all()
    return _preferred(world, alive, lambda subscription: subscription.id == world.focus) if alive else None


def _preferred(world: World, choices: Sequence[T], has_focus: Callable[[T], bool]) -> T:
    """Return one of `choices`: mostly what the process that waits now deals with, so that the two meet."""
    focused = [choice for choice in choices if has_focus(choice)]
    return world.random.choice(focused if focused and world.random.random() < FOCUS else choices)


def _order(world: World) -> Order | None:
    orders = db.session.scalars(select(Order).order_by(Order.id)).all()
    return world.random.choice(orders[-8:]) if orders else None
