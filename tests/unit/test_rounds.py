"""A round of charges in which the look-ups of earlier attempts fail: first charges are still made."""

from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select, update

from models import Subscription, db
from rounds import Tally, charge_due
from services.iamport import Breaker, IamportClient
from states import SubscriptionStatus
from tests.factories import NOW, make_user, subscription_with_key
from tests.fake_wire import FakeWire
from tests.fakes import FakeIamport
from tests.wire import Stopwatch

TOMORROW = NOW + timedelta(days=1)
ROUND = 5
"""Seconds between two rounds of the worker."""
NEWER = 10


class Backlog:
    """Subscriptions that were declined a day ago and whose look-up fails, and a worker with the real client."""

    def __init__(self, app, desk, plan, *, threads: int) -> None:
        self.service, self.stopwatch = FakeIamport(), Stopwatch()
        self.wire = FakeWire(self.service, seconds=self.stopwatch)
        self._app, self._plan, self._threads = app, plan, threads
        session = requests.Session()
        session.mount("https://api.test", self.wire)
        breakers = [Breaker(monotonic=self.stopwatch, jitter=lambda: 0.0) for _ in range(2)]
        client = IamportClient(
            base_url="https://api.test",
            key="key",
            secret="secret",
            session=session,
            breaker=breakers[0],
            money_breaker=breakers[1],
            monotonic=self.stopwatch,
        ).patient(places=threads)
        self._desk = replace(desk, client=client)

    def decline(self, count: int) -> None:
        """Make this many past-due subscriptions, due again tomorrow, and let the look-ups fail from now on."""
        self.sell("old", count, card="no_money_later", due_at=NOW)
        self.run(NOW)
        self.wire.outage = lambda path: (500, {}) if path.startswith("/payments/") else None

    def sell(self, name: str, count: int, *, card: str, due_at) -> None:
        """Make subscriptions that are due at this time."""
        keys = [f"{name}-{n}" for n in range(count)]
        self.service.keys.update(dict.fromkeys(keys, card))
        user = make_user(f"{name}@example.com")
        db.session.add_all([subscription_with_key(user, self._plan, key, due_at=due_at) for key in keys])
        db.session.commit()

    def run(self, now, *, after: int = ROUND) -> Tally:
        """Run one round, some seconds after the last one."""
        self.stopwatch.seconds += after
        self._desk.machine_now.move_to(now + timedelta(seconds=self.stopwatch.seconds))
        return charge_due(self._app, self._desk, threads=self._threads, now=lambda: now)

    def begin_again(self) -> None:
        """Let the past-due subscriptions be ones that never began: their next attempt is still a first charge."""
        db.session.execute(update(Subscription).values(status=SubscriptionStatus.INCOMPLETE, paid_until=None))
        db.session.commit()

    def pauses(self) -> list[int]:
        """Return how often the worker has left each subscription alone."""
        return list(db.session.scalars(select(Subscription.pauses).order_by(Subscription.id)))

    def charged(self) -> int:
        """Return how many of the newer subscriptions the service has charged."""
        return sum(charge["customer_uid"].startswith("new") for charge in self.service.charges)


@pytest.fixture
def backlog(app, desk, plan):
    return lambda threads: Backlog(app, desk, plan, threads=threads)


SIZES = [(1, 12), (4, 12), pytest.param(4, 500, marks=pytest.mark.heavy)]
"""Threads and past-due subscriptions."""


@pytest.mark.parametrize(("threads", "past_due"), SIZES)
def test_look_ups_that_fail_hold_up_no_first_charge(backlog, threads, past_due):
    backlog = backlog(threads)
    backlog.decline(past_due)
    backlog.sell("new", NEWER, card="approved", due_at=TOMORROW)

    for _ in range(2):
        backlog.run(TOMORROW)

    assert backlog.charged() == NEWER


@pytest.mark.parametrize(("threads", "past_due"), SIZES)
def test_look_ups_that_have_opened_a_breaker_hold_up_no_first_charge(backlog, threads, past_due):
    backlog = backlog(threads)
    backlog.decline(past_due)
    backlog.run(TOMORROW)
    backlog.sell("new", NEWER, card="approved", due_at=TOMORROW)

    backlog.run(TOMORROW, after=0)

    assert backlog.charged() == NEWER


def test_one_round_makes_every_first_charge_though_no_retry_can_be_looked_up(backlog, monkeypatch):
    monkeypatch.setattr("rounds.BATCH", 4)
    backlog = backlog(1)
    backlog.decline(12)
    backlog.run(TOMORROW)
    backlog.sell("new", NEWER, card="approved", due_at=TOMORROW)

    tally = backlog.run(TOMORROW, after=0)

    assert (backlog.charged(), tally.unread, tally.exit_code) == (NEWER, 1, 3)


def test_a_first_charge_that_needs_a_look_up_holds_up_no_other(backlog):
    backlog = backlog(1)
    backlog.decline(12)
    backlog.begin_again()
    backlog.run(TOMORROW)
    backlog.sell("new", NEWER, card="approved", due_at=TOMORROW)

    backlog.run(TOMORROW, after=0)

    assert backlog.charged() == NEWER


def test_a_retry_that_cannot_be_looked_up_waits_for_the_breaker_only(backlog):
    backlog = backlog(1)
    backlog.decline(12)
    backlog.run(TOMORROW)
    sent, pauses = len(backlog.wire.sent_at), backlog.pauses()

    tally = backlog.run(TOMORROW, after=0)

    assert (tally.unread, tally.unknown, tally.exit_code) == (1, 0, 3)
    assert (len(backlog.wire.sent_at), backlog.pauses()) == (sent, pauses)
