"""When a person's cards expire. The service's API does not report it, so the sandbox does, once for each card."""

from collections.abc import Iterator
from datetime import UTC, datetime

import requests
from flask import current_app
from sqlalchemy import select

from demo import sandbox
from models import Subscription, db
from services import charges


def of(user_id: int) -> Iterator[tuple[Subscription, datetime]]:
    """Yield the person's charged subscriptions whose card has an expiry, with the time from which it is declined."""
    charged = select(Subscription).where(Subscription.user_id == user_id, Subscription.status.in_(charges.CHARGED))
    for subscription in db.session.scalars(charged):
        expires_at = of_subscription(subscription)
        if expires_at is not None:
            yield subscription, expires_at


def of_subscription(subscription: Subscription) -> datetime | None:
    """Return from when on the subscription's card is declined; None if never, or if the sandbox does not say."""
    if subscription.billing_key is None:
        return None
    # A key keeps its card, so a page waits for the sandbox only once.
    known: dict[str, datetime | None] = current_app.extensions.setdefault("demo_expiries", {})
    customer_uid = subscription.billing_key.customer_uid
    if customer_uid not in known:
        try:
            seconds = sandbox.expires_at(customer_uid)
        except (requests.RequestException, KeyError):
            return None
        known[customer_uid] = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return known[customer_uid]
