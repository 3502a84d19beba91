"""The circuit breaker: a service that does not answer is left alone, and asked from time to time whether it is back.

closed    every call passes; `THRESHOLD` failures in a row open the breaker, and a `Retry-After` opens it immediately
open      no call passes until the pause ends; each failed probe doubles the pause
probing   one call passes: an answer closes the breaker, a failure opens it again
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import CircuitOpen, IamportError, Refused, Unauthorized, Unknown

log = logging.getLogger(__name__)

THRESHOLD = 5
"""Failures in a row that open the breaker."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds that the breaker stays open the first time, and at most. Jitter takes up to half of it away."""
LONGEST_WAIT = 900.0
"""The longest `Retry-After` in seconds that we honour. A longer one is more likely a mistake than a plan."""
CLOSED, OPEN, PROBING = "closed", "open", "probing"


class Breaker:
    """Counts the failures of one process, whatever thread they happen in.

    A failure is a missing answer, HTTP 5xx, 429 or 403, or a failed token. A refusal or a decline is an answer.
    `what` names for the log what the breaker lets pass. `monotonic` is the clock in seconds. `jitter` returns a number
    from 0 to 1.
    """

    def __init__(
        self,
        what: str = "call",
        *,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._what = what
        self._monotonic = monotonic
        self._jitter = jitter
        self._lock = threading.Lock()
        self._state = CLOSED
        self._failures = 0
        self._all_failures = 0
        self._openings = 0
        """How often it has opened since the service last answered for a while: the exponent of the pause."""
        self._changed_at = monotonic()
        self._open_until = 0.0
        self._changes = 0
        """A call that began before the latest change of state says nothing about the time after it."""

    @property
    def state(self) -> str:
        """`closed`, `open` or `probing`."""
        return self._state

    @property
    def lets_pass(self) -> bool:
        """Whether a call would pass now: the breaker is closed, or its pause is over and no probe is on its way."""
        return self._state == CLOSED or (self._state == OPEN and self._monotonic() >= self._open_until)

    @property
    def failures(self) -> int:
        """How many calls have failed since the start."""
        return self._all_failures

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Let the call inside the block pass, and learn from its outcome.

        Raises:
            CircuitOpen: when the call may not pass. The block does not run.
        """
        begun = self._admit()
        try:
            yield
        except IamportError as err:
            if is_failure(err):
                self._record_failure(err, begun)
            else:
                self._record_answer(begun)
            raise
        except BaseException:
            self._end_probe(begun)  # it was interrupted, so the next call is the probe
            raise
        self._record_answer(begun)

    def _admit(self) -> int:
        with self._lock:
            if not self.lets_pass:
                raise CircuitOpen("the payment service has not answered recent calls")
            if self._state == OPEN:
                self._move(PROBING)
            return self._changes

    def _record_answer(self, begun: int) -> None:
        with self._lock:
            if begun != self._changes:
                return
            self._failures = 0
            if self._state == PROBING:
                self._move(CLOSED)
                log.warning("The payment service answers again: every %s passes.", self._what)
            elif self._monotonic() - self._changed_at >= LONGEST_PAUSE:
                self._openings = 0

    def _record_failure(self, err: IamportError, begun: int) -> None:
        with self._lock:
            self._all_failures += 1
            if begun != self._changes:
                return
            self._failures += 1
            if self._state == PROBING or self._failures >= THRESHOLD or err.retry_after:
                pause = max(self._next_pause(), min(err.retry_after or 0.0, LONGEST_WAIT))
                self._open_until = self._monotonic() + pause
                self._move(OPEN)
                log.warning(
                    "No %s passes for %.0f s, after %d failures in a row. The latest: %s: %s",
                    self._what, pause, self._failures, type(err).__name__, err,
                )  # fmt: skip

    def _end_probe(self, begun: int) -> None:
        with self._lock:
            if begun == self._changes and self._state == PROBING:
                self._move(OPEN)

    def _next_pause(self) -> float:
        full = min(FIRST_PAUSE * 2.0**self._openings, LONGEST_PAUSE)
        self._openings = min(self._openings + 1, 10)
        return full * (1 - self._jitter() / 2)

    def _move(self, state: str) -> None:
        self._state = state
        self._changed_at = self._monotonic()
        self._changes += 1


def is_failure(err: IamportError) -> bool:
    """Whether the error means that the service is not working for us, rather than that it refused this one call."""
    if isinstance(err, Refused):
        return err.is_turned_away
    return isinstance(err, Unknown | Unauthorized)
