"""Real workers do due work soon and exactly once, and `kill -9` loses nothing that was answered."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Receiver

ROOT = Path(__file__).parents[2]

LONGEST_SILENCE = 30.0
"""Seconds within which a notice must arrive, even if its sender is killed while sending."""

WORKERS = 3

SOON = 3
"""Seconds within which even a busy machine has accepted a schedule."""

MONTH = 31 * 86_400

GUNICORN = "import sandbox.app; from gunicorn.app.wsgiapp import run; run()"
"""`python -m gunicorn`, but it imports the modules once, not per worker. Each worker creates its own application."""


class Sandbox:
    """Gunicorn with several workers on one file, and a shop's client that calls it over the network."""

    def __init__(self, database: Path, webhook_url: str) -> None:
        self.environment = {
            **os.environ,
            "SANDBOX_DATABASE_URL": f"sqlite:///{database}",
            "SANDBOX_WEBHOOK_URL": webhook_url,
        }

    def start(self) -> None:
        """Start the workers on a free port and get a token."""
        command = [sys.executable, "-c", GUNICORN, "--bind", "127.0.0.1:0", "--no-control-socket"]
        command += ["--workers", str(WORKERS), "--threads", "8", "sandbox.app:create_app()"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        lines = iter(self.process.stderr.readline, "")
        self.url = next(found[1] for line in lines if (found := re.search(r"Listening at: (http://\S+)", line)))
        self.token = ""
        answer = self.post("/users/getToken", imp_key="sandbox_key", imp_secret="sandbox_secret")
        self.token = answer["access_token"]

    def kill(self) -> None:
        """Kill all processes together, without a clean shutdown."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def get(self, path: str) -> Any:
        return self._answer(requests.get(self.url + path, headers={"Authorization": self.token}, timeout=60))

    def post(self, path: str, **fields: Any) -> Any:
        headers = {"Authorization": self.token}
        return self._answer(requests.post(self.url + path, json=fields, headers=headers, timeout=60))

    def issue(self) -> None:
        """Issue the key `card-1` by REST."""
        self.post("/subscribe/customers/card-1", card_number="4242-4242-4242-4242", expiry="2030-12")

    def charge(self, merchant_uid: str) -> dict[str, Any]:
        """Charge the key 100 won."""
        order = {"customer_uid": "card-1", "merchant_uid": merchant_uid, "amount": 100, "name": "x"}
        return self.post("/subscribe/payments/again", **order)

    def book(self, *merchant_uids: str, schedule_at: int) -> None:
        """Schedule a charge of the key for each `merchant_uid`, all at `schedule_at`."""
        order = {"schedule_at": schedule_at, "amount": 100, "name": "x"}
        entries = [{"merchant_uid": merchant_uid, **order} for merchant_uid in merchant_uids]
        self.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=entries)

    def schedule(self, merchant_uid: str) -> dict[str, Any]:
        """Return the schedule of this `merchant_uid`."""
        return self.get(f"/subscribe/payments/schedule/{merchant_uid}")

    def _answer(self, answer: requests.Response) -> Any:
        envelope = answer.json()
        assert envelope["code"] == 0, envelope
        return envelope["response"]


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
