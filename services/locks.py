"""The locks of a subscription and of a user's purchases: one writer at a time."""

from sqlalchemy import update

from models import Subscription, User, db


def lock(subscription: Subscription) -> None:
    """Begin a transaction that locks the subscription, so that changes to its orders, invoices and key run in turn.

    The update takes the lock on every database; `SELECT … FOR UPDATE` does not on SQLite. Objects loaded before are
    read again, so decide only after this call. The caller commits.
    """
    subscription_id = subscription.id
    db.session.commit()  # expires every object, so that later reads see what other transactions committed
    _lock(subscription_id)


def lock_too(subscription: Subscription) -> None:
    """Lock the subscription in the transaction that `lock_user` began, and keep that lock. Read again as after `lock`.

    No code locks a user after a subscription, so that two transactions never wait for each other.
    """
    _lock(subscription.id)
    db.session.expire_all()


def lock_user(user: User) -> None:
    """Begin a transaction that locks the user's row, so that the purchases of one person begin in turn.

    On PostgreSQL the lock does not delay rows that only refer to the user. Read and commit as after `lock`.
    """
    user_id = user.id
    db.session.commit()
    db.session.execute(
        update(User)
        .where(User.id == user_id)
        .values(language=User.language)
        .execution_options(synchronize_session=False)
    )


def _lock(subscription_id: int) -> None:
    db.session.execute(
        update(Subscription)
        .where(Subscription.id == subscription_id)
        .values(touched=Subscription.touched + 1)
        .execution_options(synchronize_session=False)
    )
