"""The client of a simulated process: calls the service in memory, and lets the world interfere with each call."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from services.iamport import Refused, Unauthorized, Unknown
from services.iamport.breaker import Breaker

if TYPE_CHECKING:
    from tests.simulation.world import World

DELAYS = (timedelta(minutes=3), timedelta(minutes=30))
"""How long a slow call takes: within the lease of a claim, and longer than it."""
MOVING_MONEY = ("again", "cancel")


@dataclass(frozen=True, kw_only=True)
class Breakers:
    """The circuit breakers of one process: of its reads, and of its charges and refunds."""

    calls: Breaker
    money: Breaker


class Wire:
    """Has the methods of `IamportClient`. Answers get lost, requests too, and others act while a call waits."""

    def __init__(self, world: "World", breakers: Breakers) -> None:
        self._world, self._breakers = world, breakers

    @property
    def can_send(self) -> bool:
        return self._breakers.calls.lets_pass

    @property
    def can_charge(self) -> bool:
        return self._breakers.money.lets_pass

    def patient(self, *, places: int) -> "Wire":
        return self

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, name)

    def _call(self, name: str, /, *args: Any, **fields: Any) -> Any:
        with (self._breakers.money if name in MOVING_MONEY else self._breakers.calls).watch():
            return self._exchange(name, *args, **fields)

    def _exchange(self, name: str, /, *args: Any, **fields: Any) -> Any:
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
        if world.happens("lost", to=name):
            world.log(f"the answer to {name} is lost")
            raise Unknown(f"no answer to {name}")
        return answer

    def _wait(self, name: str) -> None:
        world = self._world
        is_slow = world.happens("slow", to=name)
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
            if name in MOVING_MONEY and world.random.random() < 0.5:
                raise Refused("refused", code=1)
            raise world.random.choice([Refused("too many", status=429), Unauthorized("no token")])
