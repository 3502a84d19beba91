"""Giving back what was charged but is not what we asked for.

decide     write the refund down, in the commit of the decision
give_back  ask the service for it, once
work_off   reconcile's turn: look whether it is made, and ask again where it is not
note       a record was read: it may say that the money is back
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from models import Order, Refund, RefundStatus, db
from money import CurrencyError, Money
from services import journal
from services.desk import Desk
from services.iamport import IamportError, Payment, Refused
from services.locks import lock

LAST_REFUSAL = 12
"""After so many, spread over a day and a half, asking ends: what is left to do is for people."""


def was_charged(desk: Desk, order: Order, payment: Payment) -> bool:
    """Whether the record stands for money: an issue that only shows its amount moved none.

    The PG that handled it decides, by its guide: a browser may have chosen another one than the order's. What is no
    issue is an ordinary payment, also where the service says nothing of its use: then no key was made.
    """
    if payment.amount_left <= 0:
        return False
    if payment.customer_uid_usage != "issue":
        return True
    by_provider = {guide.provider: guide for guide in desk.guides.values()}
    guide = by_provider.get(payment.pg_provider or "", desk.guides[order.guide_id])
    return guide.charges(1)


def is_decided(order: Order, payment: Payment) -> bool:
    """Whether this payment goes back, or went."""
    return _of(order, payment) is not None


def decide(order: Order, payment: Payment, *, now: datetime) -> Refund | None:
    """Write down that this payment has to go back; None where that was decided before. Does not commit."""
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


def give_back(desk: Desk, refund: Refund, payment: Payment, *, now: datetime) -> None:
    """Ask for what is left of a payment. Whatever is answered, `work_off` goes on until the record says it is made."""
    order, left = refund.order, payment.amount_left
    db.session.commit()  # no transaction stays open while we wait for the network
    try:
        answer = desk.client.cancel(imp_uid=payment.imp_uid, amount=left, checksum=left, reason=_reason(order))
    except Refused as refusal:
        _note_refusal(refund, refusal, now=now)
        return
    except IamportError as err:
        journal.record("payment.refund_unknown", at=now, order=order, reason=type(err).__name__)
        db.session.commit()
        return
    lock(order.subscription)
    note(order, answer, now=now)
    if refund.status is RefundStatus.DECIDED:
        # Some PGs cancel later, without a webhook. Asking twice could give back twice, so now we only look.
        refund.mark_asked(at=now)
        journal.record("payment.refund_asked", at=now, lane=journal.PG, order=order, imp_uid=refund.imp_uid)
    db.session.commit()


def due(*, now: datetime, limit: int = 30) -> Sequence[int]:
    """Ids of the refunds to `work_off`, the longest waiting first."""
    ids = db.session.scalars(select(Refund.id).where(Refund.look_at <= now).order_by(Refund.look_at).limit(limit)).all()
    db.session.commit()
    return ids


def work_off(desk: Desk, *, refund_id: int, now: datetime) -> Refund:
    """Read how much is left of a payment that has to go back; ask for it, unless the service has taken that request."""
    refund = db.session.get_one(Refund, refund_id)
    order, imp_uid = refund.order, refund.imp_uid
    lock(order.subscription)
    if not refund.is_due(now):
        db.session.commit()
        return refund  # another process has just taken it up
    refund.put_off(at=now)
    db.session.commit()
    try:
        payment = desk.client.payment(imp_uid)
    except IamportError:
        return refund
    lock(order.subscription)
    note(order, payment, now=now)
    is_to_be_asked = refund.status is RefundStatus.DECIDED
    db.session.commit()
    if is_to_be_asked:
        give_back(desk, refund, payment, now=now)
    return refund


def note(order: Order, payment: Payment, *, now: datetime) -> None:
    """A record was read: where nothing of the payment is left, its refund is made. Under the lock; does not commit."""
    refund = _of(order, payment)
    if refund is None or refund.status is RefundStatus.MADE or payment.amount_left > 0:
        return
    refund.mark_made(at=now)
    if order.mismatch:
        order.refunded = given_back(payment)
    journal.record("payment.cancelled", at=now, lane=journal.PG, order=order, imp_uid=refund.imp_uid)


def for_staff(*, limit: int = 50) -> Sequence[Refund]:
    """What has to go back and is not confirmed yet, the oldest first; what was refused for good is among them."""
    return db.session.scalars(
        select(Refund).where(Refund.status != RefundStatus.MADE).order_by(Refund.id).limit(limit)
    ).all()


def given_back(payment: Payment) -> int:
    """Minor units cancelled so far. In a currency that is none of ours: 1, for "something"."""
    try:
        return Money.from_major(payment.cancel_amount, payment.currency).minor
    except CurrencyError:
        return int(payment.cancel_amount > 0)


def _reason(order: Order) -> str:
    """Stands in the record, for whoever looks at it in the console."""
    is_surplus = order.mismatch == "invoice" or not order.mismatch
    return "paid already in another way" if is_surplus else f"not what was ordered: {order.mismatch}"


def _note_refusal(refund: Refund, refusal: Refused, *, now: datetime) -> None:
    """Another road was faster, or the PG will not: the next reading of the record tells which."""
    lock(refund.order.subscription)
    if refund.status is RefundStatus.DECIDED:
        refund.note_refusal(refusal.message, is_last=refund.refusals + 1 >= LAST_REFUSAL)
        journal.record("payment.refund_refused", at=now, lane=journal.PG, order=refund.order, reason=refusal.message)
    db.session.commit()


def _of(order: Order, payment: Payment) -> Refund | None:
    return next((refund for refund in order.refunds if refund.imp_uid == payment.imp_uid), None)


def _minor_left(payment: Payment) -> int | None:
    try:
        return Money.from_major(payment.amount_left, payment.currency).minor
    except CurrencyError:
        return None
