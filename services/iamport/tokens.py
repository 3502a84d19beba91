"""The access token: requested by one thread for all, and never under a lock.

Documentation: https://developers.portone.io/api/rest-v1/auth
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from .deadline import Deadline
from .errors import IamportError, Unauthorized, Unknown
from .types import Token

RENEW_EARLY = 60
"""Seconds before a token's end at which we renew it. In the last minute the service extends it, never replaces it."""


class Tokens:
    """Keeps the current token. `request` asks the service for one within a deadline, as `IamportClient` does."""

    def __init__(self, request: Callable[[Deadline], Token], monotonic: Callable[[], float]) -> None:
        self._request = request
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = self._ends_at = 0.0
        self._pending: Future[str] | None = None

    def get(self, deadline: Deadline) -> str:
        """Return a valid token. While one thread renews it, the others use the old one, or wait until `deadline`.

        Raises:
            Unauthorized: when the service gives us no token.
            Unknown: when no token arrived in time.
        """
        with self._lock:
            now = self._monotonic()
            if now < self._renew_at:
                return self._token
            pending, renews = self._pending, self._pending is None
            if pending is None:
                pending = self._pending = Future()
            elif now < self._ends_at:
                return self._token
        if renews:
            return self._renew(pending, deadline)
        try:
            return pending.result(timeout=deadline.left)
        except TimeoutError as err:
            raise Unknown("no token in time: another thread still waits for it") from err
        except Unauthorized as err:
            raise Unauthorized(*err.args) from err
        except IamportError as err:
            raise Unknown(*err.args) from err

    def forget(self, token: str) -> None:
        """Discard a token that the service rejected, unless it has been replaced already."""
        with self._lock:
            if token == self._token:
                self._renew_at = self._ends_at = 0.0

    def _renew(self, pending: "Future[str]", deadline: Deadline) -> str:
        asked_at = self._monotonic()
        try:
            token = self._request(deadline)
        except BaseException as err:
            self._finish()
            pending.set_exception(err if isinstance(err, IamportError) else Unknown("the request was interrupted"))
            raise
        self._finish(token, asked_at)
        pending.set_result(token.access_token)
        return token.access_token

    def _finish(self, token: Token | None = None, asked_at: float = 0.0) -> None:
        with self._lock:
            self._pending = None
            if token is not None:
                self._token, self._ends_at = token.access_token, asked_at + token.life
                self._renew_at = self._ends_at - RENEW_EARLY
