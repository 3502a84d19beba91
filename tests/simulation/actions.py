"""What happens in the simulated world: each turn is one action of a buyer, a member of staff, a PG or a worker."""

from collections.abc import Callable
from datetime import timedelta

from tests.simulation import buyers, outside, staff
from tests.simulation.workers import work
from tests.simulation.world import World

PAUSES = (1, 5, 30, 60, 360, 1440, 1440, 4320, 4320, 14_400)
"""Minutes that pass between two turns."""


def wait(world: World) -> None:
    """Let time pass."""
    world.pass_time(timedelta(minutes=world.random.choice(PAUSES)))


ACTIONS: dict[Callable[[World], None], int] = {
    buyers.buy: 5,
    buyers.use_window: 10,
    buyers.change_card: 3,
    buyers.pay_now: 4,
    buyers.cancel: 1,
    buyers.check_again: 2,
    staff.decide: 4,
    outside.approve_late: 4,
    outside.decline_late: 1,
    outside.change_balance: 4,
    outside.refund_in_console: 2,
    outside.perform_cancels: 1,
    outside.sell_elsewhere: 1,
    outside.go_down: 1,
    outside.deliver: 6,
    outside.forge: 3,
    work: 26,
    wait: 30,
}
"""Each action with its weight."""
INTERFERENCE = (
    buyers.use_window,
    buyers.change_card,
    buyers.pay_now,
    buyers.pay_now,
    buyers.cancel,
    staff.decide,
    outside.approve_late,
    outside.refund_in_console,
    outside.deliver,
    work,
    work,
)
"""What may happen in the middle of another actor's call to the service."""
RIVALS = (buyers.pay_now, buyers.pay_now, work)
"""Who may charge the subscription that is being charged."""


def take_turn(world: World) -> None:
    """Let the seed choose one action."""
    world.random.choices(tuple(ACTIONS), tuple(ACTIONS.values()))[0](world)


def interfere(world: World) -> None:
    """Let another actor take its turn in the middle of a call. During a charge it is often one that charges too."""
    is_rivalry = world.focus is not None and world.random.random() < 0.5
    world.random.choice(RIVALS if is_rivalry else INTERFERENCE)(world)
