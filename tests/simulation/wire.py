"""The client of a simulated process: calls the service in memory, and lets the world interfere with each call."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from services.iamport import Refused, Unauthorized, Unknown

if TYPE_CHECKING:
    from tests.simulation.world import World

DELAYS = (timedelta(minutes=3), timedelta(minutes=30))
"""How long a slow call takes: within the lease of a claim, and longer than it."""


class Wire:
    """Has the methods of `IamportClient`. Answers get lost, requests too, and others act while a call waits."""

    can_send = True
    can_charge = True
    breaker_state = "closed"

    def __init__(self, world: "World") -> None:
        self._world = world

    def patient(self, *, places: int) -> "Wire":
        return self

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, name)

    def _call(self, name: str, /, *args: Any, **fields: Any) -> Any:
        world = self._world
        if name == "again":
            world.check_charge(fields["merchant_uid"])
        world.may_crash(f"before {name}")
        self._wait(name)
        self._fail_before(name)
        world.service.pending = name == "again" and world.happens("pending")
        answer = getattr(world.service, name)(*args, **fields)
        world.service.pending = False
        world.actors[-1].charging = ""
        world.may_crash(f"after {name}")
        self._wait(name)
        if world.happens("lost cancel" if name == "cancel" else "lost"):
            world.log(f"the answer to {name} is lost")
            raise Unknown(f"no answer to {name}")
        return answer

    def _wait(self, name: str) -> None:
        world = self._world
        is_slow = world.happens("slow")
        if is_slow:
            delay = world.random.choice(DELAYS)
            world.log(f"{name} takes {delay}")
            world.pass_time(delay)
        if (is_slow or world.happens("interference")) and len(world.actors) < 3:
            world.interfere(world)

    def _fail_before(self, name: str) -> None:
        world = self._world
        if world.down_until > world.machine or world.happens("unsent"):
            world.log(f"{name} does not reach the service")
            raise Unknown(f"no answer to {name}")
        if world.happens("refused"):
            world.log(f"{name} is refused")
            is_charge = name in ("again", "cancel")
            if is_charge and world.random.random() < 0.5:
                raise Refused("refused", code=1)
            raise world.random.choice([Refused("too many", status=429), Unauthorized("no token")])
