"""What lies ahead of one person, as the shop has planned it, by the person's own clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

import clock
from demo import expiries
from models import BillingKey, Notice, Order, Refund, Subscription, db
from money import Money
from services import charges, subscriptions
from states import SubscriptionStatus

LOOK_AHEAD = timedelta(days=400)
"""How far the agenda looks. A yearly plan has its next charge in it."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that the shop will do for this person, or that will end."""

    kind: str
    """`charge`, `retry`, `look_up`, `look`, `late_look`, `refund`, `key`, `report`, `end` of a paid period, or `expiry`
    of a card."""
    at: datetime
    subscription: Subscription | None = None
    order: Order | None = None

    @property
    def concerns_the_person(self) -> bool:
        """Whether the person would call it an event of theirs, rather than upkeep of the shop."""
        return self.kind not in ("late_look", "key", "report")

    @property
    def price(self) -> Money | None:
        """What the event charges."""
        if self.subscription is None or self.kind not in ("charge", "retry", "look_up"):
            return None
        period = subscriptions.next_period(self.subscription, now=self.at)
        return period.price if period else None


def of(user_id: int, *, now: datetime) -> list[Event]:
    """Return the person's events, the next one first. One that is due and waits for its turn lies before `now`."""
    found = [*_charges(user_id, now), *_looks(user_id, now), *_rest(user_id, now), *_ends(user_id, now)]
    found += [Event(kind="expiry", at=at, subscription=one) for one, at in expiries.of(user_id) if at > now]
    return sorted((event for event in found if event.at <= now + LOOK_AHEAD), key=lambda event: event.at)


def after_pause(at: datetime, pause_until: datetime | None, *, now: datetime) -> datetime:
    """Return when something is due by the person's clock, if a pause of machine time is still to pass."""
    left = timedelta() if pause_until is None else max(pause_until - clock.machine_now(), timedelta())
    return max(at, now + left) if left else at


def _charges(user_id: int, now: datetime) -> Iterator[Event]:
    due = select(Subscription).where(
        Subscription.user_id == user_id,
        Subscription.status.in_(charges.CHARGED),
        Subscription.next_charge_at.is_not(None),
    )
    for one in db.session.scalars(due):
        at = after_pause(one.next_charge_at or now, one.charge_not_before, now=now)
        kind = "retry" if one.was_declined or one.status is SubscriptionStatus.PAST_DUE else "charge"
        yield Event(kind="look_up" if one.pauses else kind, at=at, subscription=one)


def _looks(user_id: int, now: datetime) -> Iterator[Event]:
    for order in db.session.scalars(select(Order).where(Order.user_id == user_id, Order.look_at.is_not(None))):
        at = after_pause(order.look_at or now, order.look_not_before, now=now)
        yield Event(kind="look", at=at, order=order, subscription=order.subscription)
    for order in db.session.scalars(select(Order).where(Order.user_id == user_id, Order.late_look_at.is_not(None))):
        yield Event(kind="late_look", at=order.late_look_at or now, order=order, subscription=order.subscription)


def _rest(user_id: int, now: datetime) -> Iterator[Event]:
    refunds = select(Refund).join(Refund.order).where(Order.user_id == user_id, Refund.look_at.is_not(None))
    for refund in db.session.scalars(refunds):
        at = after_pause(refund.look_at or now, refund.look_not_before, now=now)
        yield Event(kind="refund", at=at, order=refund.order)
    for key in db.session.scalars(
        select(BillingKey).where(BillingKey.user_id == user_id, BillingKey.delete_at.is_not(None))
    ):
        yield Event(kind="key", at=after_pause(key.delete_at or now, key.delete_not_before, now=now))
    for notice, order in db.session.execute(
        select(Notice, Order).join(Order, Order.id == Notice.order_id).where(Order.user_id == user_id)
    ):
        at = after_pause(now, notice.not_before, now=now)
        yield Event(kind="report", at=after_pause(at, order.notices_not_before, now=now), order=order)


def _ends(user_id: int, now: datetime) -> Iterator[Event]:
    ended = select(Subscription).where(
        Subscription.user_id == user_id,
        Subscription.status == SubscriptionStatus.CANCELLED,
        Subscription.paid_until > now,
    )
    for one in db.session.scalars(ended):
        yield Event(kind="end", at=one.paid_until or now, subscription=one)
