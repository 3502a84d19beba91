"""Measure how fast the shop serves a guide, beside a bare Flask and Jinja page: `make bench-guides`.

The bare page has a layout, a macro and a table of fields that a view passes to it. It has no session, no database, no
translations and no security headers. Both are served by gunicorn with the workers and threads of the `Procfile`, to
visitors without an account and without cookies. Because a guide is long, a second bare page is as long as the guide:
it shows what the bytes alone cost. The last line is a guide as a browser requests it, compressed. The processor time of
the workers for one page is read from `/proc`, so it is 0 on a system without that.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from flask import Flask, render_template

from benchmarks.sandbox import Server, serving
from benchmarks.webhooks import open_shop

SECONDS = 2.0
ROUNDS = 7
"""The contenders take turns, so that a busy moment of the machine affects all of them. The table shows medians."""
CLIENTS = 8
AIM = 0.30
"""The least share of the bare page's rate."""
ROWS = 20
"""Fields on the bare page, as many as a guide explains."""
GUIDE = "/guides/inicis"


@dataclass
class Figures:
    """What one contender did in each round: pages per second, and processor milliseconds of its workers per page."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


def create_bare_app() -> Flask:
    """Return the application with the bare page: `/rows/20` has 20 fields."""
    app = Flask(__name__)
    links = [(f"/{name}", name.title()) for name in ("plans", "guides", "subscriptions", "account")]

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/rows/<int:count>")
    def page(count: int) -> str:
        meaning = "What the field means, where it is required, and what the shop sends in it."
        fields = [
            {"name": f"field_{number}", "type": "string", "required": number % 3 == 0, "meaning": meaning}
            for number in range(count)
        ]
        return render_template("page.html", links=links, fields=fields)

    return app


def reader(server: Server, path: str, language: str) -> Callable[[], int]:
    """Return a function that reads the page and returns its length, over a connection that it keeps.

    It parses no more than it needs, because it shares the machine with the servers.
    """
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: {language}\r\n\r\n".encode()

    def read() -> int:
        connection.sendall(request)
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"{path}: {head[:40]!r}")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        left = length - len(body)
        while left > 0:
            left -= len(connection.recv(left))
        return length

    return read


def load(server: Server, path: str, language: str) -> tuple[float, float]:
    """Let `CLIENTS` read the page over `SECONDS`. Return pages per second, and milliseconds of processors per page."""
    pages = [0] * CLIENTS
    used, until = cpu_time(server), time.perf_counter() + SECONDS

    def client(number: int) -> None:
        read = reader(server, path, language)
        while time.perf_counter() < until:
            read()
            pages[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(pages) / SECONDS, (cpu_time(server) - used) * 1000 / sum(pages)


def cpu_time(server: Server) -> float:
    """Return the processor time that the workers have used, in seconds."""
    pids = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True).stdout.split()
    files = [file for pid in pids if (file := Path(f"/proc/{pid}/stat")).exists()]
    ticks = [file.read_text().rpartition(")")[2].split()[11:13] for file in files]
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


def rows_for(server: Server, length: int) -> int:
    """Return how many fields make the bare page at least `length` bytes long."""
    short, long = (reader(server, f"/rows/{count}", "en")() for count in (100, 200))
    return -(-(length - short) * 100 // (long - short)) + 100


def main() -> None:
    """Print one line per page, and the load of the machine."""
    folder, load_before = Path(tempfile.mkdtemp()), os.getloadavg()[0]
    try:
        environ, _ = open_shop(folder, "http://127.0.0.1:9")
        with (
            serving("benchmarks.guides:create_bare_app()", environ) as bare,
            serving("app:create_app()", environ) as shop,
        ):
            long = rows_for(bare, reader(shop, GUIDE, "ko")())
            contenders = {
                "bare page": (bare, f"/rows/{ROWS}", "en"),
                "bare page, as long": (bare, f"/rows/{long}", "en"),
                "guide, ko": (shop, GUIDE, "ko"),
                "guide, en": (shop, GUIDE, "en"),
                "guide, ko, zstd": (shop, GUIDE, "ko\r\nAccept-Encoding: zstd"),
            }
            lengths = {name: reader(*one)() for name, one in contenders.items()}
            for one in contenders.values():
                load(*one)  # not counted: it loads the code of every process
            figures = {name: Figures() for name in contenders}
            for _ in range(ROUNDS):
                for name, one in contenders.items():
                    pages, cost = load(*one)
                    figures[name].rates.append(pages)
                    figures[name].costs.append(cost)
    finally:
        shutil.rmtree(folder)
    _report(figures, lengths, load_before)


def _report(figures: dict[str, Figures], lengths: dict[str, int], load_before: float) -> None:
    print(f"\n{CLIENTS} clients, load of the machine {load_before:.1f} before, {os.getloadavg()[0]:.1f} after")
    print(f"The aim is {AIM:.0%} of the bare page. Medians of {ROUNDS}.")
    print(f"{'':<20}{'KB':>6} {'pages/s':>8} {'of the bare page':>17} {'CPU ms':>8} {'of the bare page':>17}")
    bare = figures["bare page"]
    for name, one in figures.items():
        of_rate = median(mine / other for mine, other in zip(one.rates, bare.rates, strict=True))
        of_cost = median(other / mine if mine else 0.0 for mine, other in zip(one.costs, bare.costs, strict=True))
        print(
            f"{name:<20}{lengths[name] / 1024:>6.0f} {median(one.rates):>8.0f} {of_rate:>17.1%}"
            f" {median(one.costs):>8.2f} {of_cost:>17.1%}"
        )


if __name__ == "__main__":
    main()
