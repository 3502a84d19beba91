"""A shop with real worker processes, and the sandbox as the payment service that they charge at."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import update

from app import create_app
from config import Config
from models import Order, Subscription, db
from states import InvoiceStatus
from tests.conftest import scratch_database
from tests.crash.due_shop import CARD, close_database, environment, sell
from tests.crash.proxy import Proxy
from tests.sandbox.process import Sandbox

ROOT = Path(__file__).parents[2]
DUE = 3
"""How many subscriptions are due for one period each."""
LONGEST = 120
"""Seconds. A worker that runs longer hangs; an ordinary one ends within a few."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop's database, and the environment in which its workers run."""

    environ: dict[str, str]
    sandbox: Sandbox
    keys: list[str]
    """The `customer_uid` of each due subscription."""
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start_worker(self, *, stop_at: str = "") -> subprocess.Popen[str]:
        """Start `renew-due`. With `stop_at`, it stops at that step of its first charge."""
        shop = ["tests.crash.worker", stop_at] if stop_at else ["flask", "--app", "app", "renew-due"]
        command = [sys.executable, "-m", *shop, "--threads", "1"]
        worker = subprocess.Popen(command, cwd=ROOT, env=self.environ, stderr=subprocess.PIPE, text=True)
        self.workers.append(worker)
        return worker

    def start_worker_to(self, step: str) -> subprocess.Popen[str]:
        """Start a worker, and return it when it has stopped at this step."""
        worker = self.start_worker(stop_at=step)
        _, status = os.waitpid(worker.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"the worker ended with {status} before {step}"
        return worker

    def restart(self, workers: int) -> list[subprocess.Popen[str]]:
        """Start workers as when minutes have passed. PostgreSQL's own clock cannot be moved, so end the pauses."""
        db.session.execute(update(Subscription).values(charge_not_before=None))
        db.session.execute(update(Order).values(repeat_not_before=None))
        db.session.commit()
        return [self.start_worker() for _ in range(workers)]

    def charges(self) -> Counter[str]:
        """Return how many charges the service approved, by `customer_uid`."""
        paid = self.sandbox.get("/payments/status/paid?limit=1000&sorting=-started")["list"]
        return Counter(payment["customer_uid"] for payment in paid if payment["customer_uid"] in self.keys)

    def paid_periods(self) -> list[int]:
        """Return how many periods of each subscription are paid, with the first one."""
        db.session.expire_all()
        invoices = [subscription.invoices for subscription in db.session.query(Subscription)]
        return [sum(invoice.status is InvoiceStatus.PAID for invoice in of_one) for of_one in invoices]

    def close(self) -> None:
        """Kill the workers that still run."""
        for worker in self.workers:
            worker.kill()
            worker.communicate()


def finish(*workers: subprocess.Popen[str]) -> list[int]:
    """Wait until each worker has ended, and return the exit codes. Print what the workers logged."""
    for worker in workers:
        sys.stdout.write(worker.communicate(timeout=LONGEST)[1])
    return [worker.returncode for worker in workers]


def assert_settled(shop: Shop) -> None:
    """Assert that the service approved one charge for each due period, and that the shop booked it as paid."""
    assert shop.charges() == dict.fromkeys(shop.keys, 1)
    assert shop.paid_periods() == [2] * DUE


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox, in processes of its own. It sends no webhooks: the workers find everything themselves."""
    sandbox = Sandbox(tmp_path_factory.mktemp("service") / "sandbox.db", "")
    sandbox.start()
    requests.post(f"{sandbox.url}/control/webhooks", json={"copies": 0}, timeout=60).raise_for_status()
    yield sandbox
    sandbox.kill()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def shop(request: pytest.FixtureRequest, tmp_path: Path, service: Sandbox) -> Iterator[Shop]:
    """A shop whose `DUE` subscriptions are due. It has a database of its own; its workers are killed at the end."""
    with ExitStack() as stack:
        address = f"sqlite:///{tmp_path}/shop.db"
        if request.param == "postgresql":
            address = stack.enter_context(scratch_database())
        environ = environment(database=address, service=service.url)
        app = create_app(Config.from_environ(environ))
        stack.enter_context(app.app_context())
        stack.callback(close_database)
        keys = sell(app.extensions["desk"], count=DUE)
        for key in keys:
            service.post(f"/subscribe/customers/{key}", **CARD)
        shop = Shop(environ=environ, sandbox=service, keys=keys)
        stack.callback(shop.close)
        yield shop


@pytest.fixture
def proxy(shop: Shop, service: Sandbox) -> Iterator[Proxy]:
    """The proxy through which the shop's processes call the service. The service runs again after the test."""
    with Proxy(lambda: service.url).running() as proxy:
        shop.environ["IMP_API_URL"] = proxy.url
        yield proxy
    if service.process.poll() is not None:
        service.start()
