"""Refunds: of payments that do not match their order or are surplus, and of what staff decided.

decide, decide_for_staff   record the refund in the same commit as the decision
request                    request the refund from the service, once
process                    called by reconcile: check whether the refund is made, and request it again if it may not be
confirm                    mark the refunds made that the record just read shows

The service names no request, so the cancelled amount in its record shows whether a request without an answer was made.
`checksum` guards the repeat: the service refuses it if anything was cancelled since that record.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clock import FIRST_PAUSE, back_off
from errors import OutOfDate
from models import Order, Refund, db
from money import CurrencyError, Money
from services import journal, reversals, run_calls
from services.desk import Desk
from services.guides import Guide
from services.iamport import IamportError, Payment, Refused
from services.locks import lock
from services.machine_time import has_come, moment, shared
from services.owners import EVERYONE, Owners
from states import InvoiceStatus, OrderStatus, RefundCause, RefundEffect, RefundStatus

MAX_REFUSALS = 12
"""After this many refusals, spread over about two days, we stop asking and leave the refund to the staff."""
LONGEST_PAUSE = timedelta(days=1)
"""The longest pause after an answer: a PG may take days to confirm a refund."""
LONGEST_SILENCE = timedelta(hours=1)
"""The longest pause after a try that got no answer: a refund is made within this time after the service returns."""
GIVE_UP_AFTER = timedelta(days=7)
"""How long the record may take to show a staff refund that the service accepted, before staff look at it again."""


def was_charged(desk: Desk, order: Order, payment: Payment) -> bool:
    """Whether the payment moved money. An issue that only shows its amount moves none.

    The guide of the PG that handled the payment decides, because a browser may have chosen another PG than the order's.
    A record that is not an issue is an ordinary payment. So is a record without `customer_uid_usage`: it made no key.
    """
    if payment.amount_left <= 0:
        return False
    if payment.customer_uid_usage != "issue":
        return True
    return _guide(desk, order, payment).charges(1)


def is_decided(order: Order, payment: Payment) -> bool:
    """Whether we have decided to refund this payment as surplus. A refund by staff says nothing about that."""
    return any(refund.cause is RefundCause.SURPLUS for refund in _of(order, payment))


def decide(desk: Desk, order: Order, payment: Payment, *, now: datetime) -> Refund | None:
    """Record that all that is left of this payment must be refunded; None if decided before. Does not commit."""
    if is_decided(order, payment):
        return None
    left = left_of(payment)
    refund = Refund(
        order=order,
        imp_uid=payment.imp_uid,
        amount=left and left.minor,
        currency=payment.currency,
        cancelled_before=reversals.refunded_amount(payment),
        created_at=now,
        look_not_before=moment(desk.machine_now(), plus=FIRST_PAUSE),
    )
    db.session.add(refund)
    return refund


def may_refund(order: Order, payment: Payment) -> bool:
    """Whether staff may refund this payment: it pays the order, money is left, and no other refund of it is open.

    A payment that the card company took back is not refunded too: the buyer would receive the money twice.
    """
    is_reversed = order.invoice is not None and order.invoice.status is InvoiceStatus.REVERSED
    is_own = order.status is OrderStatus.PAID and order.imp_uid == payment.imp_uid and not is_reversed
    return is_own and payment.amount_left > 0 and not any(refund.is_open for refund in _of(order, payment))


def left_of(payment: Payment) -> Money | None:
    """Return what is paid and not refunded, or None in a currency that this shop does not know."""
    try:
        return Money.from_major(payment.amount_left, payment.currency)
    except CurrencyError:
        return None


def decide_for_staff(
    desk: Desk, order: Order, payment: Payment, *, amount: Money, reason: str, effect: RefundEffect, now: datetime
) -> Refund:
    """Record that staff refund this amount of a paid order. Call under the lock; does not commit.

    `payment` is the record just read, and the order is level with it.

    Raises:
        OutOfDate: when the order is not paid by this payment, the card company took it back, less is left, another
            refund of it is still open, or the record was read before the newest refund.
    """
    before, left = reversals.refunded_amount(payment), left_of(payment)
    if before != order.refunded or not may_refund(order, payment):
        raise OutOfDate(f"order {order.merchant_uid} cannot be refunded now")
    if left is None or amount.currency != left.currency or not 0 < amount.minor <= left.minor:
        raise OutOfDate(f"{payment.amount_left} {payment.currency} is left of order {order.merchant_uid}")
    refund = Refund(
        order=order,
        imp_uid=payment.imp_uid,
        cause=RefundCause.STAFF,
        amount=amount.minor,
        currency=payment.currency,
        cancelled_before=before,
        reason=reason,
        effect=effect,
        created_at=now,
        look_not_before=moment(desk.machine_now(), plus=FIRST_PAUSE),
    )
    db.session.add(refund)
    journal.record("refund.decided", at=now, order=order, amount=str(amount.to_major()), currency=amount.currency)
    return refund


def request(desk: Desk, refund: Refund, payment: Payment, *, now: datetime) -> None:
    """Request the refund of a payment whose record was just read.

    Whatever the service answers, `process` continues until the payment's record shows that the refund is made.
    """
    order, left = refund.order, payment.amount_left
    amount = left if refund.cause is RefundCause.SURPLUS or refund.price is None else refund.price.to_major()
    may_repeat = amount == left or not _guide(desk, order, payment).cancels_later
    db.session.commit()  # keep no transaction open while we wait for the network
    try:
        with run_calls.of(order, now=now):
            answer = desk.client.cancel(imp_uid=payment.imp_uid, amount=amount, checksum=left, reason=_reason(refund))
    except Refused as refusal:
        if not refusal.is_turned_away:
            _record_refusal(desk, refund, refusal, now=now)
        return
    except IamportError as err:
        if err.sent:
            _record_no_answer(desk, refund, type(err).__name__, may_repeat=may_repeat, now=now)
        return
    lock(order.subscription)
    confirm(order, answer, now=now)
    reversals.record(order, answer, now=now)
    if refund.status is RefundStatus.DECIDED:
        # Some PGs cancel later and send no webhook. A second request could refund twice, so from now on we only check.
        _mark_asked(desk, refund, now=now)
        journal.record("payment.refund_asked", at=now, lane=journal.PG, order=order, imp_uid=refund.imp_uid)
    db.session.commit()


def due(desk: Desk, *, now: datetime, owners: Owners = EVERYONE, limit: int = 30) -> Sequence[int]:
    """Return the ids of the refunds to `process`, the longest waiting first."""
    is_due = (Refund.look_at <= now, has_come(Refund.look_not_before, desk.machine_now()), owners.own(Order.user_id))
    waiting = select(Refund.id).join(Refund.order).where(*is_due)
    ids = db.session.scalars(waiting.order_by(Refund.look_not_before.nulls_first(), Refund.look_at).limit(limit)).all()
    db.session.commit()
    return ids


def process(desk: Desk, *, refund_id: int, now: datetime) -> Refund:
    """Read how much of the payment is cancelled; request the refund, unless the service has accepted a request."""
    machine_now = shared(desk.machine_now())
    refund = db.session.get_one(Refund, refund_id)
    order, imp_uid = refund.order, refund.imp_uid
    lock(order.subscription)
    if not refund.is_due(now, machine_now=machine_now):
        db.session.commit()
        return refund  # another process is already working on it
    _pause(desk, refund, after=refund.tries, at_most=LONGEST_SILENCE)
    refund.tries += 1
    db.session.commit()
    try:
        with run_calls.of(order, now=now):
            payment = desk.client.payment(imp_uid)
    except IamportError:
        return refund
    lock(order.subscription)
    confirm(order, payment, now=now)
    reversals.record(order, payment, now=now)
    if _is_hopeless(refund, payment, now=now):
        refund.give_up()
        journal.record("refund.given_up", at=now, order=order, left=str(payment.amount_left), currency=refund.currency)
    elif refund.status is RefundStatus.ASKED:
        _pause(desk, refund, after=max(0, refund.tries - 1), at_most=LONGEST_PAUSE)
    must_request = refund.status is RefundStatus.DECIDED
    db.session.commit()
    if must_request:
        request(desk, refund, payment, now=now)
    return refund


def confirm(order: Order, payment: Payment, *, now: datetime) -> None:
    """Mark the payment's refunds made that its record shows. Call under the lock; does not commit."""
    for refund in _of(order, payment):
        if refund.status is RefundStatus.MADE or not _is_shown(refund, payment):
            continue
        if refund.asked_at is None:
            _apply_effect(refund, now=now)
        refund.mark_made(at=now)
        if refund.cause is RefundCause.SURPLUS:
            if order.mismatch:
                order.refunded = reversals.refunded_amount(payment)
            journal.record("payment.cancelled", at=now, lane=journal.PG, order=order, imp_uid=refund.imp_uid)


