"""Fixtures: a sandbox on a file of its own, a shop's REST client, a payer in its windows, and a webhook receiver."""

import json
import threading
import time
from collections.abc import Callable, Iterator
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
"""Seconds to wait for an event that must happen."""


class Clock:
    """A sandbox's time, in Unix seconds. It advances only when a test calls `advance`."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000

    def __call__(self) -> int:
        return self.seconds

    def advance(self, seconds: int) -> None:
        """Let this many seconds pass."""
        self.seconds += seconds


class Answer(NamedTuple):
    """The envelope and the HTTP status of an answer."""

    http: int
    code: int
    message: str | None
    response: Any


class Api:
    """A shop's REST client, which holds a token."""

    def __init__(self, client: FlaskClient, key: str = "sandbox_key", secret: str = "sandbox_secret") -> None:
        self.client, self.key, self.secret = client, key, secret
        self.headers = {"Authorization": ""}
        self.sign_in()

    def sign_in(self) -> None:
        """Get a token and send it from now on."""
        token = self.post("/users/getToken", imp_key=self.key, imp_secret=self.secret).response
        self.headers["Authorization"] = token["access_token"]

    def get(self, path: str) -> Answer:
        """Request `path` with the token."""
        return self.send("GET", path)

    def post(self, path: str, **fields: Any) -> Answer:
        """Post `fields` as JSON with the token."""
        return self.send("POST", path, json=fields)

    def send(self, method: str, path: str, **request: Any) -> Answer:
        """Send any request with the token and return its envelope."""
        return opened(self.client.open(path, method=method, headers=self.headers, **request))

    def charge(self, merchant_uid: str, **fields: Any) -> Answer:
        """Charge the key `card-1` 9,900 won, unless `fields` differ."""
        defaults = {"customer_uid": "card-1", "amount": 9900, "name": "원두 한 달"}
        return self.post("/subscribe/payments/again", merchant_uid=merchant_uid, **{**defaults, **fields})

    def issue(self, customer_uid: str = "card-1", **fields: Any) -> Answer:
        """Issue a key by REST on the card that is always approved, unless `fields` differ."""
        defaults = {"card_number": "4242-4242-4242-4242", "expiry": "2099-12", "birth": "900101"}
        return self.post(f"/subscribe/customers/{customer_uid}", **{**defaults, **fields})


class Payer:
    """A payer who uses a payment window without a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, device: str = "pc", **params: Any) -> TestResponse:
        """Open a window of `html5_inicis` for 9,900 won, unless `params` differ."""
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
        """Type `number` and approve. Return the `imp_uid`."""
        return self._press("approve", opened, {"number": number})

    def decline(self, opened: TestResponse) -> str:
        """Decline in the window. Return the `imp_uid`."""
        return self._press("decline", opened, {})

    def close(self, opened: TestResponse) -> str:
        """Close the window. Return the `imp_uid`."""
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
        self.answer_status = 200
        self.answer_body = b""
        self.parse: Callable[[bytes], Any] = json.loads
        self.on_notice: Callable[[dict[str, str]], object] = lambda body: None
        """The shop's work on a notice before it answers."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.put(receiver.parse(body))
                receiver.on_notice(receiver.parse(body))
                self.send_response(receiver.answer_status)
                self.end_headers()
                self.wfile.write(receiver.answer_body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> dict[str, str]:
        """Wait for the next notice and return its body."""
        return self.bodies.get(timeout=PATIENCE)

    def is_silent(self) -> bool:
        """Whether no further notice has arrived. Call it only when the sandbox is idle."""
        try:
            self.bodies.get_nowait()
        except Empty:
            return True
        return False


def opened(answer: TestResponse) -> Answer:
    """Return the envelope of `answer`, after checking its shape."""
    assert answer.content_type == "application/json; charset=UTF-8"
    assert sorted(answer.json) == ["code", "message", "response"]
    return Answer(answer.status_code, answer.json["code"], answer.json["message"], answer.json["response"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def on_new_file(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a configuration with a new database file."""
    return Config(DATABASE_URL=f"sqlite:///{tmp_path_factory.mktemp('sandbox')}/sandbox.db")


@pytest.fixture(scope="session")
def spare_apps() -> list[Flask]:
    """Applications that no test is using. Creating one takes longer than most tests."""
    return []


@pytest.fixture
def spare_app(spare_apps: list[Flask], tmp_path_factory) -> Iterator[Flask]:
    """A spare application with the data of earlier tests, or a new one if all are still sending webhooks."""
    app = next((app for app in spare_apps if not app.extensions.get("sandbox_in_flight")), None)
    if app is None:
        app = create_app(on_new_file(tmp_path_factory), background=False)
    else:
        spare_apps.remove(app)
    yield app
    spare_apps.append(app)


@pytest.fixture
def webhook_url() -> str:
    """The default merchant's webhook URL."""
    return ""


@pytest.fixture
def config(spare_app: Flask, webhook_url: str) -> Config:
    """The configuration of `app`, with the test's `webhook_url`."""
    return Config(DATABASE_URL=spare_app.extensions["sandbox_config"].DATABASE_URL, WEBHOOK_URL=webhook_url)


@pytest.fixture
def app(spare_app: Flask, config: Config, clock: Clock) -> Flask:
    """A sandbox without data and without background work, on the test's clock."""
    return restarted(spare_app, config, clock)


def restarted(app: Flask, config: Config, clock: Clock) -> Flask:
    """Return `app` as if it had just started on an empty file."""
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
    """A client of a sandbox that all tests of a module share. Each test adds its own merchant."""
    app = create_app(on_new_file(tmp_path_factory), Clock(), background=False)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def api(client: FlaskClient) -> Api:
    """The default merchant's REST client."""
    return Api(client)


@pytest.fixture
def settle(client: FlaskClient, clock: Clock) -> Callable[[], None]:
    """Return a function that waits until no webhook is due or in flight. Later ones stay queued."""

    def is_open(row: dict[str, Any]) -> bool:
        return row["state"] == "sending" or (row["state"] == "queued" and row["due_at"] <= clock())

    def settled() -> None:
        deadline = time.monotonic() + PATIENCE
        while any(is_open(row) for row in client.get("/control/webhooks/deliveries").json["deliveries"]):
            assert time.monotonic() < deadline, "a webhook is still in flight"

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
    """The URL of a sandbox for a browser. It has no background work, which would run beside all later tests."""
    with served(create_app(on_new_file(tmp_path_factory), background=False)) as url:
        yield url


@pytest.fixture(scope="session")
def shop_url(sandbox_url: str) -> Iterator[str]:
    with served(make_shop(sandbox_url)) as url:
        yield url


@pytest.fixture
def shop(page: Page, shop_url: str) -> ShopPage:
    """A buyer in a desktop browser."""
    return ShopPage(page, shop_url)


@pytest.fixture
def phone(browser: Browser, playwright: Playwright, shop_url: str) -> Iterator[ShopPage]:
    """A buyer on an iPhone with a Korean browser."""
    context = browser.new_context(**{**playwright.devices["iPhone 13"], "device_scale_factor": 1}, locale="ko-KR")
    yield ShopPage(context.new_page(), shop_url)
    context.close()
