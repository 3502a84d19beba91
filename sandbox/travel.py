"""Move the clock of a merchant or of some customers, and do what falls due on the way, in order and at its own time.

The clock stops at everything that is due. A schedule runs in the transaction that moves the clock to its time. Then
the sandbox sends the shop's webhooks and waits for the answers. So a shop that schedules the next month when a
webhook reports this month as paid passes a whole year in one move of the clock.
"""

import math
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, true

from .ledger.models import Delivery, Merchant, Payment, PendingCancel, Schedule, db
from .ledger.transactions import exclusive
from .merchants import clock
from .rules import late, schedules
from .webhooks import delivery
from .wire.parameters import Malformed

MAX_STOPS = 1000
"""Stops of one move. A clock that would need more stays at the last of them."""

PATIENCE = 15.0
"""Seconds that the shop has at a stop to answer its webhooks. Afterwards the clock moves on without waiting again."""

POLL_INTERVAL = 0.02
"""Seconds between two checks for open webhooks."""

NEVER: ColumnElement[int] = literal_column("0")
"""A literal, not a bound parameter, so that SQLite uses the index of payments with a late approval."""


def to(merchant: Merchant, ahead: int, customer_uids: Sequence[str] = ()) -> list[Payment]:
    """Set the clock of `merchant`, or those of some of its customers, `ahead` seconds from the computer's.

    Return the payments of the schedules that ran. Going forward stops at everything due; going back takes one step
    and undoes nothing. Several customers go together, in the order in which their work is due. Call it outside a
    transaction.

    Raises:
        Malformed: when the clock would be before 1970 or after the year 3000.
    """
    if not 0 <= clock.now() + ahead <= clock.LATEST:
        raise Malformed("a clock must stay between the years 1970 and 3000")
    made: list[Payment] = []
    patience = PATIENCE
    clocks: Sequence[str | None] = customer_uids or [None]
    for _ in range(MAX_STOPS):
        with exclusive(merchant):
            left = max(ahead - clock.offset_of(merchant, one) for one in clocks)
            stop = _next_stop(merchant, customer_uids, left) if left > 0 else None
            _shift(merchant, left if stop is None else stop, ahead, customer_uids)
            ran = schedules.catch_up(merchant, customer_uids) if left >= 0 else []
        made += ran
        for payment in ran:
            delivery.announce(payment)
        if not _finish_stop(merchant, patience, customer_uids):
            patience = 0.0
        if stop is None:
            break
    return made


def next_in(merchant: Merchant, customer_uids: Sequence[str] = ()) -> int | None:
    """Return the seconds until the next work of these customers, or of all, is due; None when there is none."""
    waits = db.session.execute(select(*(query.scalar_subquery() for query in _agenda(merchant, customer_uids)))).one()
    return min((math.ceil(wait) for wait in waits if wait is not None), default=None)


def _next_stop(merchant: Merchant, customer_uids: Sequence[str], left: int) -> int | None:
    """Return the seconds until the next due time, more than 0 and less than `left`, or None when nothing is due."""
    stop = next_in(merchant, customer_uids)
    return stop if stop is not None and stop < left else None


def _agenda(merchant: Merchant, customer_uids: Sequence[str]) -> list[Select[Any]]:
    """Return a query per kind of work: the seconds until the next is due, for these customers or for all."""
    schedule = clock.seconds_until(Schedule.schedule_at, Schedule.merchant_id, Schedule.customer_uid)
    approval = clock.seconds_until(Payment.approve_at, Payment.merchant_id, Payment.customer_uid)
    cancel = clock.seconds_until(PendingCancel.due_at, Payment.merchant_id, Payment.customer_uid)
    notice = delivery.seconds_until_due()

    def theirs(row: type[Schedule] | type[Payment] | type[Delivery]) -> ColumnElement[bool]:
        return row.customer_uid.in_(customer_uids) if customer_uids else true()

    return [
        _first(schedule, Schedule.merchant_id == merchant.id, Schedule.status == "scheduled", theirs(Schedule)),
        _first(approval, Payment.merchant_id == merchant.id, Payment.approve_at > NEVER, theirs(Payment)),
        _first(cancel, Payment.merchant_id == merchant.id, theirs(Payment)).join(PendingCancel.payment),
        _first(notice, Delivery.merchant_id == merchant.id, Delivery.state == "queued", theirs(Delivery)),
    ]


def _first(wait: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(func.min(wait)).where(*conditions, wait > 0)


def _shift(merchant: Merchant, seconds: int, ahead: int, customer_uids: Sequence[str]) -> None:
    """Move the clocks by `seconds`, and none of them beyond `ahead`."""
    if not customer_uids:
        merchant.clock_offset += seconds
        return
    offsets = merchant.customer_offsets
    # Assign a new dict, because the column does not detect a change inside the old one.
    moved = {uid: offsets.get(uid, 0) + min(seconds, ahead - clock.offset_of(merchant, uid)) for uid in customer_uids}
    merchant.customer_offsets = {uid: offset for uid, offset in {**offsets, **moved}.items() if offset}


def _finish_stop(merchant: Merchant, patience: float, customer_uids: Sequence[str]) -> bool:
    """Do the remaining work due at this stop. Return whether the shop answers all webhooks in `patience` seconds."""
    deadline = time.monotonic() + patience
    late.run_due(clock.now())
    while True:
        delivery.send_due(clock.now())
        left = delivery.open_deliveries(merchant, customer_uids)
        if not any(notice.due_at <= clock.of_delivery(notice) for notice in left):
            return True
        if time.monotonic() >= deadline:
            return False
        db.session.commit()
        time.sleep(POLL_INTERVAL)
