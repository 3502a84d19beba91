"""Billing keys: made pending, active once their issue is verified, revoked here first and deleted there after.

Revoking is a fact of ours and always succeeds; deleting asks the payment service, which may be silent. A revoked
key that is not deleted yet is tried again, ever more seldom, so none is forgotten there.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from models import BillingKey, Order, User, db, new_uid
from services import journal
from services.desk import Desk
from services.guides import Guide
from services.iamport import IamportError, NotFound


def new_key(
    *, user: User, guide: Guide, currency: str, buyer_name: str, buyer_email: str, ip: str, now: datetime
) -> BillingKey:
    """A pending key under a fresh handle: one `customer_uid` per card or account, never used again."""
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
    """The webhook of an issue came: from here on every PG charges the key."""
    key = order.billing_key
    if order.issues_key and key.is_usable and key.confirmed_at is None:
        key.confirmed_at = now
        journal.record("key.confirmed", at=now, lane=journal.PG, order=order)
        db.session.commit()


def delete_revoked(desk: Desk, *, now: datetime, user: User) -> int:
    """Delete at the payment service what one person revoked here. Returns how many are gone."""
    return sum(delete(desk, key_id=key_id, now=now) for key_id in to_delete(now=now, user=user))


def to_delete(*, now: datetime, user: User | None = None, limit: int = 30) -> Sequence[int]:
    """Ids of the revoked keys to `delete` now, everybody's or one person's, the longest waiting first."""
    waiting = select(BillingKey.id).where(BillingKey.delete_at <= now).order_by(BillingKey.delete_at).limit(limit)
    if user is not None:
        waiting = waiting.where(BillingKey.user_id == user.id)
    return db.session.scalars(waiting).all()


def delete(desk: Desk, *, key_id: int, now: datetime) -> bool:
    """Whether the key is gone at the payment service. One that was refused, or not answered, is put off."""
    key = db.session.get_one(BillingKey, key_id)
    customer_uid = key.customer_uid
    key.put_off_deletion(at=now)
    db.session.commit()
    try:
        desk.client.delete_customer_key(customer_uid, reason="subscription ended or card changed")
    except NotFound:
        pass  # gone is gone
    except IamportError:
        return False
    key.mark_deleted(at=now)
    order = db.session.scalar(select(Order).where(Order.billing_key_id == key.id).order_by(Order.id.desc()).limit(1))
    journal.record("key.revoked", at=now, lane=journal.PG, order=order)
    db.session.commit()
    return True
