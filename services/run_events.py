"""What a page reports of a guide run: the call of the SDK, its callback, and when the browser left and came back.

A page may report anything, so a report changes no order. It is masked, bounded, and shown only to the run's owner.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from errors import InvalidRequest, OrderNotFound
from models import JournalEntry, User, db
from services import guide_runs, journal
from services.masking import masked

EVENTS = ("sdk.request_pay", "sdk.callback", "sdk.refused", "page.left", "page.back")
"""The facts of `sdk.request_pay` are the object passed to the SDK, those of `sdk.callback` the callback's object."""
DEVICES = ("pc", "mobile")
MOST_EVENTS = 40
"""Reports kept of one order. A run has about four."""


def report(
    *, user: User, run_id: str, merchant_uid: str, event: str, device: str, facts: Mapping[str, Any], now: datetime
) -> None:
    """Record what the page of a guide run reports, and commit.

    Raises:
        OrderNotFound: when the user has no such run, or the order is not one of its windows.
        InvalidRequest: when the event or the device is unknown, or the order has too many reports already.
    """
    windows = [order for order in guide_runs.orders_of(run_id, user=user) if order.issues_key]
    order = next((order for order in windows if order.merchant_uid == merchant_uid), None)
    if order is None:
        raise OrderNotFound(f"no window {merchant_uid!r} in the run {run_id!r}")
    if event not in EVENTS or device not in DEVICES:
        raise InvalidRequest(f"a page of a guide run reports no {event!r} on {device!r}")
    if _count(merchant_uid) >= MOST_EVENTS:
        raise InvalidRequest("this order has too many reports")
    journal.record(event, at=now, lane=journal.BROWSER, order=order, device=device, fields=masked(dict(facts)))
    db.session.commit()


def _count(merchant_uid: str) -> int:
    is_report = (JournalEntry.merchant_uid == merchant_uid) & JournalEntry.event.in_(EVENTS)
    return db.session.scalar(select(func.count()).select_from(JournalEntry).where(is_report)) or 0
