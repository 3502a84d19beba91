"""The journal: the events of an order, in sequence, in three lanes.

The caller's transaction stores the entries. Callers pass names, states and ids, never secrets. A text may come from the
PG or a browser, so a card number in it is masked here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select

from columns import LARGEST_ID
from models import Case, JournalEntry, Order, Refund, db
from services.masking import without_numbers
from states import OrderStatus, RefundStatus

BROWSER, SHOP, PG = "browser", "shop", "pg"

ENTRIES_OF_A_PAGE = 50
"""How many entries a page shows. An ordinary order has about ten; anyone can add to them by sending webhooks."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some of the entries of an order, the oldest first."""

    entries: Sequence[JournalEntry]
    older: int
    """How many entries are older than these."""
    is_newest: bool
    """Whether no entry is newer than these."""

    @property
    def before(self) -> int | None:
        """What to pass as `before` for the page with the next older entries. None: there are none."""
        return self.entries[0].id if self.older else None


def record(
    event: str,
    *,
    at: datetime,
    lane: str = SHOP,
    order: Order | None = None,
    recorded_at: datetime | None = None,
    **facts: Any,
) -> JournalEntry:
    """Add one entry and return it; `facts` are small JSON values. Does not commit.

    `at` is business time. `recorded_at` is machine time, for what happened a moment ago; by default it is now.
    """
    entry = JournalEntry(
        at=at,
        lane=lane,
        event=event,
        merchant_uid=order.merchant_uid if order else None,
        imp_uid=order.imp_uid if order else None,
        customer_uid=order.billing_key.customer_uid if order else None,
        facts=_without_numbers(facts),
    )
    if recorded_at is not None:
        entry.recorded_at = recorded_at
    db.session.add(entry)
    return entry


def record_once(event: str, *, at: datetime, order: Order, **facts: Any) -> None:
    """Add an entry of the shop, unless the order has the same one: what repeats for hours is recorded once."""
    known = select(JournalEntry.facts).where(
        JournalEntry.merchant_uid == order.merchant_uid, JournalEntry.event == event
    )
    if _without_numbers(facts) not in db.session.scalars(known).all():
        record(event, at=at, lane=SHOP, order=order, **facts)


def _without_numbers(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: without_numbers(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def record_closed(orders: Sequence[Order], *, at: datetime) -> None:
    """Add an entry for each charge that was closed before it was sent. Call after what closes charges, each time."""
    for order in orders:
        if order.was_never_sent:
            record_once("charge.closed", at=at, order=order)


def of_orders(*orders: Order, before: int | None = None) -> Page:
    """Return the newest entries of these orders, or of those that are older than the entry `before`."""
    theirs = JournalEntry.merchant_uid.in_([order.merchant_uid for order in orders])
    wanted = theirs if before is None else theirs & (JournalEntry.id < min(max(before, 0), LARGEST_ID))
    newest = db.session.scalars(
        select(JournalEntry).where(wanted).order_by(JournalEntry.id.desc()).limit(ENTRIES_OF_A_PAGE)
    ).all()
    count = db.session.scalar(select(func.count()).select_from(JournalEntry).where(wanted)) or 0
    return Page(entries=newest[::-1], older=count - len(newest), is_newest=before is None)


def prune(*, now: datetime, keep: timedelta, limit: int = 1000) -> int:
    """Delete up to `limit` entries older than `keep`, the oldest first, and commit. Return how many were deleted.

    The entries of an open order stay, however old they are: staff may still need them to find out what happened.
    """
    ids = db.session.scalars(
        select(JournalEntry.id).where(JournalEntry.at < now - keep, _may_go()).order_by(JournalEntry.id).limit(limit)
    ).all()
    db.session.execute(delete(JournalEntry).where(JournalEntry.id.in_(ids)))
    db.session.commit()
    return len(ids)


def _may_go() -> ColumnElement[bool]:
    """Return the condition that selects the entries without an order, or of an order with nothing outstanding."""
    has_refund = select(Refund.id).where(Refund.order_id == Order.id, Refund.status != RefundStatus.MADE).exists()
    has_case = select(Case.id).where(Case.order_id == Order.id, Case.closed_at.is_(None)).exists()
    is_open = or_(Order.status == OrderStatus.READY, Order.look_at.is_not(None), has_refund, has_case)
    open_order = select(Order.id).where(Order.merchant_uid == JournalEntry.merchant_uid, is_open).exists()
    return ~open_order
