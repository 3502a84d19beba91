"""Measure how fast the shop takes webhooks while the payment service hangs: `make bench-webhooks`.

The service accepts every connection and never answers. Sixteen buyers return once a second, and the worker tries to
read what was reported. Then 50 webhooks arrive per second, each on a connection of its own and at its own time, whether
the one before was answered or not. The limit is a bare Flask view that stores one row, under the same gunicorn and with
the same SQLite settings.
"""

import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

from flask import Flask
from flask_migrate import upgrade

import clock
from app import create_app
from benchmarks.bare import create_database
from benchmarks.sandbox import ROOT, Server, call, serving
from config import Config
from models import User, db
from services import catalog, checkout
from services.checkout import Buyer

RATE = 50
"""Webhooks per second."""
SECONDS = 1.5
ROUNDS = 3
"""The contenders take turns, so that a busy moment of the machine affects all of them."""
BUYERS = 16
ORDERS = 100
AIM_MS = 50


@dataclass
class Figures:
    """The times of one contender, in milliseconds from the planned moment to the whole answer."""

    times: list[float] = field(default_factory=list)
    failures: int = 0


def create_quiet_app() -> Flask:
    """Return the shop's application, whose log does not name every request that the service did not answer."""
    logging.disable(logging.WARNING)
    return create_app()


@contextmanager
def hanging_service() -> Iterator[str]:
    """Yield the address of a service that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4096)  # the system accepts; nothing reads
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def open_shop(folder: Path, service: str) -> tuple[dict[str, str], list[str]]:
    """Create the shop's database with `ORDERS` open orders. Return its environment and their `merchant_uid`s."""
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "FLASK_SKIP_DOTENV": "1",
        "DEMO": "1",
        "SECRET_KEY": secrets.token_hex(),
        "DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
        "PUBLIC_URL": "http://localhost:8000",
        "IMP_API_URL": service,
        "IMP_SDK_URL": f"{service}/v1/iamport.js",
        "IMP_CODE": "imp00000000",
        "IMP_KEY": "sandbox_key",
        "IMP_SECRET": "sandbox_secret",
    }
    app = create_app(Config.from_environ(environ))
    with app.app_context():
        upgrade()
        catalog.seed()
        user = User(email="buyer@example.com", name="Kim", password_hash="", created_at=clock.now())
        db.session.add(user)
        merchant_uids = [_place(app.extensions["desk"], user) for _ in range(ORDERS)]
        db.session.remove()
        db.engine.dispose()
    return environ, merchant_uids


def _place(desk: checkout.Desk, user: User) -> str:
    buyer = Buyer(name="Haneul Kim", email=user.email, tel="010-1234-5678", ip="127.0.0.1", language="ko")
    plan = catalog.plan_on_sale("coffee-monthly")
    order = checkout.place(desk, user=user, plan=plan, guide_id="inicis", buyer=buyer, now=clock.now())
    return order.merchant_uid


@contextmanager
def busy(shop: Server, environ: dict[str, str], merchant_uids: list[str]) -> Iterator[None]:
    """Run the worker, and let `BUYERS` return to the shop once a second, for the duration of the block."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "renew-due", "--forever"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stop = threading.Event()

    def buyer(number: int, merchant_uid: str) -> None:
        stop.wait(number / BUYERS)  # they do not return in the same moment
        while not stop.wait(1.0):
            connection = shop.connect()
            connection.request("GET", f"/payments/landing?merchant_uid={merchant_uid}&imp_uid=imp_{merchant_uid[-12:]}")
            connection.getresponse().read()
            connection.close()

    with ThreadPoolExecutor(BUYERS) as pool:
        for number, merchant_uid in enumerate(merchant_uids[:BUYERS]):
            pool.submit(buyer, number, merchant_uid)
        try:
            yield
        finally:
            stop.set()
            worker.kill()
            worker.wait()


def deliver(server: Server, path: str, bodies: Iterator[dict[str, object]], figures: Figures) -> None:
    """Send `RATE` requests per second for `SECONDS`, each at its planned moment, and add their times."""
    begun = time.perf_counter()

    def send(number: int, body: dict[str, object]) -> None:
        planned = begun + number / RATE
        time.sleep(max(0.0, planned - time.perf_counter()))
        connection = server.connect()
        try:
            call(connection, path, body)
        except (OSError, ValueError):
            figures.failures += 1
        finally:
            connection.close()
        figures.times.append((time.perf_counter() - planned) * 1000)

    with ThreadPoolExecutor(RATE) as pool:
        for number in range(int(RATE * SECONDS)):
            pool.submit(send, number, next(bodies))


def main() -> None:
    """Print one line per contender."""
    folder = Path(tempfile.mkdtemp())
    create_database(folder / "bare.db")
    try:
        with hanging_service() as service:
            environ, merchant_uids = open_shop(folder, service)
            environ["BARE_DATABASE"] = str(folder / "bare.db")
            with (
                serving("benchmarks.bare:create_app()", environ) as bare,
                serving("benchmarks.webhooks:create_quiet_app()", environ) as shop,
                busy(shop, environ, merchant_uids),
            ):
                _report(_measure(bare, shop, merchant_uids))
    finally:
        shutil.rmtree(folder)


def _measure(bare: Server, shop: Server, merchant_uids: list[str]) -> dict[str, Figures]:
    rows = ({"value": uuid4().hex} for _ in cycle([0]))
    one_each = ({"merchant_uid": uid, "imp_uid": f"imp_{uuid4().hex[:12]}"} for uid in cycle(merchant_uids))
    forged = ({"merchant_uid": merchant_uids[0], "imp_uid": f"imp_{uuid4().hex[:12]}"} for _ in cycle([0]))
    contenders = {
        "bare view": (bare, "/orm", rows),
        f"webhooks, {ORDERS} orders": (shop, "/webhooks/iamport", one_each),
        "forged, one order": (shop, "/webhooks/iamport", forged),
    }
    for server, path, bodies in contenders.values():
        deliver(server, path, bodies, Figures())  # not counted: it loads the code of every process
    figures = {name: Figures() for name in contenders}
    for _ in range(ROUNDS):
        for name, (server, path, bodies) in contenders.items():
            deliver(server, path, bodies, figures[name])
    return figures


def _report(figures: dict[str, Figures]) -> None:
    print(f"\n{RATE} per second while the payment service hangs; the aim is {AIM_MS} ms at p99")
    print(f"{'':<24}{'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'p99 of bare':>12} {'failures':>9}")
    limit = 0.0
    for name, one in figures.items():
        p99 = quantiles(one.times, n=100)[98]
        limit = limit or p99
        middle, longest = median(one.times), max(one.times)
        print(f"{name:<24}{middle:>8.1f} {p99:>8.1f} {longest:>8.1f} {p99 / limit:>12.1f} {one.failures:>9}")


if __name__ == "__main__":
    main()