def for_staff(*, limit: int = 50) -> Sequence[Refund]:
    """Return the refunds that are not confirmed yet, the oldest first, including those that were finally refused."""
    return db.session.scalars(
        select(Refund)
        .where(Refund.status != RefundStatus.MADE)
        .order_by(Refund.id)
        .limit(limit)
        .options(joinedload(Refund.order).joinedload(Order.user))
    ).all()


def _is_shown(refund: Refund, payment: Payment) -> bool:
    """Whether the record shows the refund: no money left of a surplus payment, or our amount more than before.

    When someone else refunded as much in the meantime, that counts as ours: the buyer is never refunded twice.
    """
    if refund.cause is RefundCause.SURPLUS:
        return payment.amount_left <= 0
    return reversals.refunded_amount(payment) >= refund.cancelled_before + (refund.amount or 0)


def _is_hopeless(refund: Refund, payment: Payment, *, now: datetime) -> bool:
    """Whether staff must look at their refund: less is left by now, or it was accepted and is not made for a week."""
    if refund.cause is not RefundCause.STAFF or refund.price is None:
        return False
    if refund.asked_at is not None:
        return refund.status is RefundStatus.ASKED and refund.asked_at <= now - GIVE_UP_AFTER
    return refund.status is RefundStatus.DECIDED and payment.amount_left < refund.price.to_major()


