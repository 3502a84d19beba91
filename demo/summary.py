"""What happened on a journey: the outcomes among the journal's entries of that time, and the cards that expired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from demo import expiries
from demo.journeys import Journey
from models import JournalEntry, Order, Subscription, db

OUTCOMES = (
    "subscription.started",
    "subscription.renewed",
    "subscription.past_due",
    "subscription.cancelled",
    "charge.declined",
    "charge.refused",
    "charge.pending",
    "charge.unknown",
    "charge.queued",
    "charge.given_up",
    "payment.mismatch",
    "payment.cancelled",
    "payment.partly_cancelled",
    "order.abandoned",
    "key.revoked",
)
"""The events that matter to the person. The pages of their orders show the others."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One outcome, and the order that it belongs to."""

    entry: JournalEntry
    order: Order


def of(journey: Journey) -> Sequence[Line]:
    """Return what happened, in the order in which it happened."""
    rows = db.session.execute(
        select(JournalEntry, Order)
        .join(Order, Order.merchant_uid == JournalEntry.merchant_uid)
        .where(Order.user_id == journey.user_id, JournalEntry.event.in_(OUTCOMES))
        .where(JournalEntry.id > journey.first_entry)
        .order_by(JournalEntry.id)
    )
    last = journey.last_entry
    return [Line(entry=entry, order=order) for entry, order in rows if last is None or entry.id <= last]


def expired(journey: Journey) -> list[tuple[Subscription, datetime]]:
    """Return the subscriptions whose card expired on the journey, with the time."""
    end = journey.arrived_at or journey.target
    return [(one, at) for one, at in expiries.of(journey.user_id) if journey.departed_at < at <= end]
