"""The time in the sandbox: whole Unix seconds, as on the wire.

Each merchant has its own clock, the computer's plus an offset, and each `customer_uid` may be further ahead or behind.
Every rule receives `now` as an argument; only endpoints and workers read it here. `sandbox.travel` moves a clock.
"""

import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import ColumnElement, func, literal, select

from ..ledger.models import Delivery, Merchant, Payment

SEOUL = ZoneInfo("Asia/Seoul")
"""The zone in which PGs count days and months, and in which the console shows times."""

LATEST = 32_503_680_000
"""The latest time that a clock may show: the year 3000."""


def system() -> int:
    """Return the computer's time."""
    return int(time.time())


def now() -> int:
    """Return the application's time, which no lever moves: `system`, unless `create_app` received another clock.

    Use it for what belongs to no merchant, for the life of tokens and for leases.
    """
    clock: Callable[[], int] = current_app.extensions["sandbox_clock"]
    return clock()


def of(merchant: Merchant, customer_uid: object = None) -> int:
    """Return the time of this merchant, or of this customer of the merchant. Every booking uses it."""
    return now() + offset_of(merchant, customer_uid)


def of_payment(payment: Payment) -> int:
    """Return the time of the customer who pays `payment`, else of its merchant."""
    return of(payment.merchant, payment.customer_uid)


def of_delivery(delivery: Delivery) -> int:
    """Return the time by which a webhook is due and sent: that of its payment's customer, else of its merchant."""
    return of(delivery.payment.merchant, delivery.customer_uid)


def offset_of(merchant: Merchant, customer_uid: object = None) -> int:
    """Return the seconds by which that clock is ahead of `now`; negative when behind."""
    own = merchant.customer_offsets.get(customer_uid, 0) if isinstance(customer_uid, str) else 0
    return merchant.clock_offset + own


def seconds_until(due: Any, merchant_id: Any, customer_uid: Any = None) -> ColumnElement[Any]:
    """Return in SQL `due` minus the time of the row's merchant (and customer). The row is due at 0 or less.

    `due`, `merchant_id` and `customer_uid` are columns of the row. Pass `customer_uid` exactly when `due` comes from
    `of(merchant, customer_uid)`, because a row must be compared with the clock that booked it.
    """
    offset = select(Merchant.clock_offset).where(Merchant.id == merchant_id).scalar_subquery()
    left: ColumnElement[Any] = due - literal(now()) - offset
    return left if customer_uid is None else left - _customer_offset(merchant_id, customer_uid)


def furthest() -> ColumnElement[Any]:
    """Return in SQL the latest time of any merchant or customer. A query can skip rows due after it."""
    entry = _customer_offsets()
    lead = select(func.coalesce(func.max(entry.c.value), 0)).select_from(entry).correlate(Merchant).scalar_subquery()
    return select(literal(now()) + func.max(Merchant.clock_offset + func.max(lead, 0))).scalar_subquery()


def _customer_offset(merchant_id: Any, customer_uid: Any) -> ColumnElement[Any]:
    entry = _customer_offsets()
    own = select(entry.c.value).select_from(Merchant).join(entry, literal(True))
    return func.coalesce(own.where(Merchant.id == merchant_id, entry.c.key == customer_uid).scalar_subquery(), 0)


def _customer_offsets() -> Any:
    """Return `Merchant.customer_offsets` as a table with columns `key` and `value`."""
    return func.json_each(Merchant.customer_offsets).table_valued("key", "value")
