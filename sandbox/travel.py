"""Moving a merchant's clock, or one customer's, and doing on the way whatever falls due: in order, at its own time.

The clock stops at each thing that is due. A schedule is run in the transaction that moves the clock onto it; then
the shop's webhooks are sent and waited for. So a shop which schedules the next month when it hears that this one is
paid lives through a whole year in one leap.
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

MOST_STOPS = 1000
"""Stops of one journey. A clock that would make more stays at the last of them."""

PATIENCE = 15.0
"""Seconds the shop has at a stop to answer its webhooks. Then the clock moves on, and waits for it no more."""

LOOK_EVERY = 0.02
"""Seconds."""

NEVER: ColumnElement[int] = literal_column("0")
"""Spelt out, for SQLite to see that the index of the payments still to be approved will do."""


def to(merchant: Merchant, until: int, customer_uid: str | None = None) -> list[Payment]:
    """Set the clock of `merchant`, or of one customer of theirs, to `until` (Unix seconds).

    Forward by way of everything due; back in one step, and nothing is undone. The schedules run are returned as
    their payments. Does nothing else in the meantime: call it outside of a transaction. Raises `Malformed` for a time
    that nobody could show.
    """
    if not 0 <= until <= clock.LATEST:
        raise Malformed("a clock must stay between the years 1970 and 3000")
    made: list[Payment] = []
    patience = PATIENCE
    for _ in range(MOST_STOPS):
        with exclusive(merchant):
            left = until - clock.of(merchant, customer_uid)
            stop = _next_stop(merchant, customer_uid, left)
            _shift(merchant, left if stop is None else stop, customer_uid)
            ran = schedules.run_reached(merchant, customer_uid) if left >= 0 else []
        made += ran
        for payment in ran:
            delivery.announce(payment)
        if not _has_settled(merchant, patience):
            patience = 0.0
        if stop is None:
            break
    return made


def _next_stop(merchant: Merchant, customer_uid: str | None, left: int) -> int | None:
    """Seconds to the next thing due, more than 0 and fewer than `left`; None when there is none on the way."""
    waits = (db.session.scalar(query) for query in _agenda(merchant, customer_uid))
    stops = [math.ceil(wait) for wait in waits if wait is not None]
    return min((stop for stop in stops if stop < left), default=None)


def _agenda(merchant: Merchant, customer_uid: str | None) -> list[Select[Any]]:
    """For each kind of thing that falls due: the seconds until the next, of this customer or of all."""
    schedule = clock.seconds_until(Schedule.schedule_at, Schedule.merchant_id, Schedule.customer_uid)
    approval = clock.seconds_until(Payment.approve_at, Payment.merchant_id, Payment.customer_uid)
    cancel = clock.seconds_until(PendingCancel.due_at, Payment.merchant_id, Payment.customer_uid)
    notice = clock.seconds_until(Delivery.due_at, Delivery.merchant_id)
    whose = [] if customer_uid is None else [Schedule.customer_uid == customer_uid]
    who_pays = [] if customer_uid is None else [Payment.customer_uid == customer_uid]
    agenda = [
        _first(schedule, Schedule.merchant_id == merchant.id, Schedule.status == "scheduled", *whose),
        _first(approval, Payment.merchant_id == merchant.id, Payment.approve_at > NEVER, *who_pays),
        _first(cancel, Payment.merchant_id == merchant.id, *who_pays).join(PendingCancel.payment),
    ]
    if customer_uid is None:  # notices travel on the merchant's clock
        agenda.append(_first(notice, Delivery.merchant_id == merchant.id, Delivery.state == "queued"))
    return agenda


def _first(wait: ColumnElement[Any], *which: ColumnElement[bool]) -> Select[Any]:
    return select(func.min(wait)).where(*which, wait > 0)


def _shift(merchant: Merchant, seconds: int, customer_uid: str | None) -> None:
    if customer_uid is None:
        merchant.clock_offset += seconds
        return
    offsets = merchant.customer_offsets
    # A new dict: the database column notices an assignment, not a change within.
    moved = {**offsets, customer_uid: offsets.get(customer_uid, 0) + seconds}
    merchant.customer_offsets = {uid: offset for uid, offset in moved.items() if offset}


def _has_settled(merchant: Merchant, patience: float) -> bool:
    """Do the rest of what is due at this stop. Whether the shop has answered what it hears of it in `patience` s."""
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
        time.sleep(LOOK_EVERY)
