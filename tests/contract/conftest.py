"""Two payment services with the same methods: the fake of the shop's tests, and the client on top of the sandbox.

The sandbox is mounted as a `requests` adapter: real requests and answers without a socket.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.serving import make_server
from werkzeug.test import Client

from sandbox import app as sandbox_app
from sandbox.config import Config
from sandbox.ledger.models import Merchant, Payment, db
from sandbox.rules import late, windows
from services.iamport import IamportClient
from tests.fakes import FakeIamport
from tests.sandbox.conftest import Clock, on_new_file, restarted

ADDRESS = "http://sandbox.test"

NUMBERS = {
    "approved": "4242-4242-4242-4242",
    "declined": "4000-0000-0000-0002",
    "no_money_later": "4000-0000-0000-0341",
    "no_money_at_renewal": "4000-0000-0000-9995",
}
"""The sandbox's test cards, by their names in `FakeIamport.pay`."""

ACCOUNTS = {
    "approved": "110-4242-424242",
    "declined": "110-0000-000002",
    "no_money_later": "110-0000-000341",
    "no_money_at_renewal": "110-0000-009995",
}


class WsgiAdapter(BaseAdapter):
    """Passes a request of `requests` to a WSGI application in this process."""

    def __init__(self, wsgi: Callable[..., Any]) -> None:
        super().__init__()
        self.client = Client(wsgi)
        self.paths: list[str] = []

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        self.paths.append(request.path_url)
        answer = self.client.open(
            request.path_url,
            base_url=ADDRESS,
            method=request.method,
            headers=list(request.headers.items()),
            data=request.body,
        )
        response = requests.Response()
        response.status_code, response._content, response.encoding = answer.status_code, answer.get_data(), "utf-8"
        response.headers = CaseInsensitiveDict(answer.headers.items())
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        self.client = None  # type: ignore[assignment]


class Sandbox:
    """The sandbox, a payer in its windows, and the levers that a test may use."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.adapter = WsgiAdapter(app.wsgi_app)
        self.client = self.new_client()

    def new_client(self, **credentials: str) -> IamportClient:
        session = requests.Session()
        session.mount(ADDRESS, self.adapter)
        known = {"key": "sandbox_key", "secret": "sandbox_secret"}
        return IamportClient(
            base_url=ADDRESS, session=session, monotonic=lambda: float(self.clock()), **{**known, **credentials}
        )

    def pay(self, request: dict[str, Any], *, card: str = "approved", device: str = "pc") -> str:
        with self.app.app_context():
            payment = self._open(request, device)
            numbers = NUMBERS if payment.profile.family == "card" else ACCOUNTS
            windows.approve(payment, numbers[card], self.clock())
            return payment.imp_uid

    def close(self, request: dict[str, Any], *, device: str = "pc") -> str:
        with self.app.app_context():
            return windows.close(self._open(request, device), self.clock()).imp_uid

    def control(self, lever: str, **fields: Any) -> None:
        answer = self.app.test_client().post(f"/control/{lever}", json=fields)
        assert answer.status_code == 200, answer.text

    def wait(self, seconds: int) -> None:
        """Move the clock forward, and perform what a PG does in that time."""
        self.clock.seconds += seconds
        with self.app.app_context():
            late.run_due(self.clock())

    def count_payments(self) -> int:
        with self.app.app_context():
            return db.session.query(Payment).count()

    def _open(self, request: dict[str, Any], device: str) -> Payment:
        merchant = db.session.query(Merchant).one()
        return windows.open_window(merchant, request, device, "http://shop.test", self.clock())


class Service(Protocol):
    """The methods that the suite needs from both services."""

    client: Any

    def pay(self, request: dict[str, Any], *, card: str = "approved") -> str: ...
    def close(self, request: dict[str, Any]) -> str: ...
    def wait(self, seconds: int) -> None: ...


class Fake:
    """The fake, with its payer's methods beside its client."""

    def __init__(self) -> None:
        self.client = FakeIamport()
        self.client.time = Clock().seconds
        self.pay, self.close = self.client.pay, self.client.close

    def wait(self, seconds: int) -> None:
        self.client.time += seconds


@pytest.fixture(scope="session")
def lasting_sandbox(tmp_path_factory) -> Flask:
    """One sandbox for all tests, because creating it takes longer than most of them."""
    config = replace(on_new_file(tmp_path_factory), TRUSTED_HOSTS=urlsplit(ADDRESS).hostname)
    return sandbox_app.create_app(config, background=False)


@pytest.fixture
def sandbox(lasting_sandbox: Flask) -> Sandbox:
    """A sandbox that sends no webhooks: the test itself reports a payment to the shop."""
    clock = Clock()
    sandbox = Sandbox(restarted(lasting_sandbox, lasting_sandbox.extensions["sandbox_config"], clock), clock)
    sandbox.control("webhooks", copies=0)
    return sandbox


@pytest.fixture(params=["fake", "sandbox"])
def service(request: pytest.FixtureRequest) -> Service:
    """Each test runs twice: with the fake and with the sandbox."""
    return Fake() if request.param == "fake" else request.getfixturevalue("sandbox")


@pytest.fixture
def window() -> Callable[..., dict[str, Any]]:
    """A function that returns `IMP.request_pay` parameters with new ids, for a PG that charges in its window."""
    numbers = count(1)

    def window(**changes: Any) -> dict[str, Any]:
        n = next(numbers)
        defaults = {
            "pg": "jtnet",
            "pay_method": "card",
            "merchant_uid": f"order-{n}",
            "customer_uid": f"cu-{n}",
            "name": "매달 원두",
            "amount": 19900,
            "buyer_email": "jisoo@example.com",
            "buyer_name": "Jisoo Kim",
            "buyer_tel": "010-1234-5678",
        }
        return {**defaults, **changes}

    return window


@pytest.fixture
def charge(service: Service) -> Callable[..., Any]:
    def charge(customer_uid: str, merchant_uid: str, amount: str = "19900", **more: str) -> Any:
        return service.client.again(
            customer_uid=customer_uid, merchant_uid=merchant_uid, amount=Decimal(amount), name="매달 원두", **more
        )

    return charge


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    """The address of a sandbox on a free port. It uses the computer's clock, because clients compare times with it."""
    app = sandbox_app.create_app(Config(DATABASE_URL=f"sqlite:///{tmp_path}/sandbox.db"), background=False)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()
    with app.app_context():
        db.engine.dispose()
