"""Follow up on what is no renewal: notices, open orders, refunds, revoked keys, days to compare, and the journal.

`reading_notices` settles what is reported in a thread of its own, while the worker charges. `look_at_open` takes one
look, which ends after `ROUND_LIMIT`: a service that hangs answers nothing, and renewals wait for the end. `look_at_all`
is for a command, which ends when nothing is left: it looks again as long as the service answers.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Flask, current_app

import clock
from rounds import isolated
from services import (
    billing_keys,
    days,
    journal,
    machine_time,
    notices,
    open_orders,
    owners,
    refunds,
    sessions,
    webhooks,
)
from services.desk import Desk
from services.owners import Group
from states import RefundStatus

NOTICES_EVERY = 0.5
"""Seconds between two looks for notices: a buyer who waits for a webhook's effect sees it within a second."""
NOTICE_THREADS = 4
"""How many notices are settled in parallel. Each may wait for the payment service."""
ROUND_LIMIT = timedelta(seconds=20)
"""How long one look may take. What it has no time for is as due in the next one."""


@contextmanager
def reading_notices(app: Flask, desk: Desk, stop: threading.Event) -> Iterator[None]:
    """Settle notices in a thread of its own during the block, so that no renewal and no refund delays them."""
    thread = threading.Thread(target=_read_notices, args=(app, desk, stop), name="notices")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read_notices(app: Flask, desk: Desk, stop: threading.Event) -> None:
    """Settle the notices that are due, until `stop` is set. A slow read takes one of the threads, not the others.

    While the breaker is open, notices wait without being claimed: the database need not record each failure.
    """
    begun: dict[int, Future[None]] = {}
    with ThreadPoolExecutor(NOTICE_THREADS) as pool:
        while not stop.wait(NOTICES_EVERY):
            begun = {notice_id: future for notice_id, future in begun.items() if not future.done()}
            with app.app_context(), isolated("what was reported"):
                notices.free(desk.process, now=desk.machine_now())
                found = notices.due(now=_machine_now(desk)) if desk.client.can_send else ()
                for notice_id in found:
                    if notice_id not in begun:
                        begun[notice_id] = pool.submit(_read_notice, app, desk, notice_id, stop)


def _read_notice(app: Flask, desk: Desk, notice_id: int, stop: threading.Event) -> None:
    with app.app_context(), isolated(f"notice {notice_id}"):
        if desk.client.can_send and not stop.is_set():
            _process_notice(desk, notice_id)


def _process_notice(desk: Desk, notice_id: int) -> None:
    """Settle a notice in the business time of its order's owner."""
    owner = owners.of_notice(notice_id)
    if owner is not None:
        webhooks.process(desk, notice_id=notice_id, now=desk.time_of(owner), machine_now=_machine_now(desk))


def prune() -> None:
    """Delete expired sessions, and old entries of the journal in small transactions.

    What one look has no time for, the next one deletes.
    """
    sessions.prune(now=clock.machine_now())
    keep, deadline = timedelta(days=current_app.config["JOURNAL_DAYS"]), clock.machine_now() + ROUND_LIMIT
    while journal.prune(now=clock.now(), keep=keep) and clock.machine_now() < deadline:
        continue


def _machine_now(desk: Desk) -> datetime:
    return machine_time.shared(desk.machine_now())


class Look:
    """One look at what is due: it ends after `ROUND_LIMIT` of machine time, or when the circuit breaker opens.

    What it has no time for, or what cannot be sent, stays as it is, and is as due in the next look.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._deadline = desk, desk.machine_now() + ROUND_LIMIT
        self._had: set[tuple[str, int]] = set()
        self._failures = desk.client.failures
        self.settled = self.refunded = self.deleted = 0
        self.is_stopped = False
        """Whether the payment service does not answer, so that something was left."""
        self.has_failed = False
        """Whether an error was logged."""

    def fail(self) -> None:
        """Record that an error was logged."""
        self.has_failed = True

    @property
    def is_unanswered(self) -> bool:
        """Whether the service has left a call without an answer, in a look of this process."""
        return self._desk.client.failures > self._failures

    def repeats(self) -> Iterator[None]:
        """Yield before each look, as long as the one before had something new and the service answered."""
        had = -1
        while len(self._had) > had and not (self.is_stopped or self.is_unanswered):
            had, self._deadline = len(self._had), self._desk.machine_now() + ROUND_LIMIT
            yield

    def turns(
        self, kind: str, ids: Sequence[int], *, now: Callable[[], datetime] = clock.now, moves_money: bool = False
    ) -> Iterator[tuple[int, datetime]]:
        """Yield each id of a kind once, with the moment of its turn, as long as there is time and calls are sent."""
        client = self._desk.client
        for one in ids:
            if self._desk.machine_now() >= self._deadline:
                return
            if not client.can_send or (moves_money and not client.can_charge):  # a refund reads its payment first
                self.is_stopped = True
                return
            if (kind, one) not in self._had:
                self._had.add((kind, one))
                yield one, now()

    @property
    def summary(self) -> str:
        """The counts as a line, or an empty text if nothing changed."""
        if not (self.settled or self.refunded or self.deleted):
            return ""
        counts = f"{self.settled} open orders settled, {self.refunded} refunds made"
        return f"{counts}, {self.deleted} revoked keys deleted"


def look_at_open(desk: Desk) -> Look:
    """Settle the open orders, make the refunds and delete the revoked keys that are due, of each group in its time."""
    look = Look(desk)
    _look_at_groups(desk, look)
    return look


def look_at_all(desk: Desk) -> Look:
    """Settle the notices that are due, and what is open, until nothing is left or the service is silent."""
    return _repeated(desk, _look_at_notices, _look_at_groups)


def look_at_notices(desk: Desk) -> Look:
    """Settle every notice that is due, until none is left or the service is silent."""
    return _repeated(desk, _look_at_notices)


def _repeated(desk: Desk, *parts: Callable[[Desk, Look], None]) -> Look:
    look = Look(desk)
    for _ in look.repeats():
        for part in parts:
            part(desk, look)
    return look


def _look_at_notices(desk: Desk, look: Look) -> None:
    for notice_id, _ in look.turns("notice", notices.due(now=_machine_now(desk))):
        with isolated(f"notice {notice_id}", failed=look.fail):
            _process_notice(desk, notice_id)


def _look_at_groups(desk: Desk, look: Look) -> None:
    for group in desk.groups():
        _look_at_group(desk, look, group)


def _look_at_group(desk: Desk, look: Look, group: Group) -> None:
    owners, now = group.owners, group.now
    for order_id, at in look.turns("order", open_orders.due(desk, now=now(), owners=owners), now=now):
        with isolated(f"order {order_id}", failed=look.fail):
            look.settled += open_orders.process(desk, order_id=order_id, now=at)
    for refund_id, at in look.turns("refund", refunds.due(desk, now=now(), owners=owners), now=now, moves_money=True):
        with isolated(f"refund {refund_id}", failed=look.fail):
            look.refunded += refunds.process(desk, refund_id=refund_id, now=at).status is RefundStatus.MADE
    for key_id, at in look.turns("key", billing_keys.to_delete(desk, now=now(), owners=owners), now=now):
        with isolated(f"billing key {key_id}", failed=look.fail):
            look.deleted += billing_keys.delete(desk, key_id=key_id, now=at)


def compare_days(desk: Desk) -> None:
    """Compare the days that were not compared yet with the service's lists. The next look continues there."""
    deadline = desk.machine_now() + ROUND_LIMIT
    days.catch_up(desk, moment=clock.now, goes_on=lambda: desk.machine_now() < deadline)
