"""What time it is in the sandbox: whole Unix seconds, as the wire speaks them.

Each merchant has a clock of its own, the computer's plus an offset, and each `customer_uid` may be further ahead
or behind. Every rule takes `now` as an argument; only views and workers ask here. `sandbox.travel` moves a clock.
"""

import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import ColumnElement, func, literal, select

from ..ledger.models import Merchant, Payment

SEOUL = ZoneInfo("Asia/Seoul")
"""Where PGs count days and months, and where the console's readers live."""

LATEST = 32_503_680_000
"""The largest time anything may be set to: the year 3000."""


def system() -> int:
    """The computer's own time."""
    return int(time.time())


def now() -> int:
    """The running application's time, which no lever moves: `system`, unless `create_app` was handed another clock.

    For what belongs to no merchant, for the life of tokens and for leases.
    """
    clock: Callable[[], int] = current_app.extensions["sandbox_clock"]
    return clock()


def of(merchant: Merchant, customer_uid: object = None) -> int:
    """The time for this merchant, and for this customer of theirs: what everything that is booked is booked at."""
    return now() + offset_of(merchant, customer_uid)


def of_payment(payment: Payment) -> int:
    """The time for whoever pays it."""
    return of(payment.merchant, payment.customer_uid)


def offset_of(merchant: Merchant, customer_uid: object = None) -> int:
    """Seconds by which that clock is ahead of `now`; negative when behind."""
    own = merchant.customer_offsets.get(customer_uid, 0) if isinstance(customer_uid, str) else 0
    return merchant.clock_offset + own


def seconds_until(due: Any, merchant_id: Any, customer_uid: Any = None) -> ColumnElement[Any]:
    """`due` minus the time of the row's merchant (and customer), in SQL: 0 or less means that the row is due.

    `due`, `merchant_id` and `customer_uid` are columns of the row. Compare with the clock a row was booked by: give
    the customer's column here exactly when `due` came from `of(merchant, customer_uid)`.
    """
    offset = select(Merchant.clock_offset).where(Merchant.id == merchant_id).scalar_subquery()
    left: ColumnElement[Any] = due - literal(now()) - offset
    return left if customer_uid is None else left - _customer_offset(merchant_id, customer_uid)


def furthest() -> ColumnElement[Any]:
    """The time of whoever is furthest ahead, in SQL: what is due later is due for nobody, and need not be looked at."""
    entry = _customer_offsets()
    lead = select(func.coalesce(func.max(entry.c.value), 0)).select_from(entry).correlate(Merchant).scalar_subquery()
    return select(literal(now()) + func.max(Merchant.clock_offset + func.max(lead, 0))).scalar_subquery()


def _customer_offset(merchant_id: Any, customer_uid: Any) -> ColumnElement[Any]:
    entry = _customer_offsets()
    own = select(entry.c.value).select_from(Merchant).join(entry, literal(True))
    return func.coalesce(own.where(Merchant.id == merchant_id, entry.c.key == customer_uid).scalar_subquery(), 0)


def _customer_offsets() -> Any:
    """`Merchant.customer_offsets` as a table of `key` and `value`."""
    return func.json_each(Merchant.customer_offsets).table_valued("key", "value")
