"""Measure how long the home page takes while the payment service hangs: `make bench-outage`.

Sixteen buyers return at the same moment, once a second; each landing reads the service. Fifty forged webhooks per
second name one known order, and a worker tries to read them. First the service answers. Then it accepts every request
and answers none. The home page asks the service nothing: it is slow only if other requests hold the threads.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

from benchmarks.sandbox import ROOT, Server, call, serving
from benchmarks.webhooks import BUYERS, RATE, Figures, open_shop

WARM_UP, ANSWERING, HANGING = 4, 8, 15
"""Seconds. The warm-up is not counted: it loads the code of every process."""
PAGES_PER_SECOND = 20
AIM_MS = 1000
IMP_TIMEOUT = "10"
"""Seconds that the shop waits for the service."""

Send = Callable[[http.client.HTTPConnection], None]


def read_page(path: str, connection: http.client.HTTPConnection) -> None:
    """Request a page and read the whole answer.

    Raises:
        ValueError: when the shop answers with an error.
    """
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status >= 400:
        raise ValueError(f"HTTP {answer.status}")


def send(server: Server, request: Send, planned: float, figures: Figures) -> None:
    """Send one request on a connection of its own at its planned moment, and add how long it takes from there."""
    time.sleep(max(0.0, planned - time.perf_counter()))
    connection = server.connect()
    try:
        request(connection)
    except (OSError, ValueError, http.client.HTTPException):
        figures.failures += 1
    finally:
        connection.close()
    figures.times.append((time.perf_counter() - planned) * 1000)


def at_rate(server: Server, request: Send, rate: float, seconds: float, figures: Figures) -> None:
    """Send `rate` requests per second, whether the one before was answered or not."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(64) as pool:
        for number in range(int(rate * seconds)):
            pool.submit(send, server, request, begun + number / rate, figures)


class Service(BaseHTTPRequestHandler):
    """A payment service that issues tokens and knows no payment, until it hangs."""

    hangs = threading.Event()
    ends = threading.Event()

    def do_GET(self) -> None:
        self._answer(404, {"code": -1, "message": "not found", "response": None})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = {"access_token": "a" * 40, "now": int(time.time()), "expired_at": int(time.time()) + 1800}
        self._answer(200, {"code": 0, "message": None, "response": token})

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""

    def _answer(self, status: int, envelope: dict[str, object]) -> None:
        if self.hangs.is_set():
            self.ends.wait()
            return
        body = json.dumps(envelope).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running_service() -> Iterator[str]:
    """Run the service for the duration of the block. The value is its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        Service.ends.set()
        server.shutdown()


def load(shop: Server, orders: list[str], seconds: int) -> dict[str, Figures]:
    """Read the home page beside the returning buyers and the forged webhooks, and return the times of each."""
    figures = {name: Figures() for name in ("home page", "16 landings", "forged webhooks")}
    begun = time.perf_counter()

    def return_of(buyer: int) -> None:
        for second in range(seconds):
            order = orders[(second * BUYERS + buyer) % len(orders)]
            page = partial(read_page, f"/payments/landing?merchant_uid={order}&imp_uid=imp_{uuid4().hex[:12]}")
            send(shop, page, begun + second, figures["16 landings"])

    def forge(connection: http.client.HTTPConnection) -> None:
        body = {"merchant_uid": orders[-1], "imp_uid": f"imp_{uuid4().hex[:12]}", "status": "paid"}
        call(connection, "/webhooks/iamport", body)

    threads = [threading.Thread(target=return_of, args=(buyer,)) for buyer in range(BUYERS)]
    threads.append(threading.Thread(target=at_rate, args=(shop, forge, RATE, seconds, figures["forged webhooks"])))
    for thread in threads:
        thread.start()
    at_rate(shop, partial(read_page, "/"), PAGES_PER_SECOND, seconds, figures["home page"])
    for thread in threads:
        thread.join()
    return figures


def main() -> None:
    """Print one line per kind of request, and the load of the machine."""
    folder, load_before = Path(tempfile.mkdtemp()), os.getloadavg()[0]
    command = [sys.executable, "-m", "flask", "--app", "app", "renew-due", "--forever"]
    try:
        with running_service() as service:
            environ, orders = open_shop(folder, service)
            environ["IMP_TIMEOUT"] = IMP_TIMEOUT
            with serving("benchmarks.webhooks:create_quiet_app()", environ) as shop, silenced(command, environ):
                load(shop, orders, WARM_UP)
                answering = load(shop, orders, ANSWERING)
                Service.hangs.set()
                hanging = load(shop, orders, HANGING)
    finally:
        shutil.rmtree(folder)
    _report(answering, hanging, load_before)


@contextmanager
def silenced(command: list[str], environ: dict[str, str]) -> Iterator[None]:
    """Run a process without its output for the duration of the block."""
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _report(answering: dict[str, Figures], hanging: dict[str, Figures], load_before: float) -> None:
    print(f"\nIMP_TIMEOUT={IMP_TIMEOUT}, load of the machine {load_before:.1f} before, {os.getloadavg()[0]:.1f} after")
    print(f"The aim is a slowest home page of {AIM_MS} ms while the service hangs.")
    columns = f"{'count':>6} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'p99 of answering':>17} {'failures':>9}"
    print(f"{'the service':<12}{'':<16}{columns}")
    for title, figures in (("answers", answering), ("hangs", hanging)):
        for name, one in figures.items():
            p99 = quantiles(one.times, n=100)[98]
            ratio = p99 / quantiles(answering[name].times, n=100)[98]
            spread = f"{median(one.times):>8.1f} {p99:>8.1f} {max(one.times):>8.1f}"
            print(f"{title:<12}{name:<16}{len(one.times):>6} {spread} {ratio:>17.1f} {one.failures:>9}")


if __name__ == "__main__":
    main()
