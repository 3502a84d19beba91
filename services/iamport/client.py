"""The client: its settings, and whether a call would be sent now. The endpoints are in the modules of its bases."""

import copy
import time
from collections.abc import Callable

import requests

from .billing import Billing
from .breaker import Breaker
from .calls import Calls
from .deadline import open_session
from .exchange import Listener
from .payments import Payments
from .schedules import Schedules
from .transport import Transport


class IamportClient(Payments, Billing, Schedules):
    """Calls the REST API. Threads may share one client.

    `timeout` is the total time in seconds for a call that moves money, from the token to the last byte of the answer.
    `read_timeout` is the total time for any other call; without it they have the same. `places` is the number of
    threads that may wait for the service at the same time. `money_breaker` watches the calls that move money,
    `breaker` all others. `monotonic` is the clock that measures tokens and deadlines. `listener` receives each request
    with its answer, e.g. for a log.
    Every method may also raise `Refused`, `Unauthorized` and `Unknown` (see `errors`).
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        secret: str,
        timeout: float = 30.0,
        read_timeout: float | None = None,
        places: int = 32,
        session: requests.Session | None = None,
        breaker: Breaker | None = None,
        money_breaker: Breaker | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        listener: Listener | None = None,
    ) -> None:
        self._calls = Calls(
            Transport(base_url, session or open_session(), listener),
            credentials={"imp_key": key, "imp_secret": secret},
            timeout=timeout,
            read_timeout=min(read_timeout or timeout, timeout),
            places=places,
            breaker=breaker or Breaker("read", monotonic=monotonic),
            money_breaker=money_breaker or Breaker("charge or refund", monotonic=monotonic),
            monotonic=monotonic,
        )

    def patient(self, *, places: int) -> "IamportClient":
        """Return a client for a worker: every call has the whole `timeout`, and `places` threads may wait.

        It shares session, token and breakers with this client.
        """
        other = copy.copy(self)
        other._calls = self._calls.patient(places=places)
        return other

    @property
    def can_send(self) -> bool:
        """Whether a call that moves no money would be sent now: its breaker lets it pass, and a place is free."""
        return self._calls.can_send

    @property
    def can_charge(self) -> bool:
        """Whether a charge or refund would be sent now: their own breaker lets it pass, and a place is free."""
        return self._calls.can_charge

    @property
    def breaker_state(self) -> str:
        """`closed`, or the state of a breaker that is `open` or `probing`."""
        return self._calls.breaker_state

    @property
    def failures(self) -> int:
        """How many calls of this process have failed since the start: no answer, HTTP 5xx, 429 or 403, or no token."""
        return self._calls.failures

    def ping(self) -> None:
        """Request a new token, to check the service and the credentials.

        Raises:
            IamportError: when the service does not answer or rejects the credentials.
        """
        self._calls.ping()
