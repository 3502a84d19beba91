"""Billing keys: create them pending, confirm them, and delete revoked ones at the payment service.

We revoke a key in our own database, which always succeeds, and delete it at the payment service afterwards. The
service may not answer, so we retry the deletion with a growing back-off until it succeeds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import select

from clock import back_off
from models import BillingKey, Order, User, db, new_uid
from services import journal, run_calls
from services.desk import Desk
from services.guides import Guide
from services.iamport import IamportError, NotFound
from services.machine_time import has_come, moment
from services.owners import EVERYONE, Owners

LONGEST_PAUSE = timedelta(days=1)
"""The longest pause between two requests for the deletion of a key."""


def new_key(
    *, user: User, guide: Guide, currency: str, buyer_name: str, buyer_email: str, ip: str, now: datetime
) -> BillingKey:
    """Return a pending key with a new handle: one `customer_uid` per card or account, never reused."""
    return BillingKey(
        customer_uid=new_uid("cu"),
        user=user,
        guide_id=guide.id,
        currency=currency,
        issue_email=buyer_email,
        issue_name=buyer_name,
        issue_ip=ip,
        created_at=now,
    )


def confirm(order: Order, *, now: datetime) -> None:
    """Record that the webhook of an issue arrived: from now on every PG charges the key."""
    key = order.billing_key
    if order.issues_key and key.is_usable and key.confirmed_at is None:
        key.confirmed_at = now
        journal.record("key.confirmed", at=now, lane=journal.PG, order=order)
        db.session.commit()


def delete_revoked(desk: Desk, *, now: datetime, user: User) -> int:
    """Delete the user's revoked keys at the payment service, up to the first that fails. Return how many are deleted.

    The user waits for this, so the worker deletes the rest.
    """
    theirs = to_delete(desk, now=now, owners=Owners(only=frozenset({user.id})))
    return len(list(takewhile(lambda key_id: delete(desk, key_id=key_id, now=now), theirs)))


def to_delete(desk: Desk, *, now: datetime, owners: Owners = EVERYONE, limit: int = 30) -> Sequence[int]:
    """Return the ids of these owners' revoked keys to `delete` now, the longest waiting first."""
    has_no_pause = has_come(BillingKey.delete_not_before, desk.machine_now())
    waiting = select(BillingKey.id).where(BillingKey.delete_at <= now, has_no_pause, owners.own(BillingKey.user_id))
    in_order = waiting.order_by(BillingKey.delete_not_before.nulls_first(), BillingKey.delete_at)
    return db.session.scalars(in_order.limit(limit)).all()


def delete(desk: Desk, *, key_id: int, now: datetime) -> bool:
    """Delete a revoked key at the payment service; return whether it is deleted.

    If the service refuses or does not answer, the back-off decides when to try again.
    """
    key = db.session.get_one(BillingKey, key_id)
    customer_uid = key.customer_uid
    pause = back_off(key.deletions, at_most=LONGEST_PAUSE, seed=key.id)
    key.postpone_deletion(until=moment(desk.machine_now(), plus=pause))
    order = db.session.scalar(select(Order).where(Order.billing_key_id == key.id).order_by(Order.id.desc()).limit(1))
    db.session.commit()
    try:
        with run_calls.of(order, now=now):
            desk.client.delete_customer_key(customer_uid, reason="subscription ended or card changed")
    except NotFound:
        pass  # it is already deleted
    except IamportError:
        db.session.commit()
        return False
    key.mark_deleted(at=now)
    journal.record("key.revoked", at=now, lane=journal.PG, order=order)
    db.session.commit()
    return True
