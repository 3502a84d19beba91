"""Post to a shop, for webhooks and confirmations, wherever it is except at a link-local address."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ..wire import link_local

MARK = {"X-Sandbox-Sent": "1"}
"""A header of everything that is sent. The sandbox's own levers refuse it: a page of any origin may choose the URL."""


class LinkLocalAddress(ValueError):
    """The host name of the URL leads to a link-local address."""


@contextmanager
def post(url: str, body: str, content_type: str, timeout: Any) -> Iterator[requests.Response]:
    """Post `body` and give the answer, whose body the caller may read. A redirect is not followed.

    Raises:
        requests.RequestException: when there is no answer within `timeout`, in seconds.
        ValueError: when the URL has no valid host name; `LinkLocalAddress` when the host must not be called.
    """
    with requests.Session() as session:
        # Ignore a proxy of the environment: it would not find a shop on this machine.
        session.trust_env = False
        session.mount("http://", _Adapter())
        session.mount("https://", _Adapter())
        yield session.post(
            url,
            data=body.encode(),
            headers={"Content-Type": content_type, **MARK},
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        )


def _check(connection: HTTPConnection) -> None:
    """Close a new connection to a link-local address before anything is sent. Raises `LinkLocalAddress`.

    The connection is checked, not its host name: a second look-up of the name could lead elsewhere.
    """
    if connection.sock and link_local.is_link_local(connection.sock.getpeername()[0]):
        connection.close()
        raise LinkLocalAddress(connection.host)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _check(self)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _check(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
