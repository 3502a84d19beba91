"""A round of charges: everything that is due, several at the same time, until nothing is left.

Two queues share the threads. *First* charges of a period never wait for *retries*: a retry begins only when no first
charge waits for a thread, and retries use at most half of the threads, so that subscriptions whose look-up hangs do not
hold up a charge that becomes due in the meantime. Look-ups that fail do not open the circuit breaker of charges, and
what cannot be looked up ends the retries of the round, not its first charges.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask, current_app

from errors import ChargeInProgress, PaymentServiceBusy, ShopError
from models import db
from services import claims, renewals
from services.desk import Desk
from services.owners import EVERYONE, Owners

BATCH = 200
"""How many due subscriptions are listed at a time."""
LIST_EVERY = timedelta(seconds=5)
"""Machine time between two lists while charges run, so that what becomes due in a long round is tried soon."""
WAIT = 0.5
"""Seconds to wait for a running charge before the queues are looked at again."""
_KINDS = {"paid": "paid", "checking": "unknown"}
"""Kind of an attempt by the outcome of its order. Any other outcome is a decline."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What became of one subscription in a round."""

    subscription_id: int
    merchant_uid: str | None
    outcome: str
    """The order's outcome (`paid`, `declined`, `checking` …), the code of a `ShopError`, or `error` (see the log)."""
    kind: str
    """`paid`, `declined`, `unknown`, `postponed`, `unread` or `stopped`."""


@dataclass(kw_only=True)
class Tally:
    """The counts of a round. Exit codes: 0 settled, 1 unknown outcomes left, 3 stopped by a circuit breaker."""

    paid: int = 0
    declined: int = 0
    unknown: int = 0
    postponed: int = 0
    """Nothing to charge, no confirmed key yet, an open payment window, or charged by another process."""
    unread: int = 0
    """Not sent, because an earlier attempt cannot be looked up now. These stay due."""
    stopped: int = 0
    """Not sent, because no charge can be sent now. These stay due, and the round ends."""
    started_at: float = field(default_factory=time.monotonic)

    @property
    def tried(self) -> int:
        """How many subscriptions had their turn."""
        return self.paid + self.declined + self.unknown + self.postponed

    @property
    def seconds(self) -> float:
        """How long the round has taken so far."""
        return time.monotonic() - self.started_at

    @property
    def rate(self) -> float:
        """Subscriptions per second."""
        return self.tried / self.seconds if self.seconds > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ran this round."""
        return 3 if self.is_stopped else 1 if self.unknown else 0

    @property
    def is_stopped(self) -> bool:
        """Whether the service does not answer, so that something was left."""
        return bool(self.stopped or self.unread)

    def add(self, attempt: Attempt) -> None:
        """Count one attempt."""
        setattr(self, attempt.kind, getattr(self, attempt.kind) + 1)


class _Queues:
    """The subscriptions of this round that wait for a thread: each is tried once."""

    def __init__(self, desk: Desk, now: Callable[[], datetime], owners: Owners, *, limit: int | None) -> None:
        self._desk, self._now, self._owners, self._left = desk, now, owners, limit
        self._waiting: dict[bool, deque[int]] = {False: deque(), True: deque()}
        self._taken: set[int] = set()
        self._listed_at: datetime | None = None

    def list_again(self, *, is_idle: bool) -> None:
        """List what is due, unless some still wait, or the last list is recent and charges are running."""
        machine_now = self._desk.machine_now()
        is_recent = self._listed_at is not None and machine_now - self._listed_at < LIST_EVERY
        if is_recent and not (is_idle and not any(self._waiting.values())):
            return
        self._listed_at = machine_now
        claims.free_ended(self._desk)
        for retries, waiting in self._waiting.items():
            known = self._taken | set(waiting)
            listed = renewals.due(self._desk, now=self._now(), retries=retries, owners=self._owners, limit=BATCH)
            waiting.extend(one for one in listed if one not in known)

    def take(self, *, may_retry: bool) -> tuple[int, bool] | None:
        """Return the next subscription and whether it is a retry, or None if nothing may be tried now."""
        if self._left == 0:
            return None
        for is_retry in (False, True) if may_retry else (False,):
            if self._waiting.get(is_retry):
                one = self._waiting[is_retry].popleft()
                self._taken.add(one)
                self._left = None if self._left is None else self._left - 1
                return one, is_retry
        return None

    def drop_retries(self) -> None:
        """Try no more retries in this round."""
        self._waiting.pop(True, None)


def charge_due(
    app: Flask,
    desk: Desk,
    *,
    threads: int,
    now: Callable[[], datetime],
    owners: Owners = EVERYONE,
    limit: int | None = None,
    goes_on: Callable[[], bool] = lambda: True,
    report: Callable[[Attempt, Tally], None] = lambda attempt, tally: None,
    tally: Tally | None = None,
) -> Tally:
    """Charge every due subscription of these owners, at most `limit` of them, and return the counts.

    The round ends when nothing is due that it has not tried, when the breaker of charges opens, or when `goes_on`
    returns False. `now` is read for each charge. `tally` is that of an earlier part of the same round, which counts on.
    """
    tally, queues = tally or Tally(), _Queues(desk, now, owners, limit=limit)
    running: dict[Future[Attempt], bool] = {}
    with ThreadPoolExecutor(threads) as pool:
        while True:
            if goes_on() and not tally.stopped:
                queues.list_again(is_idle=not running)
                while len(running) < threads:
                    may_retry = sum(running.values()) < max(1, threads // 2)
                    if (taken := queues.take(may_retry=may_retry)) is None:
                        break
                    running[pool.submit(_charge, app, desk, taken[0], now)] = taken[1]
            if not running:
                return tally
            for done in wait(running, timeout=WAIT, return_when=FIRST_COMPLETED).done:
                del running[done]
                attempt = done.result()
                tally.add(attempt)
                report(attempt, tally)
                if attempt.kind == "unread":
                    queues.drop_retries()


def _charge(app: Flask, desk: Desk, subscription_id: int, now: Callable[[], datetime]) -> Attempt:
    merchant_uid, outcome, kind = None, "error", "unknown"
    with app.app_context(), isolated(f"subscription {subscription_id}"):
        try:
            order = renewals.collect(desk, subscription_id=subscription_id, now=now())
        except ShopError as err:
            outcome, kind = err.code, _kind_of(err)
        else:
            merchant_uid, outcome = order.merchant_uid, order.outcome
            kind = "stopped" if order.is_queued else _KINDS.get(outcome, "declined")
    return Attempt(subscription_id=subscription_id, merchant_uid=merchant_uid, outcome=outcome, kind=kind)


def _kind_of(err: ShopError) -> str:
    if isinstance(err, PaymentServiceBusy):
        return "unread" if err.facts.get("is_look_up") else "stopped"
    return "unknown" if isinstance(err, ChargeInProgress) and err.facts.get("is_unknown") else "postponed"


@contextmanager
def isolated(what: str, *, failed: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Log any error of the block with its trace, and go on: one bad row must not keep the others from their turn.

    `failed` is called on an error.
    """
    try:
        yield
    except Exception:
        failed()
        db.session.rollback()
        current_app.logger.exception("%s was left as it is", what)
