"""What happens outside the shop: at the payment service and its PGs, in its console, at other shops, on the way."""

from datetime import timedelta
from decimal import Decimal

from services import webhooks as incoming
from tests.simulation import choices
from tests.simulation.world import World

CARDS = ("approved", "approved", "approved", "no_money_at_renewal", "no_money_later")


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
        order = choices.order(world)
        if order is not None:
            others = [payment.imp_uid for payment in world.service.payments]
            imp_uid = world.random.choice(["imp_000000000000", "junk", *others[-5:]])
            world.log(f"forged webhook: order {order.id}, {imp_uid}")
            incoming.receive(merchant_uid=order.merchant_uid, imp_uid=imp_uid)


def sell_elsewhere(world: World) -> None:
    """Let another shop of the same merchant sell something. Its webhook may name an order of ours."""
    uid = f"other-{len(world.service.payments)}"
    request = {"merchant_uid": uid, "customer_uid": uid, "amount": 19_900, "pg": "html5_inicis"}
    imp_uid = world.service.pay(request)
    with world.acting("web"):
        order = choices.order(world)
        named = order.merchant_uid if order is not None and world.random.random() < 0.5 else uid
    world.log(f"another shop sells {imp_uid}")
    post(world, named, imp_uid)


def perform_cancels(world: World) -> None:
    """Let a PG that cancels later do so."""
    for imp_uid in world.service.perform_cancels():
        world.log(f"the PG cancels {imp_uid}")
        if world.random.random() < 0.3:
            post(world, world.service.payment(imp_uid).merchant_uid, imp_uid)
