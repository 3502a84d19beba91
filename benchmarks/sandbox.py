"""Measure how fast the sandbox charges, beside the fastest that is possible: `make bench-sandbox`.

A pair is `POST /users/getToken` and `POST /subscribe/payments/again`. The limits are two bare Flask views under the
same gunicorn, SQLite settings and clients. Each inserts one row and commits; a pair calls it twice. One view uses
Flask-SQLAlchemy, as the sandbox does; the other uses only the driver.
"""

import http.client
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

from benchmarks.bare import create_database

ROOT = Path(__file__).parent.parent
SECONDS = 2.0
ROUNDS = 5
"""The contenders take turns, so that a busy moment of the machine affects all of them. The tables show medians."""
CLIENTS = (1, 16, 64)
STORED = (0, 10_000, 100_000)
GUNICORN = (sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "error")
JSON = {"Content-Type": "application/json"}

Pair = Callable[[http.client.HTTPConnection], None]


class Server:
    """One gunicorn with two workers on a free port, ready when the constructor returns."""

    def __init__(self, target: str, environ: dict[str, str]) -> None:
        self.port = _free_port()
        command = [*GUNICORN, "-w", "2", "--threads", "8", "--bind", f"127.0.0.1:{self.port}", target]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environ)
        while not self._answers():
            time.sleep(0.05)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def memory(self) -> float:
        """Return the resident memory of all workers together, in MB."""
        pids = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return sum(_resident_kb(int(pid)) for pid in pids) / 1024

    def _answers(self) -> bool:
        try:
            self.connect().request("GET", "/healthz")
        except OSError:
            return False
        return True


@contextmanager
def serving(target: str, environ: dict[str, str]) -> Iterator[Server]:
    """Run a server of the application `target` for the duration of the block."""
    server = Server(target, environ)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def call(connection: http.client.HTTPConnection, path: str, body: dict[str, object], token: str = "") -> dict:
    """Send a JSON POST and return the JSON answer."""
    headers = {**JSON, "Authorization": f"Bearer {token}"} if token else JSON
    connection.request("POST", path, json.dumps(body), headers)
    return json.loads(connection.getresponse().read())


def again_pair(customer_uid: str) -> Pair:
    """Return a pair that requests a token from the sandbox and charges this key."""

    def pair(connection: http.client.HTTPConnection) -> None:
        credentials: dict[str, object] = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
        token = call(connection, "/users/getToken", credentials)["response"]["access_token"]
        charge = {"customer_uid": customer_uid, "merchant_uid": uuid4().hex, "amount": 1000, "name": "bench"}
        answer = call(connection, "/subscribe/payments/again", charge, token)
        assert answer["response"]["status"] == "paid", answer

    return pair


def bare_pair(path: str) -> Pair:
    """Return a pair that calls a bare view twice."""

    def pair(connection: http.client.HTTPConnection) -> None:
        for _ in range(2):
            call(connection, path, {"value": uuid4().hex})

    return pair


def load(server: Server, pair: Pair, clients: int) -> tuple[float, float]:
    """Return pairs per second and the 99th percentile in milliseconds, over `SECONDS` with concurrent clients."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS

    def client() -> None:
        connection = server.connect()
        while (begun := time.perf_counter()) < until:
            pair(connection)
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / SECONDS, quantiles(times, n=100)[98] * 1000


def issue_key(server: Server) -> str:
    """Issue a billing key at the sandbox and return its `customer_uid`."""
    connection = server.connect()
    token = call(connection, "/users/getToken", {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"})
    card: dict[str, object] = {"card_number": "4242-4242-4242-4242", "expiry": "2099-12", "birth": "900101"}
    uid = f"bench-{uuid4().hex}"
    call(connection, f"/subscribe/customers/{uid}", card, token["response"]["access_token"])
    return uid


def store(database: Path, total: int) -> None:
    """Fill the ledger up to `total` payments with copies of the newest one. The API would take minutes."""
    with sqlite3.connect(database) as ledger:
        have = ledger.execute("SELECT count(*) FROM payments").fetchone()[0]
        columns = [row[1] for row in ledger.execute("PRAGMA table_info(payments)") if row[1] != "id"]
        fresh = {"imp_uid": "'imp_x' || n", "merchant_uid": "'stored-' || n"}
        values = ", ".join(fresh.get(column, column) for column in columns)
        ledger.execute(
            f"WITH RECURSIVE series(n) AS (SELECT {have} UNION ALL SELECT n + 1 FROM series WHERE n < {total - 1}) "
            f"INSERT INTO payments ({', '.join(columns)}) SELECT {values} FROM series, "
            "(SELECT * FROM payments ORDER BY id DESC LIMIT 1)"
        )


def charge_time(server: Server, pair: Pair, repeats: int = 300) -> float:
    """Return the median time of one pair with one client, in milliseconds."""
    connection = server.connect()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        pair(connection)
        times.append(time.perf_counter() - begun)
    return median(times) * 1000


def main() -> None:
    """Print both tables: the rates beside the limits, and the growth with stored payments."""
    folder = Path(tempfile.mkdtemp())
    environ = {"PATH": str(Path(sys.executable).parent), "BARE_DATABASE": str(folder / "bare.db")}
    create_database(folder / "bare.db")
    ledger = folder / "sandbox.db"
    environ["SANDBOX_DATABASE_URL"] = f"sqlite:///{ledger}"
    try:
        with (
            serving("benchmarks.bare:create_app()", environ) as bare,
            serving("sandbox.app:create_app()", environ) as sandbox,
        ):
            pair = again_pair(issue_key(sandbox))
            charge_time(sandbox, pair, 20)
            _compare_rates(bare, sandbox, pair)
            _measure_growth(sandbox, pair, ledger)
    finally:
        shutil.rmtree(folder)


def _compare_rates(bare: Server, sandbox: Server, pair: Pair) -> None:
    contenders = {"driver": (bare, bare_pair("/driver")), "orm": (bare, bare_pair("/orm")), "sandbox": (sandbox, pair)}
    figures = "".join(f"{name + '/s':>10} {'p99 ms':>8}" for name in contenders)
    print(f"{'clients':>8}{figures} {'of driver':>10} {'of orm':>8}")
    for clients in CLIENTS:
        rounds = [{name: load(*one, clients) for name, one in contenders.items()} for _ in range(ROUNDS)]
        figures = "".join(
            f"{median(one[name][0] for one in rounds):>10.0f} {median(one[name][1] for one in rounds):>8.1f}"
            for name in contenders
        )
        of_driver, of_orm = (median(one["sandbox"][0] / one[limit][0] for one in rounds) for limit in ("driver", "orm"))
        print(f"{clients:>8}{figures} {of_driver:>10.0%} {of_orm:>8.0%}")


def _measure_growth(sandbox: Server, pair: Pair, ledger: Path) -> None:
    print(f"\n{'stored':>8} {'one charge ms':>14} {'of the first':>13} {'workers MB':>11}")
    first = 0.0
    for stored in STORED:
        store(ledger, stored)
        took = charge_time(sandbox, pair)
        first = first or took
        print(f"{stored:>8} {took:>14.2f} {took / first:>12.0%} {sandbox.memory():>11.0f}")


def _resident_kb(pid: int) -> int:
    return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True).stdout or 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
