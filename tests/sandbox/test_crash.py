"""Real workers do due work soon and exactly once, and `kill -9` loses nothing that was answered."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox.conftest import Receiver
from tests.sandbox.process import Sandbox

LONGEST_SILENCE = 30.0
"""Seconds within which a notice must arrive, even if its sender is killed while sending."""

SOON = 8
"""Seconds within which even a busy machine has accepted a schedule."""

MONTH = 31 * 86_400


@pytest.fixture
def sandbox(tmp_path, receiver: Receiver) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path / "sandbox.db", receiver.url)
    sandbox.start()
    yield sandbox
    sandbox.kill()


def announced(receiver: Receiver, count: int) -> list[str]:
    """Return the `merchant_uid` of each of the next `count` notices, in alphabetical order."""
    return sorted(receiver.bodies.get(timeout=LONGEST_SILENCE)["merchant_uid"] for _ in range(count))


def test_schedules_are_run_once_and_within_a_second_whichever_worker_comes_first(sandbox, receiver):
    orders = sorted(f"order-{n}" for n in range(20))
    sandbox.issue()
    due = int(time.time()) + SOON

    sandbox.book(*orders, schedule_at=due)

    assert announced(receiver, 20) == orders
    assert {sandbox.schedule(order)["executed_at"] for order in orders} <= {due, due + 1}
    assert {sandbox.get(f"/payments/findAll/{order}")["total"] for order in orders} == {1}
    assert receiver.is_silent()


def test_a_leap_of_the_clock_runs_everything_once_and_at_its_own_time_beside_busy_workers(sandbox, receiver):
    sandbox.issue()
    now = int(time.time())
    due = {f"month-{n}": now + n * MONTH for n in range(1, 13)}
    for order, schedule_at in due.items():
        sandbox.book(order, schedule_at=schedule_at)

    moved = requests.post(f"{sandbox.url}/control/clock", json={"set": now + 13 * MONTH}, timeout=60).json()

    assert {payment["merchant_uid"]: payment["paid_at"] for payment in moved["ran"]} == due
    assert {order: sandbox.get(f"/payments/findAll/{order}")["total"] for order in due} == dict.fromkeys(due, 1)
    assert announced(receiver, 12) == sorted(due)
    assert receiver.is_silent()


def test_a_schedule_that_fell_due_while_no_worker_ran_is_run_after_the_restart(sandbox, receiver):
    sandbox.issue()
    due = int(time.time()) + SOON
    sandbox.book("order-1", schedule_at=due)
    sandbox.kill()

    sandbox.start()

    assert announced(receiver, 1) == ["order-1"]
    assert sandbox.schedule("order-1")["payment_status"] == "paid"
    assert sandbox.schedule("order-1")["executed_at"] >= due


def test_a_notice_that_was_under_way_when_its_sender_was_killed_is_sent_again(sandbox, receiver):
    may_answer = threading.Event()
    receiver.on_notice = lambda body: may_answer.wait(LONGEST_SILENCE)
    sandbox.issue()
    sandbox.charge("order-1")
    under_way = announced(receiver, 1)
    sandbox.kill()
    may_answer.set()

    sandbox.start()

    assert under_way == ["order-1"]
    assert announced(receiver, 1) == ["order-1"]
    assert sandbox.get("/payments/find/order-1/paid")["amount"] == 100


def test_no_charge_that_was_answered_is_lost_and_none_is_announced_unmade(sandbox, receiver):
    sandbox.issue()
    orders = [f"order-{n}" for n in range(400)]
    answered: list[str] = []

    def charge(order: str) -> None:
        answered.append(sandbox.charge(order)["merchant_uid"])
        if len(answered) == 40:
            sandbox.kill()

    with ThreadPoolExecutor(8) as shops:
        outcomes = [shops.submit(charge, order) for order in orders]
    broken = [outcome for outcome in outcomes if outcome.exception()]
    sandbox.start()

    assert broken
    assert {sandbox.get(f"/payments/find/{order}/paid")["status"] for order in answered} == {"paid"}
    paid = sandbox.get("/payments/status/paid?limit=1000")["list"]
    assert set(answered) <= set(all_announced(receiver, {payment["merchant_uid"] for payment in paid}))


def all_announced(receiver: Receiver, orders: set[str]) -> set[str]:
    """Wait until a notice of each order has arrived, perhaps twice, and return every order announced."""
    arrived: set[str] = set()
    while not orders <= arrived:
        arrived |= set(announced(receiver, 1))
    assert arrived == orders
    return arrived
