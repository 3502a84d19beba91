"""The buyers: they buy, change cards, press *Charge now*, cancel, and come back from a window or not."""

from collections.abc import Callable

from sqlalchemy import select

from errors import ShopError
from models import Order, Subscription, db
from services import checkout, renewals, subscriptions
from services.catalog import plan_on_sale
from services.checkout import Source
from services.desk import Desk
from states import SubscriptionStatus
from tests.factories import place_order, try_again
from tests.simulation import choices
from tests.simulation.outside import CARDS, post
from tests.simulation.workers import log_charge
from tests.simulation.world import Window, World

GUIDES = {"coffee-monthly": ("inicis", "jtnet", "jtnet", "chai"), "global-monthly": ("paymentwall",)}
MOST_ALIVE = 5
"""How many subscriptions run at the same time, so that a long run stays quick."""


def buy(world: World) -> None:
    """Open a window for a new subscription, sometimes a second one beside the first."""
    with world.acting("web") as desk:
        alive = select(Subscription.id).where(Subscription.status != SubscriptionStatus.CANCELLED)
        if len(db.session.scalars(alive).all()) >= MOST_ALIVE:
            return
        slug = world.random.choice(("coffee-monthly", "coffee-monthly", "coffee-monthly", "global-monthly"))
        guide = world.random.choice(GUIDES[slug])
        user = choices.user(world)
        more = {} if world.random.random() < 0.5 else {"beside": None}
        variant = "2-1" if guide == "jtnet" and world.random.random() < 0.2 else ""
        _open(world, desk, lambda: place_order(
            desk, user, plan_on_sale(slug), guide, now=world.now, variant_id=variant, **more
        ), f"buys {slug} by {guide}")  # fmt: skip


def change_card(world: World) -> None:
    """Open a window for another card of a subscription."""
    with world.acting("web") as desk:
        subscription = choices.subscription(world)
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
    window = choices.preferred(world, world.windows, lambda window: window.subscription_id == world.focus)
    world.windows.remove(window)
    request = window.request
    deed = world.random.choices(("pay", "decline", "review", "forge", "close", "forget"), (8, 2, 1, 1, 1, 1))[0]
    message = None
    if deed == "forget":
        return
    if deed in ("pay", "decline", "forge"):
        card = "declined" if deed == "decline" else world.random.choice(CARDS)
        forged = {"amount": 100} if deed == "forge" else {}
        imp_uid = world.service.pay(request, card=card, **forged)
    else:
        imp_uid = world.service.close(request)
        message = "closed" if deed == "close" else None
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
        subscription = choices.subscription(world)
        period = subscription and subscriptions.next_period(subscription, now=world.now)
        if subscription is not None and period is not None:
            log_charge(world, desk, subscription.id, lambda: renewals.collect(
                desk, subscription_id=subscription.id, now=world.now, period_start=period.period_start
            ))  # fmt: skip


def cancel(world: World) -> None:
    """Cancel a subscription."""
    with world.acting("web") as desk:
        subscription = choices.subscription(world)
        if subscription is not None:
            world.log(f"cancels subscription {subscription.id}")
            subscriptions.cancel(desk, subscription=subscription, now=world.now)


def check_again(world: World) -> None:
    """Ask for the result of an order."""
    with world.acting("web") as desk:
        order = choices.order(world)
        if order is not None:
            checkout.receive(desk, source=Source.CHECK, merchant_uid=order.merchant_uid, imp_uid=None, now=world.now)
