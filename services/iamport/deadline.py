"""Deadlines: a whole call ends in time, however slowly its answer arrives.

A timeout of `requests` limits the wait for the next bytes, so an answer that drips one byte per second never exceeds
it. A `Deadline` belongs to the call, and `DeadlineAdapter` keeps it while it connects, sends, and reads headers and
body. It cannot limit the resolution of a host name, for which the operating system has its own timeout.
"""

import http.client
import io
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError
from urllib3.util.connection import create_connection

AN_INSTANT = 0.001
"""Seconds. A socket takes a timeout of 0 for "do not wait at all", which raises an error of another kind."""


class Deadline:
    """The time by which a call must have ended: `seconds` from now on the clock `monotonic`."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began_at = monotonic()
        self._ends_at = self._began_at + seconds

    @property
    def left(self) -> float:
        """The seconds left, never less than 0."""
        return max(0.0, self._ends_at - self._monotonic())

    @property
    def waited(self) -> timedelta:
        """The time since the call began."""
        return timedelta(seconds=self._monotonic() - self._began_at)

    def at_most(self, seconds: float) -> "Deadline":
        """Return a deadline for a part of the call, which also ends with the call."""
        return Deadline(min(seconds, self.left), self._monotonic)


def open_session(pool_size: int = 32) -> requests.Session:
    """Return a session that keeps total deadlines and up to `pool_size` connections open. Threads may share it."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(pool_maxsize=pool_size))
    return session


class DeadlineAdapter(HTTPAdapter):
    """Sends requests whose `timeout` is the total time in seconds until the last byte. No request may lack it."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the pools with connections that keep a deadline."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Create the pools of a proxy likewise."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send the request. Raise an error of `requests` when the time ends before the answer is complete."""
        return super().send(request, *args, **{**options, "timeout": Timeout(total=options["timeout"])})


class _Answer(http.client.HTTPResponse):
    """An answer that must be complete within the timeout that its socket has when reading begins."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Reader(self.fp.detach(), sock))


class _Reader(io.RawIOBase):
    """Reads from a socket, and gives each read only the time that is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = Deadline(sock.gettimeout() or 0.0, time.monotonic)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline.left
        if left <= 0:
            raise TimeoutError("the answer is not complete at the deadline")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Connects(HTTPConnection):
    """A connection that tries all addresses of its host, and the TLS handshake, within one deadline."""

    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        deadline = Deadline(self.timeout if isinstance(self.timeout, int | float) else 0.0, time.monotonic)
        failure = OSError(f"{self.host} has no address")
        for *_, address in socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM):
            if not deadline.left:
                break
            try:
                sock = create_connection(
                    (str(address[0]), self.port), deadline.left, socket_options=self.socket_options
                )
            except OSError as err:
                failure = err
            else:
                sock.settimeout(deadline.left or AN_INSTANT)
                return sock
        if not deadline.left:
            raise ConnectTimeoutError(self, f"no connection to {self.host} at the deadline")
        raise failure


class _ConnectsSecurely(_Connects, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connects


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _ConnectsSecurely
