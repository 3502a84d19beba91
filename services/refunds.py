"""Refunds of payments that do not match their order, or that are surplus.

decide   record the refund in the same commit as the decision
request  request the refund from the service, once
process  called by reconcile: check whether the refund is made, and request it again unless the service accepted it
confirm  mark the refund made if the record just read shows no money left
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from models import Order, Refund, RefundStatus, db
from money import CurrencyError, Money
from services import journal, reversals
from services.desk import Desk
from services.iamport import IamportError, Payment, Refused
from services.locks import lock

MAX_REFUSALS = 12
"""After this many refusals, spread over a day and a half, we stop asking and leave the refund to the staff."""


def was_charged(desk: Desk, order: Order, payment: Payment) -> bool:
    """Whether the payment moved money. An issue that only shows its amount moves none.

    The guide of the PG that handled the payment decides, because a browser may have chosen another PG than the order's.
    A record that is not an issue is an ordinary payment. So is a record without `customer_uid_usage`: it made no key.
    """
    if payment.amount_left <= 0:
        return False
    if payment.customer_uid_usage != "issue":
        return True
    by_provider = {guide.provider: guide for guide in desk.guides.values()}
    guide = by_provider.get(payment.pg_provider or "", desk.guides[order.guide_id])
    return guide.charges(1)


def is_decided(order: Order, payment: Payment) -> bool:
    """Whether we have decided to refund this payment, or have refunded it."""
    return _of(order, payment) is not None


def decide(order: Order, payment: Payment, *, now: datetime) -> Refund | None:
    """Record that this payment must be refunded; return None if that was decided before. Does not commit."""
    if is_decided(order, payment):
        return None
    refund = Refund(
        order=order,
        imp_uid=payment.imp_uid,
        amount=_minor_left(payment),
        currency=payment.currency,
        created_at=now,
    )
    db.session.add(refund)
    return refund


def request(desk: Desk, refund: Refund, payment: Payment, *, now: datetime) -> None:
    """Request a refund of what is left of a payment.

    Whatever the service answers, `process` continues until the payment's record shows that the refund is made.
    """
    order, left = refund.order, payment.amount_left
    db.session.commit()  # keep no transaction open while we wait for the network
    try:
        answer = desk.client.cancel(imp_uid=payment.imp_uid, amount=left, checksum=left, reason=_reason(order))
    except Refused as refusal:
        _record_refusal(refund, refusal, now=now)
        return
    except IamportError as err:
        journal.record("payment.refund_unknown", at=now, order=order, reason=type(err).__name__)
        db.session.commit()
        return
    lock(order.subscription)
    confirm(order, answer, now=now)
    if refund.status is RefundStatus.DECIDED:
        # Some PGs cancel later and send no webhook. A second request could refund twice, so from now on we only check.
        refund.mark_asked(at=now)
        journal.record("payment.refund_asked", at=now, lane=journal.PG, order=order, imp_uid=refund.imp_uid)
    db.session.commit()


def due(*, now: datetime, limit: int = 30) -> Sequence[int]:
    """Return the ids of the refunds to `process`, the longest waiting first."""
    ids = db.session.scalars(select(Refund.id).where(Refund.look_at <= now).order_by(Refund.look_at).limit(limit)).all()
    db.session.commit()
    return ids


def process(desk: Desk, *, refund_id: int, now: datetime) -> Refund:
    """Read how much of the payment is left to refund; request it, unless the service has accepted a request."""
    refund = db.session.get_one(Refund, refund_id)
    order, imp_uid = refund.order, refund.imp_uid
    lock(order.subscription)
    if not refund.is_due(now):
        db.session.commit()
        return refund  # another process is already working on it
    refund.postpone(at=now)
    db.session.commit()
    try:
        payment = desk.client.payment(imp_uid)
    except IamportError:
        return refund
    lock(order.subscription)
    confirm(order, payment, now=now)
    must_request = refund.status is RefundStatus.DECIDED
    db.session.commit()
    if must_request:
        request(desk, refund, payment, now=now)
    return refund


def confirm(order: Order, payment: Payment, *, now: datetime) -> None:
    """Mark the payment's refund made if its record shows no money left. Call under the lock; does not commit."""
    refund = _of(order, payment)
    if refund is None or refund.status is RefundStatus.MADE or payment.amount_left > 0:
        return
    refund.mark_made(at=now)
    if order.mismatch:
        order.refunded = reversals.refunded_amount(payment)
    journal.record("payment.cancelled", at=now, lane=journal.PG, order=order, imp_uid=refund.imp_uid)


def for_staff(*, limit: int = 50) -> Sequence[Refund]:
    """Return the refunds that are not confirmed yet, the oldest first, including those that were finally refused."""
    return db.session.scalars(
        select(Refund).where(Refund.status != RefundStatus.MADE).order_by(Refund.id).limit(limit)
    ).all()


def _reason(order: Order) -> str:
    """Return the reason that the service's console shows to the staff."""
    is_surplus = order.mismatch == "invoice" or not order.mismatch
    return "paid already in another way" if is_surplus else f"not what was ordered: {order.mismatch}"


def _record_refusal(refund: Refund, refusal: Refused, *, now: datetime) -> None:
    """Count a refusal: either the refund was made elsewhere, or the PG refuses it. The next check shows which."""
    lock(refund.order.subscription)
    if refund.status is RefundStatus.DECIDED:
        refund.record_refusal(refusal.message, is_last=refund.refusals + 1 >= MAX_REFUSALS)
        journal.record("payment.refund_refused", at=now, lane=journal.PG, order=refund.order, reason=refusal.message)
    db.session.commit()


def _of(order: Order, payment: Payment) -> Refund | None:
    return next((refund for refund in order.refunds if refund.imp_uid == payment.imp_uid), None)


def _minor_left(payment: Payment) -> int | None:
    try:
        return Money.from_major(payment.amount_left, payment.currency).minor
    except CurrencyError:
        return None
