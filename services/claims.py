"""Claims: the lease under which one process alone may charge a subscription.

A claim lapses automatically, so that a process that died does not block the others.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, update

from models import Subscription, db


def unclaimed(now: datetime) -> ColumnElement[bool]:
    """Return the condition that selects the subscriptions without a claim, or with one that has lapsed."""
    return or_(Subscription.claimed_until.is_(None), Subscription.claimed_until < now)


def take(subscription_id: int, *, now: datetime, until: datetime) -> bool:
    """Claim the subscription, and commit. Return False if another process holds a claim that has not lapsed."""
    db.session.rollback()
    taken = db.session.execute(
        update(Subscription)
        .where(Subscription.id == subscription_id, unclaimed(now))
        .values(claimed_until=until)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def release(subscription_id: int, until: datetime) -> None:
    """End the claim, and commit. A claim that another process took after this one lapsed stays."""
    db.session.rollback()
    db.session.execute(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.claimed_until == until)
        .values(claimed_until=None)
    )
    db.session.commit()
