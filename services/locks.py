"""One subscription, one writer at a time."""

from sqlalchemy import update

from models import Subscription, db


def lock(subscription: Subscription) -> None:
    """Begin a transaction that holds this subscription: its orders, invoices and key settle one after the other.

    The write takes the lock on every database, where `SELECT … FOR UPDATE` would not on SQLite. What was loaded
    before is read afresh, so decide only after this. The caller commits.
    """
    subscription_id = subscription.id
    db.session.commit()  # expires every object: whatever is looked at from here on is what others have left
    db.session.execute(
        update(Subscription)
        .where(Subscription.id == subscription_id)
        .values(touched=Subscription.touched + 1)
        .execution_options(synchronize_session=False)
    )
