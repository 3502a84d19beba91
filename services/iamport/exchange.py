"""What a listener receives of each request: enough to show it to a developer, and nothing secret.

client = IamportClient(…, listener=print)
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, without headers. Of a request for a token both bodies are empty."""

    method: str
    path: str
    """With its query."""
    request: str
    """The JSON text that was sent, with `***` for each field of a card; empty without a body."""
    status: int | None
    """The HTTP status. None: no answer arrived."""
    answer: str
    """The body of the answer, as text."""
    error: str
    """Why no answer arrived, such as `ReadTimeout`; empty with an answer."""
    took: timedelta
    """From the request to the last byte of the answer."""


Listener = Callable[[Exchange], None]
"""Runs in the thread of the call, after each request. It must be quick, and must not raise."""
