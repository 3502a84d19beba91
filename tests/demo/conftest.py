"""The demonstration with a sandbox, both served on free ports of this process, and people who live in it.

The sandbox has no background work, and no worker runs: a test plays the worker where it needs one.
"""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import clock
import demo
from config import Config
from demo import past
from models import BillingKey, Order, Subscription, User, db
from sandbox.app import create_app as create_sandbox
from services import sessions
from services.desk import Desk
from services.iamport import IamportClient
from tests.conftest import Visitor, signed_in
from tests.factories import make_user
from tests.sandbox.conftest import on_new_file
from tests.sandbox.merchant import served

GOOD_CARD = "4242-4242-4242-4242"
DECLINED_TWICE_LATER = "4000-0000-0000-0102"
DECLINED_AFTER_THE_FIRST = "4000-0000-0000-9995"

LAN = "http://192.168.1.5:8000"
"""The address of the shop where other devices reach it."""
PHONE = {"REMOTE_ADDR": "192.168.1.8"}
"""What the server knows of a request from another device."""

_people = count(1)


@dataclass(frozen=True)
class Town:
    """The shop of the demonstration, and the sandbox by its address."""

    app: Flask
    sandbox: str

    @property
    def desk(self) -> Desk:
        return self.app.extensions["desk"]

    def newcomer(self, **more: Any) -> User:
        return make_user(f"person{next(_people)}@example.com", **more)

    def browser_of(self, user: User) -> FlaskClient:
        return signed_in(self.app, user)

    def browser_on_lan(self, user: User) -> FlaskClient:
        """Return a browser in which the user has signed in at the address `LAN`."""
        browser = self.app.test_client()
        with browser.session_transaction(base_url=LAN) as session:
            session["_user_id"], session["_fresh"] = sessions.begin(user, now=clock.machine_now()), True
        return browser

    def subscribe(self, user: User, slug: str = "coffee-monthly", *, card: str = GOOD_CARD) -> Subscription:
        """Return what the person has just bought, in the person's own time."""
        return past.subscribe(user, slug, card=card, now=self.desk.time_of(user.id))

    def travel(self, visitor: FlaskClient, *, lang: str = "ko", **form: str) -> TestResponse:
        """Move the visitor's clock with a form, in as many requests as it takes. Return the page at the end."""
        answer = visitor.post(f"/demo/journeys?lang={lang}", data=form)
        while answer.location.startswith("/demo/journey?"):
            answer = visitor.post("/demo/journey", data={"next": form.get("next", "")})
        return visitor.get(answer.location)

    def control(self, lever: str, **fields: Any) -> Any:
        answer = requests.post(f"{self.sandbox}/control/{lever}", json=fields, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def look(self, lever: str, **query: Any) -> Any:
        return requests.get(f"{self.sandbox}/control/{lever}", params=query, timeout=30).json()

    def record_of(self, order: Order) -> Any:
        """Return the sandbox's record of the order's payment."""
        return self.desk.client.payment(order.imp_uid or "")

    def offsets_of(self, user: User) -> list[int]:
        """Return by how much the sandbox's clocks of the person's keys are ahead."""
        offsets = self.look("clock")["customers"]
        keys = db.session.query(BillingKey).filter_by(user_id=user.id)
        return [offsets.get(key.customer_uid, 0) for key in keys]


@pytest.fixture(scope="session")
def town_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("town")


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory, town_folder: Path, stocked_shop: Path) -> Iterator[Town]:
    """One town for all tests, because creating both applications takes longer than most of them."""
    database = town_folder / "shop.db"
    shutil.copy(stocked_shop, database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with served(create_sandbox(on_new_file(tmp_path_factory), background=False)) as sandbox:
        environ = {
            "DEMO": "1",
            "SECRET_KEY": "a-demonstration-in-a-test",
            "DATABASE_URL": f"sqlite:///{database}",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "IMP_API_URL": sandbox,
            "IMP_SDK_URL": f"{sandbox}/v1/iamport.js",
            "IMP_CODE": "imp00000000",
            "IMP_KEY": "sandbox_key",
            "IMP_SECRET": "sandbox_secret",
            "IMP_WEB_TIMEOUT": "20",
        }
        app = demo.create_app(Config.from_environ({**os.environ, **environ}))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client_class = Visitor
        with served(app, port=port):
            yield Town(app=app, sandbox=sandbox)


@pytest.fixture
def town(built_town: Town) -> Iterator[Town]:
    built_town.control("reset")
    # A new client, whose circuit breaker knows nothing of an outage in the test before.
    settings, desk = built_town.app.config, built_town.desk
    client = IamportClient(base_url=built_town.sandbox, key=settings["IMP_KEY"], secret=settings["IMP_SECRET"])
    built_town.app.extensions["desk"] = replace(desk, client=client)
    with built_town.app.app_context():
        yield built_town
        db.session.remove()


@pytest.fixture
def on_lan(town: Town) -> Iterator[Town]:
    """The town where other devices reach it."""
    settings = town.app.config
    before = {name: settings[name] for name in ("PUBLIC_URL", "TRUSTED_HOSTS")}
    settings.update(PUBLIC_URL=LAN, TRUSTED_HOSTS=(urlsplit(LAN).hostname, *settings["TRUSTED_HOSTS"]))
    yield town
    settings.update(before)


@pytest.fixture
def worker(town: Town) -> Callable[..., None]:
    """`worker()` plays one round of the worker, as `flask renew-due` does."""

    def work(command: str = "renew-due") -> None:
        town.app.test_cli_runner().invoke(args=[command], catch_exceptions=False)
        db.session.expire_all()

    return work


@pytest.fixture
def user(town):
    return town.newcomer()


@pytest.fixture
def visitor(town, user):
    return town.browser_of(user)
