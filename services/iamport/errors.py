"""What a call can end in, other than an answer.

IamportError
├── Refused           understood and turned down: nothing was done by this call
│   └── NotFound      no such payment, key or registration
├── Unauthorized      key, secret or token not accepted, even after a fresh token: nothing was done, or learned
└── Unknown           no usable answer: it may or may not have been done; look before trying again
"""

from datetime import timedelta


class IamportError(Exception):
    """What is common to all."""

    waited = timedelta()
    """How long the call took to end without an answer."""


class Refused(IamportError):
    """`code` is the envelope's, `message` the service's own Korean sentence: show it, never branch on it."""

    def __init__(self, message: str, *, code: int = -1, status: int = 200) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


class NotFound(Refused):
    """The service does not know it."""


class Unauthorized(IamportError):
    """Says nothing about what was asked for: wrong credentials must not look like a missing payment."""


class Unknown(IamportError):
    """Timeout, dropped connection, 5xx, or a body that is not what the service documents."""
