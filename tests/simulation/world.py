"""The simulated world: one seed, one clock, one payment service, three workers, and what can go wrong between them.

Everything random comes from the seed, so that a seed replays identically. The engine has three seams: the time is
passed to it, `Wire` is its client, and an event of SQLAlchemy's session stops it before or after a commit.
"""

import gc
import logging
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import event

from app import create_app
from config import Config
from models import db
from services import catalog
from services.desk import Desk
from services.iamport.breaker import Breaker
from tests.factories import NOW, make_config, make_user
from tests.simulation.invariants import at_charge
from tests.simulation.service import Service
from tests.simulation.wire import Breakers, Wire

log = logging.getLogger(__name__)

MACHINE_BEGINS = datetime(2026, 7, 1, tzinfo=UTC)
"""Another day than the business's, so that code that confuses the two times fails."""
WORKERS = 3


class Crash(BaseException):
    """The process is killed here: nothing that it would do afterwards happens, not even its `finally` blocks."""


@dataclass(kw_only=True)
class Actor:
    """A process that runs now: a worker, or a web request."""

    name: str
    is_dead: bool = False
    charging: str = ""
    """The `merchant_uid` of the charge that it sends now."""
    claimed_until: datetime = MACHINE_BEGINS
    """The machine time until which its claim stood when it sent this charge."""


class SimulatedProcess:
    """A process as claims name it. Its lock is free once the world has let it crash."""

    def __init__(self, world: "World", name: str) -> None:
        self._world, self._name = world, name

    def name(self, *, now: datetime) -> str:
        return self._name

    def has_ended(self, name: str) -> bool:
        return name in self._world.ended


class _Config(Config):
    @property
    def engine_options(self) -> dict[str, object]:
        return {}  # no connection is lost here, so none is checked before its use


class Shop:
    """The application, and a database that is ready to be copied for each seed."""

    def __init__(self, folder: Path) -> None:
        self._stocked, self._database = folder / "stocked.db", folder / "shop.db"
        gc.collect()
        gc.freeze()  # a seed makes much that is soon garbage: let each collection look at that only
        config = make_config(self._database, _Config)
        self.app: Flask = create_app(config, Service())
        with self.app.app_context():
            db.create_all()
            catalog.seed()
            for number in range(3):
                make_user(f"buyer{number}@example.com")
            make_user("staff@example.com", is_staff=True)
            db.session.remove()
            event.listen(db.engine, "connect", _never_wait)
            db.engine.dispose()
        shutil.copy(self._database, self._stocked)

    def reset(self) -> None:
        """Bring the database back to its initial state."""
        with self.app.app_context():
            db.engine.dispose()
        for left in self._database.parent.glob("shop.db*"):
            left.unlink()
        shutil.copy(self._stocked, self._database)


def _never_wait(connection: Any, record: Any) -> None:
    """Raise immediately if another process has left a transaction open: in one thread no wait would end it."""
    connection.execute("PRAGMA busy_timeout = 0")


@dataclass(kw_only=True)
class Window:
    """A payment window that a buyer has open."""

    order_id: int
    subscription_id: int
    request: dict[str, Any]


