"""A shop with real worker processes, and the sandbox as the payment service that they charge at."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update

import clock
from app import create_app
from config import Config
from models import BillingKey, Notice, Order, Refund, Subscription, db
from states import InvoiceStatus, OrderPurpose, OrderStatus
from tests.conftest import scratch_database
from tests.crash.due_shop import CARD, close_database, environment, sell
from tests.crash.proxy import Proxy
from tests.sandbox.process import Sandbox

ROOT = Path(__file__).parents[2]
PATIENCE = {"IMP_TIMEOUT": "100", "IMP_WEB_TIMEOUT": "100"}
"""Seconds. A call may be held while other processes start on a busy machine, and must not end by that."""
A_DAY = timedelta(days=1)
PAUSES = (
    Subscription.charge_not_before,
    BillingKey.delete_not_before,
    Order.repeat_not_before,
    Order.look_not_before,
    Order.notices_not_before,
    Notice.not_before,
    Refund.look_not_before,
)
"""When the worker may act again, by machine time."""
DUE = 3
"""How many subscriptions are due for one period each."""
LONGEST = 120
"""Seconds. A worker that runs longer hangs; an ordinary one ends within a few."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop's database, and the environment in which its workers run."""

    environ: dict[str, str] = field(repr=False)
    sandbox: Sandbox
    keys: list[str]
    """The `customer_uid` of each due subscription."""
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start_worker(self, *options: str, stop_at: str = "") -> subprocess.Popen[str]:
        """Start `renew-due` with these options. With `stop_at`, it stops at that step of its first charge."""
        shop = ["tests.crash.worker", stop_at] if stop_at else ["flask", "--app", "app", "renew-due"]
        command = [sys.executable, "-m", *shop, "--threads", "1", *options]
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
        """Start workers as when hours have passed. PostgreSQL's own clock cannot be moved, so end all pauses."""
        now = clock.now()
        for pause in PAUSES:
            db.session.execute(update(pause.class_).values({pause.key: None}))
        db.session.execute(update(Order).where(Order.late_look_at.is_not(None)).values(late_look_at=now))
        db.session.commit()
        return [self.start_worker() for _ in range(workers)]

    def control(self, lever: str, **fields: object) -> None:
        """Pull a lever of the sandbox."""
        requests.post(f"{self.sandbox.url}/control/{lever}", json=fields, timeout=60).raise_for_status()

    def charges(self) -> Counter[str]:
        """Return how many charges the service approved, by `customer_uid`."""
        paid = self.sandbox.get("/payments/status/paid?limit=1000&sorting=-started")["list"]
        return Counter(payment["customer_uid"] for payment in paid if payment["customer_uid"] in self.keys)

    def kept(self) -> Counter[str]:
        """Return the payments that the service approved and that are not refunded, by `merchant_uid`."""
        return Counter(payment["merchant_uid"] for payment in self._payments("paid"))

    def kept_ids(self) -> list[str]:
        """Return the `imp_uid` of each of these payments."""
        return [payment["imp_uid"] for payment in self._payments("paid")]

    def refunded(self) -> int:
        """Return how many payments were refunded at the service."""
        return len(self._payments("cancelled"))

    def booked(self) -> Counter[str]:
        """Return the orders by which the shop says that a due period was paid, by `merchant_uid`."""
        db.session.expire_all()
        paid = db.session.query(Order).filter_by(status=OrderStatus.PAID).filter(Order.invoice_id.is_not(None))
        return Counter(order.merchant_uid for order in paid if order.created_at > clock.now() - A_DAY)

    def _payments(self, status: str) -> list[dict[str, Any]]:
        """Return the payments of this shop's keys with this status that moved money, also on a moved clock."""
        now, days = int(clock.now().timestamp()), 30 * 86_400
        path = f"/payments/status/{status}?limit=1000&sorting=-started&from={now - days}&to={now + days}"
        keys = {key.customer_uid for key in db.session.query(BillingKey)}
        issues = {order.merchant_uid for order in db.session.query(Order).filter_by(purpose=OrderPurpose.ISSUE)}
        db.session.commit()
        listed = self.sandbox.get(path)["list"]
        return [one for one in listed if one["customer_uid"] in keys and one["merchant_uid"] not in issues]

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
        environ = environment(database=address, service=service.url) | PATIENCE
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
