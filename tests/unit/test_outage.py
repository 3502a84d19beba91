"""The payment service is down while renewals are due: few requests, and afterwards each is charged once."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from errors import ShopError
from models import JournalEntry, Subscription, db
from services import renewals
from services.desk import Desk
from services.iamport import Breaker, IamportClient
from states import InvoiceStatus, SubscriptionStatus
from tests.factories import NOW, subscription_with_key
from tests.fake_wire import FakeWire
from tests.fakes import FakeIamport
from tests.wire import Stopwatch

HOUR = 3600
ROUND = 5
"""Seconds between two rounds of the worker."""
TOKEN, CHARGE = "/users/getToken", "/subscribe/payments/again"

OUTAGES: dict[str, Callable[[str], tuple[int, dict[str, str]] | None]] = {
    "unreachable": lambda path: (0, {}),
    "HTTP 503": lambda path: (503, {}),
    "HTTP 429": lambda path: (429, {"Retry-After": "30"}),
    "HTTP 403": lambda path: (403, {}),
    "token not found": lambda path: (404, {}) if path == TOKEN else None,
    "charges fail, reads do not": lambda path: (500, {}) if path == CHARGE else None,
}


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def service() -> FakeIamport:
    return FakeIamport()


@pytest.fixture
def wire(service, stopwatch) -> FakeWire:
    return FakeWire(service, seconds=stopwatch)


@pytest.fixture
def worker(desk, wire, stopwatch) -> Desk:
    """The desk of a worker: the real client, with the stopwatch as its clock."""
    session = requests.Session()
    session.mount("https://api.test", wire)
    client = IamportClient(
        base_url="https://api.test",
        key="key",
        secret="secret",
        session=session,
        breaker=Breaker(monotonic=stopwatch, jitter=lambda: 1.0),
        money_breaker=Breaker(monotonic=stopwatch, jitter=lambda: 1.0),
        monotonic=stopwatch,
    )
    return replace(desk, client=client)


@pytest.fixture
def due(user, plan, service):
    """A function that makes this many subscriptions whose renewal is due."""

    def due(count: int) -> list[Subscription]:
        made = [subscription_with_key(user, plan, f"cu_{n}") for n in range(count)]
        service.keys.update({one.billing_key.customer_uid: "approved" for one in made})
        db.session.add_all(made)
        db.session.commit()
        return made

    return due


def run_rounds(desk: Desk, stopwatch: Stopwatch, *, until: float) -> None:
    """Charge what is due every few seconds, as the worker does, and stop a round when nothing can be sent."""
    while stopwatch.seconds < until:
        now = NOW + timedelta(seconds=stopwatch.seconds)
        desk.machine_now.move_to(now)
        for subscription_id in renewals.due(desk, now=now) if desk.client.can_charge else ():
            if desk.client.can_charge:
                with suppress(ShopError):
                    renewals.collect(desk, subscription_id=subscription_id, now=now)
        stopwatch.seconds += ROUND


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES.keys())
def test_a_service_that_is_down_gets_few_requests_and_charges_each_once_afterwards(live_through, outage):
    live_through(outage, due_count=12, seconds=HOUR / 4)


@pytest.mark.heavy
def test_500_renewals_outlive_an_outage(live_through):
    live_through(OUTAGES["unreachable"], due_count=500, seconds=HOUR)


def test_an_outage_does_not_fill_the_journal(worker, wire, stopwatch, due):
    due(3)
    wire.outage = OUTAGES["HTTP 503"]
    run_rounds(worker, stopwatch, until=HOUR / 4)

    rows = Counter((entry.merchant_uid, entry.event) for entry in db.session.query(JournalEntry))

    assert max(rows.values()) == 1


@pytest.fixture
def live_through(worker, wire, stopwatch, service, due):
    """A function that checks what happens during an outage of some seconds, and in the half hour after it."""

    def live_through(outage, *, due_count: int, seconds: float) -> None:
        subscriptions = due(due_count)
        wire.outage = outage
        run_rounds(worker, stopwatch, until=seconds)

        per_minute = Counter(int(at // 60) for at in wire.sent_at)
        assert max(per_minute.values()) < 20
        assert service.charges == []
        assert {one.status for one in subscriptions} == {SubscriptionStatus.ACTIVE}
        assert [one for one in subscriptions if one.was_declined] == []

        wire.outage = lambda path: None
        run_rounds(worker, stopwatch, until=seconds + HOUR / 2)

        charged = Counter(charge["customer_uid"] for charge in service.charges)
        assert charged == {one.billing_key.customer_uid: 1 for one in subscriptions}
        assert {invoice.status for one in subscriptions for invoice in one.invoices} == {InvoiceStatus.PAID}
        assert {len(one.invoices) for one in subscriptions} == {1}
        assert {one.paid_until > NOW for one in subscriptions} == {True}

    return live_through
