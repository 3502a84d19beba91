"""A proxy between shop and service, in which a test drops a call, loses its answer, or holds it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

CHARGE, LOOK_UP, TOKEN, REFUND = "/subscribe/payments/again", "/payments/find/", "/users/getToken", "/payments/cancel"
"""Parts of the path by which a test names the calls that it plans a fault for."""
LONGEST_WAIT = 120
"""Seconds. A wait for a call that is longer has failed."""


class Exchange(BaseHTTPRequestHandler):
    """One call of the shop. A fault passes it on, answers it, or returns without an answer: the connection closes."""

    proxy: "Proxy"
    protocol_version = "HTTP/1.1"

    def ask(self) -> requests.Response | None:
        """Pass the call on to the service, and return its answer; None when the service is down."""
        names = ("Authorization", "Content-Type")
        sent = {name: self.headers[name] for name in names if name in self.headers}
        url = self.proxy.target() + self.path
        with suppress(requests.ConnectionError):
            return requests.request(self.command, url, data=self._body, headers=sent, timeout=LONGEST_WAIT)
        return None

    def answer(self, answer: requests.Response | None, *, share: float = 1.0) -> None:
        """Send this share of the service's answer to the shop."""
        if answer is None:
            return
        with suppress(ConnectionError):  # the shop was killed, or waits no longer
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content[: int(len(answer.content) * share)])
            self.close_connection = share < 1

    def do_GET(self) -> None:
        self._receive()

    def do_POST(self) -> None:
        self._receive()

    def do_DELETE(self) -> None:
        self._receive()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _receive(self) -> None:
        self._body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True  # unless the call is answered
        fault = self.proxy.next_fault(self.path)
        if fault is None:
            self.answer(self.ask())
        else:
            fault(self)


Fault = Callable[[Exchange], None]


def closed_before(_exchange: Exchange) -> None:
    """Close the connection before the service receives the call."""


def closed_after(exchange: Exchange) -> None:
    """Close the connection after the service has processed the call."""
    exchange.ask()


def cut_short(exchange: Exchange) -> None:
    """Close the connection in the middle of the answer."""
    exchange.answer(exchange.ask(), share=0.5)


def never_answered(exchange: Exchange) -> None:
    """Let the shop wait for the answer until it gives up."""
    exchange.ask()
    exchange.proxy.is_closed.wait(LONGEST_WAIT)


class Hold:
    """Holds one call until the test releases it, before the service receives it or after the service has answered."""

    def __init__(self, *, answered: bool) -> None:
        self._answered = answered
        self._arrived = threading.Semaphore(0)
        self._released = threading.Event()
        self._ended = threading.Semaphore(0)

    def __call__(self, exchange: Exchange) -> None:
        answer = exchange.ask() if self._answered else None
        self._arrived.release()
        self._released.wait(LONGEST_WAIT)
        exchange.answer(answer if self._answered else exchange.ask())
        self._ended.release()

    def wait(self) -> None:
        """Return when the call is held."""
        assert self._arrived.acquire(timeout=LONGEST_WAIT), "no call arrived"

    def release(self) -> None:
        """Let the held call go on, and return when it has ended."""
        self._released.set()
        assert self._ended.acquire(timeout=LONGEST_WAIT)


@dataclass
class Proxy:
    """Passes calls on to the address that `target` returns, and applies to each the next fault planned for its path."""

    target: Callable[[], str]
    url: str = ""
    is_closed: threading.Event = field(default_factory=threading.Event)
    _faults: list[tuple[str, Fault]] = field(default_factory=list)
    _mutex: Any = field(default_factory=threading.Lock)

    def plan(self, path: str, fault: Fault, *, times: int = 1) -> None:
        """Apply `fault` to the next `times` calls whose path contains `path`."""
        with self._mutex:
            self._faults += [(path, fault)] * times

    def hold(self, path: str, *, answered: bool) -> Hold:
        """Hold the next call whose path contains `path`."""
        held = Hold(answered=answered)
        self.plan(path, held)
        return held

    def next_fault(self, path: str) -> Fault | None:
        """Return the fault for a call that has arrived, and forget it."""
        with self._mutex:
            index = next((i for i, (part, _) in enumerate(self._faults) if part in path), None)
            return None if index is None else self._faults.pop(index)[1]

    @property
    def is_spent(self) -> bool:
        """Whether each planned fault has happened."""
        return not self._faults

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Run the proxy on a free port for the duration of the block."""
        handler = type("Handler", (Exchange,), {"proxy": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield self
        self.is_closed.set()
        server.shutdown()
        server.server_close()
