"""Forgetting a person: their data goes, and what bookkeeping needs stays.

Amounts, ids, states and dates stay, and so does what staff wrote about their own acts. A person whose money is open is
not forgotten: a refund or a case may need their address. Each step may be repeated, so an interrupted run continues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update

from models import BillingKey, Case, JournalEntry, Order, Refund, Session, Subscription, User, db
from services import billing_keys, sessions, subscriptions
from services.desk import Desk
from services.locks import lock_user
from states import KeyStatus, OrderPurpose, OrderStatus, RefundStatus, SubscriptionStatus

NOTHING = "-"
"""What stands in a column that must not be empty."""


class Outcome(StrEnum):
    """How an attempt to forget a person ended."""

    FORGOTTEN = "forgotten"
    MONEY_IS_OPEN = "money_is_open"
    """Nothing was removed."""
    KEY_IS_LEFT = "key_is_left"
    """The service did not delete a billing key. Charges have ended; the data stays until the next attempt."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How many rows the shop keeps of a person, and what is open: each line names an order, a refund or a case."""

    running: int
    keys: int
    """Billing keys that the service has not deleted."""
    orders: int
    entries: int
    """Of the journal."""
    sessions: int
    open: Sequence[str]


def kept_of(user: User) -> Kept:
    """Return what the shop keeps of this person."""
    return Kept(
        running=_count(_running(user)),
        keys=_count(_keys_left(user)),
        orders=_count(select(Order).where(Order.user_id == user.id)),
        entries=_count(select(JournalEntry).where(_of_journal(user.id))),
        sessions=_count(select(Session).where(Session.user_id == user.id)),
        open=_open(user),
    )


def forget(desk: Desk, user: User, *, now: datetime) -> Outcome:
    """End the person's subscriptions and sign-ins, delete their keys at the service, then overwrite their data.

    What they have paid for is lost to them, and is not refunded.
    """
    if _open(user):
        return Outcome.MONEY_IS_OPEN
    for subscription in db.session.scalars(_running(user)).all():
        subscriptions.end(subscription, reason="asked for", access_ends=True, now=now)
    sessions.end_all(user)
    if not _delete_keys(desk, user, now=now):
        return Outcome.KEY_IS_LEFT
    lock_user(user)
    if _open(user) or _count(_running(user)):  # they have ordered in the meantime
        db.session.rollback()
        return Outcome.MONEY_IS_OPEN
    _overwrite(user.id)
    db.session.commit()
    return Outcome.FORGOTTEN


def _running(user: User) -> Select[Subscription]:
    is_alive = Subscription.status != SubscriptionStatus.CANCELLED
    return select(Subscription).where(Subscription.user_id == user.id, is_alive)


def _keys_left(user: User) -> Select[BillingKey]:
    """Return the query for the keys that the service may still have. A pending one was never issued."""
    at_the_service = (BillingKey.status != KeyStatus.PENDING) & BillingKey.deleted_at.is_(None)
    return select(BillingKey).where(BillingKey.user_id == user.id, at_the_service)


def _open(user: User) -> Sequence[str]:
    """Return a line for each order without an outcome, refund that is not made, and case that is still open.

    A charge that waits for the worker is not open: it ends with its subscription.
    """
    is_queued = (Order.purpose == OrderPurpose.CHARGE) & Order.asked_at.is_(None) & (Order.status == OrderStatus.READY)
    theirs = select(Order.merchant_uid).where(Order.user_id == user.id)
    unknown = db.session.scalars(theirs.where(Order.look_at.is_not(None), ~is_queued)).all()
    refunds = db.session.scalars(theirs.join(Refund).where(Refund.status != RefundStatus.MADE)).all()
    cases = db.session.scalars(theirs.join(Case).where(Case.closed_at.is_(None))).all()
    named = {"order without an outcome": unknown, "refund that is not made": refunds, "open case": cases}
    return [f"{what}: {merchant_uid}" for what, found in named.items() for merchant_uid in found]


def _delete_keys(desk: Desk, user: User, *, now: datetime) -> bool:
    """Delete the person's keys at the service, also those that wait in a pause. Return whether none is left."""
    keys = db.session.scalars(_keys_left(user)).all()
    for key in keys:
        key.revoke(at=now)
    ids = [key.id for key in keys]
    db.session.commit()
    return all(billing_keys.delete(desk, key_id=key_id, now=now) for key_id in ids)


def _overwrite(user_id: int) -> None:
    """Delete the journal of the person, and overwrite what describes them elsewhere. Does not commit."""
    person = {"email": f"forgotten-{user_id}", "name": NOTHING, "tel": "", "password_hash": "", "language": None}
    buyer = {"buyer_name": NOTHING, "buyer_email": NOTHING, "buyer_tel": NOTHING}
    texts = {"fail_reason": None, "window_message": None, "receipt_url": None, "run_id": None}
    card = {"issue_name": NOTHING, "issue_email": NOTHING, "issue_ip": NOTHING, "card_name": None, "card_number": None}
    for statement in (
        delete(JournalEntry).where(_of_journal(user_id)),
        update(User).where(User.id == user_id).values(person),
        update(Order).where(Order.user_id == user_id).values(buyer | texts),
        update(BillingKey).where(BillingKey.user_id == user_id).values(card),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _of_journal(user_id: int) -> ColumnElement[bool]:
    orders = select(Order.merchant_uid).where(Order.user_id == user_id)
    keys = select(BillingKey.customer_uid).where(BillingKey.user_id == user_id)
    return or_(JournalEntry.merchant_uid.in_(orders), JournalEntry.customer_uid.in_(keys))


def _count(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
