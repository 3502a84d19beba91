"""Fixtures for all tests: an application with a fake payment service, users, and a browser that can run as root."""

import gc
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from werkzeug.test import TestResponse

import clock
from app import create_app
from config import Config
from models import Plan, User, db
from services import catalog, sessions
from services.desk import Desk
from services.health import ServiceCheck
from tests.factories import make_config, make_user
from tests.fakes import FakeIamport, MachineClock
from tests.postgresql import new_database
from views.limits import limiter

expect.set_options(timeout=20_000)
"""Milliseconds. Long, because a wait ends as soon as the page is ready: only a failing test waits for the full time."""


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Return two processes more than there are cores: tests that wait for a clock or a process leave a core idle."""
    is_set = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    cores = yield
    return cores if is_set else cores + 2


def pytest_collection_finish() -> None:
    """Exclude the collected tests from garbage collection: they stay to the end, and each full
    collection would visit them.

    Also collect garbage less often than by default: the default suits small programs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


class Visitor(FlaskClient):
    """A test client that gives each request its own context and database session, as in production.

    Otherwise Flask would reuse the test's context, and with it the user and the language of the previous request.
    After a request the test's objects are read again from the database.
    """

    def open(self, *args: Any, **options: Any) -> TestResponse:
        with self.application.app_context():
            answer = super().open(*args, **options)
        db.session.expire_all()
        return answer


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture
def shop_database(shop_folder: Path) -> Path:
    """The path of a test's database. All tests use the same path; the files of the previous test are deleted."""
    for left in shop_folder.iterdir():
        left.unlink()
    return shop_folder / "shop.db"


@pytest.fixture
def config(shop_database: Path) -> Config:
    return make_config(shop_database)


@pytest.fixture
def payments() -> FakeIamport:
    return FakeIamport()


@pytest.fixture(scope="session")
def open_shop() -> Callable[[Config, Any], Flask]:
    """A function that returns the application of a configuration and a payment service, in its initial state.

    Each application is created only once: creating one takes longer than most tests, and a new application must
    compile every query and template again.
    """
    made: list[tuple[Config, Flask, dict[str, Any]]] = []

    def open_shop(config: Config, payments: Any) -> Flask:
        if all(config != known for known, _, _ in made):
            app = create_app(config, payments)
            app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
            app.test_client_class = Visitor
            made.append((config, app, dict(app.config)))
        app, settings = next((app, settings) for known, app, settings in made if known == config)
        app.config.clear()
        app.config.update(settings)
        app.extensions.update(
            desk=replace(
                app.extensions["desk"], client=payments, machine_now=MachineClock(), offers_retired=lambda: False
            ),
            service_check=ServiceCheck(payments),
        )
        app.extensions["fragments"].clear()
        limiter.enabled = config.RATELIMIT_ENABLED  # all applications share it: the last one created has set it
        if limiter.enabled:
            limiter.reset()
        return app

    return open_shop


@pytest.fixture(scope="session")
def stocked_shop(tmp_path_factory) -> Path:
    """A database with all tables and the plans on sale. Copying it is much faster than creating it."""
    file = tmp_path_factory.mktemp("stocked") / "shop.db"
    app = Flask("stock")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        catalog.seed()
        db.session.remove()
        db.engine.dispose()
    return file


@pytest.fixture
def app(config: Config, payments: FakeIamport, open_shop, shop_database: Path, stocked_shop: Path) -> Iterator[Flask]:
    shutil.copy(stocked_shop, shop_database)
    app = open_shop(config, payments)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def scratch_database() -> Iterator[str]:
    """Yield the address of a new database on PostgreSQL, and drop it afterwards. Without a server, skip the test.

    `REQUIRE_SERVICES=1` turns the skip into a failure.
    """
    with ExitStack() as stack:
        try:
            address = stack.enter_context(new_database())
        except psycopg.OperationalError as err:
            reason = f"no PostgreSQL on 127.0.0.1:5432: {str(err).splitlines()[0]}"
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        yield address


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a scratch database, dropped afterwards."""
    with scratch_database() as address:
        yield address


@pytest.fixture
def desk(app: Flask) -> Desk:
    return app.extensions["desk"]


@pytest.fixture
def with_retired_pgs(app: Flask) -> None:
    """Offer the retired PGs at checkout, as the demonstration's switch does."""
    app.extensions["desk"] = replace(app.extensions["desk"], offers_retired=lambda: True)


@pytest.fixture
def plan(app: Flask) -> Plan:
    return catalog.plan_on_sale("coffee-monthly")


@pytest.fixture
def dollar_plan(app: Flask) -> Plan:
    return catalog.plan_on_sale("global-monthly")


@pytest.fixture
def long_ago() -> datetime:
    """One month and one day ago: a subscription that began then is due for one period, on any day of the tests."""
    now = clock.now()
    return clock.add_months(now, -1, anchor_day=clock.in_seoul(now).day) - timedelta(days=1)


@pytest.fixture
def user(app: Flask) -> User:
    return make_user()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who is not signed in."""
    return app.test_client()


@pytest.fixture
def shopper(app: Flask, user: User) -> FlaskClient:
    """A visitor signed in as `user`."""
    return signed_in(app, user)


def signed_in(app: Flask, user: User) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = sessions.begin(user, now=clock.machine_now()), True
    return client


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Use the system's Chromium if there is one, else Playwright's own. Root needs `--no-sandbox`."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    system = next(filter(None, map(shutil.which, names)), None)
    return {
        **browser_type_launch_args,
        **({"executable_path": system} if system else {}),
        "args": [
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            "--disable-gpu",
            "--in-process-gpu",  # software rendering needs no separate process
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ],
    }
