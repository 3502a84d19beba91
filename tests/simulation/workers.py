"""What the three workers do in the simulated world: the rounds of `flask renew-due --forever`, one at a time."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from errors import ShopError
from models import Order, db
from services import billing_keys, claims, days, notices, open_orders, refunds, renewals, webhooks
from services.desk import Desk
from services.iamport import IamportError
from tests.simulation.world import WORKERS, World


def work(world: World) -> None:
    """Let a worker that is not in the middle of something do one of its rounds."""
    free = [name for name in (f"worker{n}" for n in range(WORKERS)) if not world.is_acting(name)]
    if free:
        name = world.random.choice(free)
        for deed in world.random.choices(ROUNDS, (6, 3, 2, 1))[0]:
            with world.acting(name) as desk:
                world.log(f"{name}: {deed.__name__}")
                deed(world, desk)


def charge(world: World, desk: Desk) -> None:
    """Charge what is due."""
    claims.free_ended(desk)
    for subscription_id in renewals.due(desk, now=world.now):
        log_charge(world, desk, subscription_id, lambda one=subscription_id: renewals.collect(  # type: ignore[misc]
            desk, subscription_id=one, now=world.now
        ))  # fmt: skip
        db.session.rollback()


def read_notices(world: World, desk: Desk) -> None:
    """Settle what webhooks reported."""
    notices.free(desk.process, now=world.machine)
    for notice_id in _while(lambda: desk.client.can_send, notices.due(now=world.machine)):
        webhooks.process(desk, notice_id=notice_id, now=world.now, machine_now=world.machine)


def reconcile(world: World, desk: Desk) -> None:
    """Settle open orders, make due refunds, delete revoked keys."""
    for order_id in _while(lambda: desk.client.can_send, open_orders.due(desk, now=world.now)):
        open_orders.process(desk, order_id=order_id, now=world.now)
    for refund_id in _while(lambda: desk.client.can_charge, refunds.due(desk, now=world.now)):
        refunds.process(desk, refund_id=refund_id, now=world.now)
    for key_id in _while(lambda: desk.client.can_send, billing_keys.to_delete(desk, now=world.now)):
        billing_keys.delete(desk, key_id=key_id, now=world.now)


def compare(world: World, desk: Desk) -> None:
    """Compare the days that are missing with the service's lists."""
    try:
        days.catch_up(desk, moment=lambda: world.now, goes_on=lambda: True)
    except IamportError as err:
        world.log(f"no comparison: {err}")


ROUNDS: Sequence[Sequence[Callable[[World, Desk], None]]] = (
    (charge,),
    (read_notices,),
    (reconcile,),
    (charge, read_notices, reconcile, compare),
)
"""What a worker does in one turn."""


def _while(calls_pass: Callable[[], bool], ids: Sequence[int]) -> Iterator[int]:
    """Yield the ids until a breaker opens, as the worker's looks do."""
    return takewhile(lambda _: calls_pass(), ids)


def log_charge(world: World, desk: Desk, subscription_id: int, collect: Callable[[], Order]) -> None:
    """Charge, and write the outcome to the trace."""
    before, world.focus = world.focus, subscription_id
    try:
        order = collect()
    except ShopError as err:
        world.log(f"charge of subscription {subscription_id}: {err.code}")
    else:
        world.log(f"charge of subscription {subscription_id}: order {order.id} is {order.outcome}")
    finally:
        world.focus = before
