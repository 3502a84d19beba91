"""The loop: `run` plays one seed. `make simulate SEED=… YEARS=…` runs this module and prints the trace.

Turns are taken until the virtual time is over. Then the faults end, every card has money, and the worker has a
month to bring everything level before the invariants are checked.
"""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select

from clock import day_in_seoul, from_unix
from models import Comparison, db
from services import comparison, days
from services.iamport import Payment
from tests.factories import NOW
from tests.simulation import actions, invariants, outside, workers
from tests.simulation.world import Shop, World, crashing_at_commits

RATES = {
    "crash": 0.01,
    "lost": 0.03,
    "lost again": 0.06,
    "lost cancel": 0.15,
    "unsent": 0.03,
    "refused": 0.02,
    "pending": 0.08,
    "slow": 0.04,
    "slow again": 0.12,
    "interference": 0.2,
}
"""The probability of each fault, per call to the service or per commit."""
YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one seed led to. `wrong` is empty when every invariant holds."""

    seed: int
    wrong: list[str]
    trace: list[str]
    steps: int


def run(shop: Shop, seed: int, *, years: float, most_steps: int = 10_000) -> Result:
    """Play one seed until the time is over, or for at most this many turns, and check the invariants."""
    shop.reset()
    world = World(app=shop.app, random=Random(seed), rates=dict(RATES), interfere=actions.interfere)
    world.pass_time(timedelta())
    wrong: list[str] = []
    steps = 0
    with crashing_at_commits(world):
        while world.now < NOW + YEAR * years and steps < most_steps and not wrong:
            before = world.state
            actions.take_turn(world)
            steps += 1
            wrong = world.errors if world.state == before else _check(world, is_end=False)
        if not wrong:
            _come_to_rest(world)
            wrong = _check(world, is_end=True)
    return Result(seed=seed, wrong=wrong, trace=world.trace, steps=steps)


def _check(world: World, *, is_end: bool) -> list[str]:
    with world.app.app_context():
        found = _end(world) if is_end else invariants.always(world.service)
        return [*world.errors, *found]


def _end(world: World) -> Iterator[str]:
    return invariants.in_the_end(world.service, now=world.now, machine_now=world.machine)


def _come_to_rest(world: World) -> None:
    """End the faults, and let the worker bring everything level."""
    world.log("the faults end")
    world.rates, world.down_until = {}, world.machine
    world.service.keys = dict.fromkeys(world.service.keys, "approved")
    for payment in [payment for payment in world.service.payments if payment.status == "ready"]:
        (world.service.approve if world.random.random() < 0.5 else world.service.decline)(payment.imp_uid)
    for _ in range(12):  # a refund that the service refuses is left to the staff after as many tries
        _work(world, after=timedelta(hours=64))
    _compare(world)
    for _ in range(2):
        _work(world, after=timedelta(hours=25))


def _compare(world: World) -> None:
    """Compare each day on which a payment changed and that the workers have not compared since it ended.

    Also compare the latest day, as a worker does each day: it tries again what a crash has left of an earlier one.
    """
    with world.app.app_context():
        done = set(db.session.scalars(select(Comparison.day).where(Comparison.finished_at.is_not(None))))
        latest = days.missing(now=world.now)
    changed = {day_in_seoul(at) for at in map(_last_change, world.service.payments) if at} - done
    for day in sorted({*changed, *([latest] if latest else [])}):
        if not days.has_ended(day, now=world.now):
            continue
        with world.acting("worker0") as desk:
            comparison.run(desk, day, moment=lambda: world.now)


def _work(world: World, *, after: timedelta) -> None:
    world.pass_time(after)
    outside.perform_cancels(world)
    outside.deliver(world)
    for deed in (workers.charge, workers.read_notices, workers.reconcile):
        with world.acting("worker0") as desk:
            deed(world, desk)


def _last_change(payment: Payment) -> datetime | None:
    return from_unix(max(payment.paid_at, payment.failed_at, payment.cancelled_at))


def main() -> int:
    """Play the seed of `SEED`, or as many as `SEEDS` from there. Print the trace of the first that fails."""
    logging.getLogger("services").setLevel(logging.CRITICAL)
    first, count = int(os.environ.get("SEED", "1")), int(os.environ.get("SEEDS", "1"))
    years, most_steps = float(os.environ.get("YEARS", "1")), int(os.environ.get("STEPS", "10000"))
    steps = 0
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        for seed in range(first, first + count):
            result = run(shop, seed, years=years, most_steps=most_steps)
            steps += result.steps
            if result.wrong or count == 1:
                _print(*result.trace, *(f"WRONG: {each}" for each in result.wrong))
            if result.wrong:
                _print(f"seed {seed} fails; replay it: make simulate SEED={seed} YEARS={years:g} STEPS={most_steps}")
                return 1
            if (seed - first + 1) % 100 == 0:
                _print(
                    f"{time.strftime('%H:%M:%S')} seed {seed}, {steps} steps, {time.process_time():.0f} s of CPU time"
                )
    _print(f"{count} seeds from {first}, {steps} steps: every invariant holds")
    return 0


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
