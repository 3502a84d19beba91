"""The sandbox in a file of its own, a shop that calls it over REST, a payer in its windows, and a webhook receiver."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Playwright
from werkzeug.test import TestResponse

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.ledger import storage
from sandbox.ledger.models import db
from sandbox.merchants import register
from tests.sandbox.merchant import ShopPage, make_shop, served

PATIENCE = 10.0
"""Seconds to wait for something that must come."""


class Clock:
    """A sandbox's time, in Unix seconds, which passes when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000

    def __call__(self) -> int:
        return self.seconds

    def advance(self, seconds: int) -> None:
        self.seconds += seconds


class Answer(NamedTuple):
    """An envelope, and the HTTP status it came with."""

    http: int
    code: int
    message: str | None
    response: Any


class Api:
    """A shop's REST client, signed in."""

    def __init__(self, client: FlaskClient, key: str = "sandbox_key", secret: str = "sandbox_secret") -> None:
        self.client, self.key, self.secret = client, key, secret
        self.headers = {"Authorization": ""}
        self.sign_in()

    def sign_in(self) -> None:
        token = self.post("/users/getToken", imp_key=self.key, imp_secret=self.secret).response
        self.headers["Authorization"] = token["access_token"]

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, **fields: Any) -> Answer:
        return self.send("POST", path, json=fields)

    def send(self, method: str, path: str, **request: Any) -> Answer:
        return opened(self.client.open(path, method=method, headers=self.headers, **request))

    def charge(self, merchant_uid: str, **fields: Any) -> Answer:
        defaults = {"customer_uid": "card-1", "amount": 9900, "name": "원두 한 달"}
        return self.post("/subscribe/payments/again", merchant_uid=merchant_uid, **{**defaults, **fields})

    def issue(self, customer_uid: str = "card-1", **fields: Any) -> Answer:
        defaults = {"card_number": "4242-4242-4242-4242", "expiry": "2030-12", "birth": "900101"}
        return self.post(f"/subscribe/customers/{customer_uid}", **{**defaults, **fields})


class Payer:
    """Somebody in a payment window, without a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, device: str = "pc", **params: Any) -> TestResponse:
        defaults = {"pg": "html5_inicis", "amount": 9900, "buyer_tel": "010-0000-0000", "name": "원두 한 달"}
        return self.client.post(
            "/sdk/payments",
            json={
                "merchant_code": "imp00000000",
                "device": device,
                "origin": "http://shop.test",
                "params": {**defaults, **params},
            },
        )

    def approve(self, opened: TestResponse, number: str) -> str:
        return self._press("approve", opened, {"number": number})

    def decline(self, opened: TestResponse) -> str:
        return self._press("decline", opened, {})

    def close(self, opened: TestResponse) -> str:
        return self._press("close", opened, {})

    def _press(self, button: str, opened: TestResponse, form: dict[str, str]) -> str:
        window = urlsplit(opened.json["window_url"])
        answer = self.client.post(f"{window.path}/{button}?{window.query}", data=form)
        assert answer.status_code < 400, answer.text
        return opened.json["imp_uid"]


class Receiver:
    """A shop's webhook endpoint on a free port."""

    def __init__(self) -> None:
        self.bodies: Queue[dict[str, str]] = Queue()
        self.answers_with = 200
        self.says = b""
        self.reads: Callable[[bytes], Any] = json.loads
        self.acts: Callable[[dict[str, str]], object] = lambda body: None
        """What the shop does with a notice before it answers."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.put(receiver.reads(body))
                receiver.acts(receiver.reads(body))
                self.send_response(receiver.answers_with)
                self.end_headers()
                self.wfile.write(receiver.says)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> dict[str, str]:
        return self.bodies.get(timeout=PATIENCE)

    def is_silent(self) -> bool:
        """Whether nothing more has arrived. Ask only when the sandbox is idle."""
        try:
            self.bodies.get_nowait()
        except Empty:
            return True
        return False


def opened(answer: TestResponse) -> Answer:
    assert answer.content_type == "application/json; charset=UTF-8"
    assert sorted(answer.json) == ["code", "message", "response"]
    return Answer(answer.status_code, answer.json["code"], answer.json["message"], answer.json["response"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def on_new_file(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(DATABASE_URL=f"sqlite:///{tmp_path_factory.mktemp('sandbox')}/sandbox.db")


@pytest.fixture(scope="session")
def spare_apps() -> list[Flask]:
    """Applications that no test uses just now: to make one takes longer than most tests."""
    return []


@pytest.fixture
def spare_app(spare_apps: list[Flask], tmp_path_factory) -> Iterator[Flask]:
    """One of those, with what the tests before have left, or a new one where each has a webhook still under way."""
    app = next((app for app in spare_apps if not app.extensions.get("sandbox_in_flight")), None)
    if app is None:
        app = create_app(on_new_file(tmp_path_factory), background=False)
    else:
        spare_apps.remove(app)
    yield app
    spare_apps.append(app)


@pytest.fixture
def webhook_url() -> str:
    """The address in the default merchant's console."""
    return ""


@pytest.fixture
def config(spare_app: Flask, webhook_url: str) -> Config:
    return replace(spare_app.extensions["sandbox_config"], WEBHOOK_URL=webhook_url)


@pytest.fixture
def app(spare_app: Flask, config: Config, clock: Clock) -> Flask:
    return started_anew(spare_app, config, clock)


def started_anew(app: Flask, config: Config, clock: Clock) -> Flask:
    """As after a start on an empty file."""
    app.extensions.update(sandbox_config=config, sandbox_clock=clock)
    app.extensions["sandbox_wire"].clear()
    with app.app_context():
        storage.erase()
        register.add_default(config)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory) -> Iterator[FlaskClient]:
    """A client of a sandbox that the tests of a module share, each with a merchant of its own."""
    app = create_app(on_new_file(tmp_path_factory), Clock(), background=False)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)


@pytest.fixture
def settle(client: FlaskClient, clock: Clock) -> Callable[[], None]:
    """Waits until nothing is due or under way; what is due later still waits."""

    def is_open(row: dict[str, Any]) -> bool:
        return row["state"] == "sending" or (row["state"] == "queued" and row["due_at"] <= clock())

    def settled() -> None:
        deadline = time.monotonic() + PATIENCE
        while any(is_open(row) for row in client.get("/control/webhooks/deliveries").json["deliveries"]):
            assert time.monotonic() < deadline, "a webhook is still under way"

    return settled


@pytest.fixture
def payer(client: FlaskClient) -> Payer:
    return Payer(client)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory) -> Iterator[str]:
    """Where a browser finds a sandbox. Without background, which would go on beside all later tests."""
    with served(create_app(on_new_file(tmp_path_factory), background=False)) as url:
        yield url


@pytest.fixture(scope="session")
def shop_url(sandbox_url: str) -> Iterator[str]:
    with served(make_shop(sandbox_url)) as url:
        yield url


@pytest.fixture
def shop(page: Page, shop_url: str) -> ShopPage:
    return ShopPage(page, shop_url)


@pytest.fixture
def phone(browser: Browser, playwright: Playwright, shop_url: str) -> Iterator[ShopPage]:
    context = browser.new_context(**{**playwright.devices["iPhone 13"], "device_scale_factor": 1}, locale="ko-KR")
    yield ShopPage(context.new_page(), shop_url)
    context.close()