@dataclass(kw_only=True)
class World:
    """The state of one run. `rates` are the probabilities of faults per call or commit; an empty dict means no faults.

    `trace` tells what happened, one line per event.
    """

    app: Flask
    random: Random
    now: datetime = NOW
    machine: datetime = MACHINE_BEGINS
    rates: dict[str, float] = field(default_factory=dict)
    service: Service = field(default_factory=Service)
    windows: list[Window] = field(default_factory=list)
    mail: list[tuple[datetime, str, str]] = field(default_factory=list)
    """Webhooks under way: when each arrives, its `merchant_uid` and `imp_uid`."""
    down_until: datetime = MACHINE_BEGINS
    focus: int | None = None
    """The id of the subscription that a process charges now: what others do concerns it more often than others."""
    breakers: dict[str, Breakers] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    trace: list[str] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    interfere: Callable[["World"], None] = lambda world: None
    """Called in the middle of a call to the service: another actor takes its turn there."""
    errors: list[str] = field(default_factory=list)
    """Errors that no process of the shop expects."""
    _commits: int = 0
    _lives: int = 0

    @property
    def state(self) -> tuple[object, ...]:
        """What differs between two moments if a record of the shop or of the service may have changed between them."""
        return self._commits, *self.service.payments

    def log(self, text: str) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{self.now:%Y-%m-%d %H:%M:%S} {'  ' * len(self.actors)}{text}")

    def happens(self, what: str, *, to: str = "") -> bool:
        """Whether this fault happens now, `to` a call of this name. A call may have a rate of its own."""
        rate = self.rates.get(f"{what} {to}", self.rates.get(what, 0.0))
        return rate > 0 and self.random.random() < rate

    def pass_time(self, by: timedelta) -> None:
        """Let business time and machine time pass."""
        self.now += by
        self.machine += by
        self.service.time = int(self.now.timestamp())

    @contextmanager
    def acting(self, name: str) -> Iterator[Desk]:
        """Run the block as a process of its own, with its own database session. A crash ends the block."""
        self._lives += 1
        actor = Actor(name=f"{name}/{self._lives}")
        self.actors.append(actor)
        desk: Desk = self.app.extensions["desk"]
        process: Any = SimulatedProcess(self, actor.name)
        wire: Any = Wire(self, self._breakers_of(name))
        try:
            with self.app.app_context():
                yield replace(
                    desk, client=wire, process=process, machine_now=lambda: self.machine, time_of=lambda owner: self.now
                )
        except Crash:
            self.log(f"{actor.name} has crashed")
            self.breakers.pop(name, None)
        except Exception as err:
            if not actor.is_dead:  # a `finally` block of a dead one met the session that the crash left behind
                log.exception("%s raised an error that no process of the shop expects", actor.name)
                self.errors.append(f"{actor.name}: {err!r}")
                self.log(traceback.format_exc())
        finally:
            self.actors.remove(actor)
            self.ended.add(actor.name)

    def _breakers_of(self, name: str) -> Breakers:
        """Return the breakers of a process, which live until it crashes. Time passes for them with machine time."""
        if name not in self.breakers:
            calls, money = (
                Breaker(monotonic=lambda: self.machine.timestamp(), jitter=self.random.random) for _ in range(2)
            )
            self.breakers[name] = Breakers(calls=calls, money=money)
        return self.breakers[name]

    def is_acting(self, name: str) -> bool:
        """Whether a process of this name is in the middle of something."""
        return any(actor.name.startswith(f"{name}/") for actor in self.actors)

    def check_charge(self, merchant_uid: str) -> None:
        """Check what must hold when a charge is sent. What is wrong counts as an error of the run."""
        actor, period = self.actors[-1], merchant_uid.rpartition("-")[0]
        for other in self.actors[:-1]:
            if other.charging.rpartition("-")[0] == period and other.claimed_until >= self.machine:
                self.errors.append(f"{actor.name} sends {merchant_uid} while {other.name} does, which has the claim")
        with self.app.app_context():
            self.errors.extend(at_charge(merchant_uid, by=actor.name, machine_now=self.machine))
        desk: Desk = self.app.extensions["desk"]
        actor.charging, actor.claimed_until = merchant_uid, self.machine + desk.claim_lifetime

    def may_crash(self, where: str) -> None:
        """Kill the process that runs now, if the seed says so. A dead one does nothing any more."""
        if not self.actors:
            return
        actor = self.actors[-1]
        if not actor.is_dead and self.happens("crash"):
            actor.is_dead = True
            self.log(f"crash {where}")
        if actor.is_dead:
            raise Crash


@contextmanager
def crashing_at_commits(world: World) -> Iterator[None]:
    """Let processes crash before and after their commits during the block."""

    def before(session: Any) -> None:
        world.may_crash("before a commit")

    def after(session: Any) -> None:
        world._commits += 1
        world.may_crash("after a commit")

    event.listen(db.session, "before_commit", before)
    event.listen(db.session, "after_commit", after)
    try:
        yield
    finally:
        event.remove(db.session, "before_commit", before)
        event.remove(db.session, "after_commit", after)