def _mark_asked(desk: Desk, refund: Refund, *, now: datetime) -> None:
    _apply_effect(refund, now=now)
    refund.mark_asked(at=now)
    _pause(desk, refund, after=0, at_most=LONGEST_PAUSE)


def _pause(desk: Desk, refund: Refund, *, after: int, at_most: timedelta) -> None:
    """Let `process` wait, longer `after` more tries."""
    refund.look_not_before = moment(desk.machine_now(), plus=back_off(after, at_most=at_most, seed=refund.id))


def _apply_effect(refund: Refund, *, now: datetime) -> None:
    """Do to the subscription what staff chose. Not before the service accepted the refund: it may refuse."""
    if refund.effect is not None:
        reversals.apply_effect(refund.order, refund.effect, now=now)


def _reason(refund: Refund) -> str:
    """Return the reason that the service's console shows to the staff."""
    order = refund.order
    if refund.reason:
        return refund.reason
    is_surplus = order.mismatch == "invoice" or not order.mismatch
    return "paid already in another way" if is_surplus else f"not what was ordered: {order.mismatch}"


def _record_no_answer(desk: Desk, refund: Refund, reason: str, *, may_repeat: bool, now: datetime) -> None:
    """Leave the refund to `process`. A PG that cancels later may have accepted a part whose record shows nothing yet.

    A repeat could then refund that part twice, so from now on we only check.
    """
    lock(refund.order.subscription)
    journal.record_once("payment.refund_unknown", at=now, order=refund.order, reason=reason)
    if not may_repeat and refund.status is RefundStatus.DECIDED:
        _mark_asked(desk, refund, now=now)
    db.session.commit()


def _record_refusal(desk: Desk, refund: Refund, refusal: Refused, *, now: datetime) -> None:
    """Count a refusal: either the refund was made elsewhere, or the PG refuses it. The next check shows which."""
    lock(refund.order.subscription)
    if refund.status is RefundStatus.DECIDED:
        _pause(desk, refund, after=refund.refusals, at_most=LONGEST_PAUSE)
        refund.record_refusal(refusal.message)
        if refund.refusals >= MAX_REFUSALS:
            refund.give_up()
        journal.record("payment.refund_refused", at=now, lane=journal.PG, order=refund.order, reason=refusal.message)
    db.session.commit()


def _of(order: Order, payment: Payment) -> list[Refund]:
    return [refund for refund in order.refunds if refund.imp_uid == payment.imp_uid]


def _guide(desk: Desk, order: Order, payment: Payment) -> Guide:
    """Return the guide of the PG that handled the payment."""
    by_provider = {guide.provider: guide for guide in desk.guides.values()}
    return by_provider.get(payment.pg_provider or "", desk.guides[order.guide_id])
