"""A call ends at its deadline, however the service keeps it waiting: a real socket drips, and a real clock runs."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from services.iamport import IamportClient, IamportError, Unknown, open_session
from services.iamport.deadline import Deadline
from tests.wire import Stopwatch

TOKEN = b'{"code": 0, "message": null, "response": {"access_token": "t", "now": 0, "expired_at": 1800}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DEADLINE = 0.25
PACE = 0.04
"""Seconds between two bytes that drip: far below the deadline, so no single read takes too long."""
TOO_LONG = 5.0
"""Seconds that no call may last. The dripping answers here would take longer."""


@cache
def certificate() -> Path:
    """Return a file with a new key and its self-signed certificate for `localhost`, made once for a test process."""
    file = Path(mkdtemp()) / "localhost.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(file), "-out", str(file)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return file


class DrippingService:
    """Answers the first request of a connection with `fast` and then, byte by byte, with `slow`."""

    def __init__(self, *, slow: bytes, fast: bytes = b"", over_tls: bool = False) -> None:
        self.slow, self.fast, self.over_tls = slow, fast, over_tls
        self.stopped = threading.Event()
        self.tokens = 0

    @contextmanager
    def running(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            thread.start()
            yield f"{'https' if self.over_tls else 'http'}://localhost:{listener.getsockname()[1]}"
            self.stopped.set()

    def _accept(self, listener: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate())
        while not self.stopped.is_set():
            try:
                connection, _ = listener.accept()
                if self.over_tls:
                    connection = context.wrap_socket(connection, server_side=True)
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := connection.recv(65536):
                    if b"/users/getToken" in request and self.fast != b"no token":
                        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(TOKEN) + TOKEN)
                        continue
                    self._drip(connection)
            except OSError:
                return

    def _drip(self, connection: socket.socket) -> None:
        if self.fast != b"no token":
            connection.sendall(self.fast)
        for byte in self.slow:
            if self.stopped.wait(PACE):
                return
            connection.sendall(bytes([byte]))


LONG = b"x" * 1000
DRIPS = {
    "headers": {"slow": b"HTTP/1.1 200 OK\r\nX-Slow: " + LONG},
    "one header after another": {"slow": HEAD + b"A: b\r\n" * 200},
    "body": {"fast": HEAD + b"Content-Length: 1000\r\n\r\n", "slow": LONG},
    "chunked body": {"fast": HEAD + b"Transfer-Encoding: chunked\r\n\r\n", "slow": b"1\r\nx\r\n" * 200},
    "body without a length": {"fast": HEAD + b"Connection: close\r\n\r\n", "slow": LONG},
    "token": {"fast": b"no token", "slow": LONG},
    "interim answers": {"slow": b"HTTP/1.1 100 Continue\r\n\r\n" * 50},
}


@pytest.mark.parametrize("over_tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS.keys())
def test_an_answer_that_drips_ends_at_the_deadline(drip, over_tls):
    with DrippingService(**drip, over_tls=over_tls).running() as url:
        client = client_of(url, timeout=DEADLINE)

        for call in (client.payment, lambda uid: charge(client, uid)):
            began_at = time.monotonic()
            with pytest.raises(Unknown) as caught:
                call("x_1")
            took = time.monotonic() - began_at

            assert took + 0.01 >= DEADLINE
            assert took < TOO_LONG
            assert caught.value.waited.total_seconds() >= DEADLINE - 0.01


def test_a_complete_answer_over_tls_is_read():
    body = b'{"code": 0, "message": null, "response": {"merchant_uid": "order-1", "amount": 10}}'
    fast = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with DrippingService(fast=fast, slow=b"", over_tls=True).running() as url:
        client = client_of(url, timeout=TOO_LONG)

        amounts = [client.prepared("order-1").amount for _ in range(2)]

    assert amounts == [10, 10]


def test_a_handshake_that_is_never_answered_ends_at_the_deadline():
    with DrippingService(fast=b"no token", slow=b"").running() as url:
        began_at = time.monotonic()
        with pytest.raises(Unknown):
            client_of(url.replace("http:", "https:"), timeout=DEADLINE).payment("imp_1")

    assert time.monotonic() - began_at < TOO_LONG


def test_a_connection_that_nobody_accepts_ends_at_the_deadline():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        began_at = time.monotonic()
        with pytest.raises(Unknown):
            client_of(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=DEADLINE).payment("imp_1")
        for one in crowd:
            one.close()

    assert time.monotonic() - began_at < TOO_LONG


def test_a_redirect_is_not_followed():
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with DrippingService(fast=redirect, slow=b"").running() as url, pytest.raises(Unknown, match="HTTP 302"):
        client_of(url, timeout=TOO_LONG).payment("imp_1")


def test_a_call_that_moves_money_has_longer_than_a_read():
    with DrippingService(**DRIPS["body"]).running() as url:
        client = client_of(url, timeout=4 * DEADLINE, read_timeout=DEADLINE)
        waited = []
        for call in (client.payment, lambda uid: charge(client, uid), client.patient(places=1).payment):
            with pytest.raises(IamportError) as caught:
                call("x_1")
            waited.append(caught.value.waited.total_seconds())

    assert waited[0] < 4 * DEADLINE - 0.01 <= min(waited[1:])


def test_a_part_of_a_call_ends_with_the_call():
    stopwatch = Stopwatch()
    deadline = Deadline(10, stopwatch)
    stopwatch.seconds = 8

    part, longer = deadline.at_most(1), deadline.at_most(30)

    assert (part.left, longer.left, deadline.left) == (1, 2, 2)
    stopwatch.seconds = 11
    assert (part.left, longer.left, deadline.left) == (0, 0, 0)


def client_of(url: str, **settings: float) -> IamportClient:
    session = open_session()
    session.verify, session.trust_env = str(certificate()), False
    return IamportClient(base_url=url, key="key", secret="secret", session=session, **settings)


def charge(client: IamportClient, uid: str) -> None:
    client.again(customer_uid="cu-1", merchant_uid=uid, amount=Decimal(10), name="box")
