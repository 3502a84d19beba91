"""What others report of a guide run: its page (the SDK's call, its callback, when the browser left and came back), and
the payment service's webhooks.

A page may report anything, so a report changes no order. It is masked, bounded, and shown only to the run's owner.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from errors import InvalidRequest, OrderNotFound
from models import JournalEntry, User, db
from services import guide_runs, journal, orders
from services.masking import masked

EVENTS = ("sdk.request_pay", "sdk.callback", "sdk.refused", "page.left", "page.back")
"""The facts of `sdk.request_pay` are the object passed to the SDK, those of `sdk.callback` the callback's object."""
DEVICES = ("pc", "mobile")
WEBHOOK = "webhook.stored"
MOST_WEBHOOKS = 12
"""Webhooks kept of one order: anyone may send any number of them."""
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
    if _count(merchant_uid, *EVENTS) >= MOST_EVENTS:
        raise InvalidRequest("this order has too many reports")
    journal.record(event, at=now, lane=journal.BROWSER, order=order, device=device, fields=masked(dict(facts)))
    db.session.commit()


def record_webhook(merchant_uid: str, body: Mapping[str, Any], *, now: datetime) -> None:
    """Record the fields of a webhook of a guide run's order, unless there are too many. Does not commit."""
    if _count(merchant_uid, WEBHOOK) < MOST_WEBHOOKS:
        order = orders.by_uid(merchant_uid)
        journal.record(WEBHOOK, at=now, lane=journal.PG, order=order, body=masked(dict(body)))


def _count(merchant_uid: str, *events: str) -> int:
    is_report = (JournalEntry.merchant_uid == merchant_uid) & JournalEntry.event.in_(events)
    return db.session.scalar(select(func.count()).select_from(JournalEntry).where(is_report)) or 0
