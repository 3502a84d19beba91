"""The next charges of a subscription, with the rule for its day of the month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import clock
from demo import expiries
from models import Subscription
from services import subscriptions
from states import SubscriptionStatus

CHARGES = 12
LAST_DAY_OF_EVERY_MONTH = 28


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One charge to come."""

    at: datetime
    is_early: bool
    """Whether the month is too short for the anchor day, so that its last day takes the charge."""
    is_after_expiry: bool
    """Whether the card has expired by then, so that it will be declined."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The next charges of one subscription."""

    subscription: Subscription
    charges: Sequence[Charge]
    has_rule: bool
    """Whether some month is too short for the anchor day."""


def of(subscription: Subscription, *, now: datetime) -> Calendar | None:
    """Return the calendar of a subscription that is charged, else None."""
    period = subscriptions.next_period(subscription, now=now)
    if period is None or subscription.paid_until is None or subscription.status is SubscriptionStatus.PAUSED:
        return None
    anchor_day, months = subscription.anchor_day, subscription.plan.months
    starts = [clock.add_months(period.period_start, n * months, anchor_day=anchor_day) for n in range(CHARGES)]
    expires_at = expiries.of_subscription(subscription)
    charges = [
        Charge(
            at=at,
            is_early=clock.day_of_month(at) < anchor_day,
            is_after_expiry=expires_at is not None and at >= expires_at,
        )
        for at in starts
    ]
    return Calendar(subscription=subscription, charges=charges, has_rule=anchor_day > LAST_DAY_OF_EVERY_MONTH)
