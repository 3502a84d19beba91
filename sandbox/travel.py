"""Move the clock of a merchant or of one customer, and do what falls due on the way, in order and at its own time.

The clock stops at everything that is due. A schedule runs in the transaction that moves the clock to its time. Then
the sandbox sends the shop's webhooks and waits for the answers. So a shop that schedules the next month when a
webhook reports this month as paid passes a whole year in one move of the clock.
"""

import math
import time
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select

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


def to(merchant: Merchant, until: int, customer_uid: str | None = None) -> list[Payment]:
    """Set the clock of `merchant`, or of one of its customers, to `until` (Unix seconds).

    Return the payments of the schedules that ran. Going forward stops at everything due; going back takes one step
    and undoes nothing. Call it outside a transaction.

    Raises:
        Malformed: when `until` is before 1970 or after the year 3000.
    """
    if not 0 <= until <= clock.LATEST:
        raise Malformed("a clock must stay between the years 1970 and 3000")
    made: list[Payment] = []
    patience = PATIENCE
    for _ in range(MAX_STOPS):
        with exclusive(merchant):
            left = until - clock.of(merchant, customer_uid)
            stop = _next_stop(merchant, customer_uid, left)
            _shift(merchant, left if stop is None else stop, customer_uid)
            ran = schedules.catch_up(merchant, customer_uid) if left >= 0 else []
        made += ran
        for payment in ran:
            delivery.announce(payment)
        if not _finish_stop(merchant, patience):
            patience = 0.0
        if stop is None:
            break
    return made


def _next_stop(merchant: Merchant, customer_uid: str | None, left: int) -> int | None:
    """Return the seconds until the next due time, more than 0 and less than `left`, or None when nothing is due."""
    waits = (db.session.scalar(query) for query in _agenda(merchant, customer_uid))
    stops = [math.ceil(wait) for wait in waits if wait is not None]
    return min((stop for stop in stops if stop < left), default=None)


def _agenda(merchant: Merchant, customer_uid: str | None) -> list[Select[Any]]:
    """Return a query per kind of work: the seconds until the next is due, for this customer or for all."""
    schedule = clock.seconds_until(Schedule.schedule_at, Schedule.merchant_id, Schedule.customer_uid)
    approval = clock.seconds_until(Payment.approve_at, Payment.merchant_id, Payment.customer_uid)
    cancel = clock.seconds_until(PendingCancel.due_at, Payment.merchant_id, Payment.customer_uid)
    notice = clock.seconds_until(Delivery.due_at, Delivery.merchant_id)
    of_customer = [] if customer_uid is None else [Schedule.customer_uid == customer_uid]
    paid_by_customer = [] if customer_uid is None else [Payment.customer_uid == customer_uid]
    agenda = [
        _first(schedule, Schedule.merchant_id == merchant.id, Schedule.status == "scheduled", *of_customer),
        _first(approval, Payment.merchant_id == merchant.id, Payment.approve_at > NEVER, *paid_by_customer),
        _first(cancel, Payment.merchant_id == merchant.id, *paid_by_customer).join(PendingCancel.payment),
    ]
    if customer_uid is None:  # notices follow the merchant's clock
        agenda.append(_first(notice, Delivery.merchant_id == merchant.id, Delivery.state == "queued"))
    return agenda


def _first(wait: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(func.min(wait)).where(*conditions, wait > 0)


def _shift(merchant: Merchant, seconds: int, customer_uid: str | None) -> None:
    if customer_uid is None:
        merchant.clock_offset += seconds
        return
    offsets = merchant.customer_offsets
    # Assign a new dict, because the column does not detect a change inside the old one.
    moved = {**offsets, customer_uid: offsets.get(customer_uid, 0) + seconds}
    merchant.customer_offsets = {uid: offset for uid, offset in moved.items() if offset}


def _finish_stop(merchant: Merchant, patience: float) -> bool:
    """Do the remaining work due at this stop. Return whether the shop answers all webhooks in `patience` seconds."""
    deadline = time.monotonic() + patience
    late.run_due(clock.now())
    while True:
        delivery.send_due(clock.now())
        now = clock.of(merchant)
        if not any(notice.due_at <= now for notice in delivery.open_deliveries(merchant)):
            return True
        if time.monotonic() >= deadline:
            return False
        db.session.commit()
        time.sleep(POLL_INTERVAL)
