"""The errors that a call to the payment service can raise.

IamportError
├── Refused           the service understood the call and refused it: it did nothing
│   └── NotFound      the service has no such payment, key or registration
├── Unauthorized      the service rejects key, secret or token, even a new token: it did nothing and reports nothing
└── Unknown           no usable answer: the service may or may not have acted; check before you try again
    ├── Busy          too many threads wait for the service already: nothing was sent
    └── CircuitOpen   the service has not answered recent calls: nothing was sent
"""

from datetime import timedelta
from http import HTTPStatus


class IamportError(Exception):
    """The base of all errors of this client."""

    method = ""
    url = ""
    """The request that failed, with its query. Both are empty when there was none. No secret is in it."""
    status: int | None = None
    """The HTTP status of the answer; None without an answer."""
    timed_out = False
    """Whether the time of the call ended before the answer was complete."""
    waited = timedelta()
    """How long the caller waited before the call ended without an answer."""
    sent = True
    """Whether the request itself may have reached the service. False: the service did nothing, so look nothing up."""
    retry_after: float | None = None
    """Seconds that the service asks us to wait before the next request, if it says so (`Retry-After`)."""


class Refused(IamportError):
    """The service refused the call. `code` is the envelope's code, `status` the HTTP status.

    `message` is the service's own Korean sentence: show it, never branch on it.
    """

    def __init__(self, message: str, *, code: int = -1, status: int = 200) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status: int = status

    @property
    def is_turned_away(self) -> bool:
        """Whether the service turned us away, whatever the request: HTTP 403 or 429. It says nothing about the call."""
        return self.status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


class NotFound(Refused):
    """The service has no such payment, key or registration. An error about a token never raises it."""


class Unauthorized(IamportError):
    """The service gives us no token, or rejects it. It does not report whether the payment or key exists."""


class Unknown(IamportError):
    """Timeout, dropped connection, HTTP 5xx, or a body that differs from the service's documentation."""


class Busy(Unknown):
    """All places at the bulkhead are taken. This says nothing about the service; try again later."""

    sent = False


class CircuitOpen(Unknown):
    """The breaker is open, because recent calls got no answer. Try again later."""

    sent = False
