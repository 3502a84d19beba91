"""Recurring charges: claim, write down, ask, write down.

Whatever stops the process between two of these steps, the next run finds a row that says where it was: a claim
that lapses, or an attempt without an answer, which is looked up before anything is asked again.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import select

from clock import FIRST_PAUSE
from errors import ChargeInProgress, KeyNotConfirmed, NothingToCharge
from models import (
    BillingKey,
    Invoice,
    InvoiceStatus,
    Order,
    OrderPurpose,
    OrderStatus,
    Subscription,
    SubscriptionStatus,
    db,
)
from services import claims, dunning, journal, payments
from services.desk import Desk
from services.iamport import IamportError, NotFound, Payment, Refused
from services.invoices import buyer_may_be_paying, next_merchant_uid, open_invoice, unanswered_charge, unpaid_invoice
from services.locks import lock

DECISION_TIMEOUT = timedelta(days=1)
"""How long a PG may take to decide about a charge. One that died on its way to the PG is never decided about."""
CONFIRMATION_TIMEOUT = timedelta(days=1)
"""How long we wait for the webhook of an issue. Webhooks get lost; after this the key is tried without it."""
FAULT_PAUSE = timedelta(hours=1)
"""Until a charge is sent again that the service found fault with, as with an address that is not on its list."""
EVENTS = {"paid": "charge.approved", "failed": "charge.declined", "ready": "charge.pending"}
"""What an answer to `/again` is called in the journal, by its `status`."""
CHARGED = (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


def due(*, now: datetime, limit: int = 500) -> Sequence[int]:
    """Ids of the subscriptions to charge now, the longest waiting first; those that another process holds left out."""
    ids = db.session.scalars(
        select(Subscription.id)
        .where(Subscription.next_charge_at <= now, Subscription.status.in_(CHARGED), claims.unclaimed(now))
        .order_by(Subscription.next_charge_at)
        .limit(limit)
    ).all()
    db.session.commit()  # the claims are made by other connections: no lock of this look may stand in their way
    return ids


def collect(desk: Desk, *, subscription_id: int, now: datetime, period_start: datetime | None = None) -> Order:
    """Charge the next unpaid period of one subscription, once.

    Without `period_start` only what is due. With it, the period that begins there, which a person saw and agreed
    to: asked twice, it answers with the payment that was made, not with the next period's.

    Returns the attempt: paid, failed (declined, or refused) or ready (unknown: looked up later under the same
    `merchant_uid`). Raises `ChargeInProgress`, `NothingToCharge`, `KeyNotConfirmed`.
    """
    until = now + desk.claim_lifetime
    if not claims.take(subscription_id, now=now, until=until):
        raise ChargeInProgress(f"subscription {subscription_id} is being charged")
    try:
        # Only now: between anybody's look and this claim, another caller may have charged.
        subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
        paid = _payment_of_period(subscription, period_start, now=now)
        is_owed = period_start is not None or subscription.is_overdue(now)
        return paid or _collect(desk, subscription, is_owed=is_owed, now=now)
    finally:
        claims.release(subscription_id, until)


def _collect(desk: Desk, subscription: Subscription, *, is_owed: bool, now: datetime) -> Order:
    """`is_owed`: the period has begun, or somebody has just asked for it; else only what is unknown is looked up."""
    key = _chargeable_key(desk, subscription, now=now)
    paid_until = subscription.paid_until
    invoice = open_invoice(subscription, now=now)
    if subscription.paid_until != paid_until:
        raise NothingToCharge("the period was paid a moment ago")
    if buyer_may_be_paying(invoice, now=now):
        raise ChargeInProgress("a payment window is open for this period")
    order = unanswered_charge(invoice)
    if order is not None and not _should_repeat(desk, order, now=now):
        card_changed = order.status is OrderStatus.FAILED and order.billing_key_id != key.id
        if not card_changed or not is_owed:
            return order
        order = None  # the old card's decline is known now; the new one has not been tried
    if order is None and (approved := _approved_late(desk, invoice, now=now)):
        return approved
    return _charge(desk, _save_attempt(order, subscription, key, invoice, now=now), now=now)


def _payment_of_period(subscription: Subscription, period_start: datetime | None, *, now: datetime) -> Order | None:
    """The payment of the wanted period, if it was made already. Raises `NothingToCharge`."""
    if period_start is None:
        if subscription.next_charge_at is None or subscription.next_charge_at > now:
            raise NothingToCharge("it is not due")
        if not subscription.is_overdue(now) and not _has_unanswered_charge(subscription):
            raise NothingToCharge("the next period has not begun")
        return None
    invoice = db.session.scalar(
        select(Invoice).where(Invoice.subscription_id == subscription.id, Invoice.period_start == period_start)
    )
    if invoice is not None and invoice.status is InvoiceStatus.PAID:
        paid = (order for order in invoice.orders if order.status is OrderStatus.PAID)
        if (order := next(paid, None)) is not None:
            return order
    if subscription.paid_until not in (None, period_start):
        raise NothingToCharge("that is not the period to be paid next")
    return None


def _has_unanswered_charge(subscription: Subscription) -> bool:
    """A charge that somebody asked for early is the worker's to look up, though nothing is due yet."""
    invoice = unpaid_invoice(subscription)
    return invoice is not None and unanswered_charge(invoice) is not None


def _chargeable_key(desk: Desk, subscription: Subscription, *, now: datetime) -> BillingKey:
    key = subscription.billing_key
    if subscription.status not in CHARGED or key is None or not key.is_usable:
        raise NothingToCharge("the subscription has ended, or has no card")
    issued_at = key.activated_at or now
    unconfirmed = key.confirmed_at is None and issued_at > now - CONFIRMATION_TIMEOUT
    if desk.guides[key.guide_id].waits_for_webhook and unconfirmed:
        raise KeyNotConfirmed("the PG has not confirmed this key yet")
    return key


def _should_repeat(desk: Desk, order: Order, *, now: datetime) -> bool:
    """Whether an attempt without an answer was never made: the service knows of none, and had time to learn of it.

    If it was made, its outcome is settled here; if the service is silent again, it stays unknown.
    """
    try:
        answer = _find_record(desk, order)
    except IamportError as err:
        _record_unknown(order, type(err).__name__, now=now)
        return False
    if answer is not None:
        _apply_answer(desk, order, answer, now=now)
        return False
    trusted_from = order.asked_at + FIRST_PAUSE if order.asked_at else now
    if trusted_from > now:
        _look_again(order, at=trusted_from, now=now)
    return trusted_from <= now


def _find_record(desk: Desk, order: Order) -> Payment | None:
    """What the service knows of this attempt: an approval, else a decline, else one under way or given back.

    A window that somebody opened under our `merchant_uid`, and did not pay in, is no attempt of ours.
    """
    for status in ("paid", "failed", ""):
        with suppress(NotFound):
            record = desk.client.find(order.merchant_uid, status=status)
            if record.status in ("paid", "cancelled") or not record.came_by_window:
                return record
    return None


def _approved_late(desk: Desk, invoice: Invoice, *, now: datetime) -> Order | None:
    """An earlier attempt that failed, and which the PG approved since, although its webhook never came.

    Raises `ChargeInProgress` where the service does not answer: another attempt could pay the period twice.
    """
    for order in [order for order in invoice.orders if order.status is OrderStatus.FAILED]:
        if payments.settle(desk, merchant_uid=order.merchant_uid, now=now) is payments.Lookup.NO_ANSWER:
            raise ChargeInProgress("nobody can say what became of an earlier attempt")
        if order.status is OrderStatus.PAID:
            return order
    return None


def _save_attempt(
    order: Order | None, subscription: Subscription, key: BillingKey, invoice: Invoice, *, now: datetime
) -> Order:
    """The attempt, committed before anything is asked.

    One that was never made is used again under the same `merchant_uid`, so that a late success of it makes the
    service refuse the repeat.
    """
    if order is None:
        order = Order(
            merchant_uid=next_merchant_uid(invoice),
            user=subscription.user,
            subscription=subscription,
            invoice=invoice,
            purpose=OrderPurpose.CHARGE,
            name=subscription.plan.name(subscription.user.language or "ko")[:40],
            amount=invoice.amount,
            currency=invoice.currency,
            buyer_tel=subscription.user.tel,
            created_at=now,
            guide_id=key.guide_id,
            buyer_name=key.issue_name,
            buyer_email=key.issue_email,
            billing_key=key,
        )
        db.session.add(order)
        db.session.flush()
        journal.record("order.created", at=now, order=order, purpose=order.purpose.value, guide=key.guide_id)
    order.billing_key, order.guide_id = key, key.guide_id
    order.buyer_name, order.buyer_email = key.issue_name, key.issue_email
    db.session.commit()
    return order


def _charge(desk: Desk, order: Order, *, now: datetime) -> Order:
    try:
        answer = _request_charge(desk, order, now=now)
    except Refused as refusal:
        if refusal.status == HTTPStatus.OK:
            # The service would not even ask the PG; for the buyer it is a decline like any other.
            _mark_failed(desk, order, "charge.refused", reason=refusal.message, now=now)
        else:
            # Our request was wrong, or our address unwanted: that is no buyer's fault, and costs none a rung.
            reason = f"HTTP {refusal.status}: {refusal.message}"
            _record_unknown(order, reason, now=now, pause=FAULT_PAUSE)
    except IamportError as err:
        # However long it was waited for: the service may have begun with it only just now.
        order.asked_at = now + err.waited
        _record_unknown(order, type(err).__name__, now=order.asked_at)
    else:
        if event := EVENTS.get(answer.status):
            journal.record(event, at=now, lane=journal.PG, order=order, reason=answer.fail_reason or "")
        _apply_answer(desk, order, answer, now=now)
    return order


def _apply_answer(desk: Desk, order: Order, answer: Payment, *, now: datetime) -> None:
    """A PG that has not decided yet has not declined: asked again, it would decide about two payments."""
    if answer.status != "ready":
        payments.settle(desk, merchant_uid=order.merchant_uid, now=now, answer=answer)
    elif order.asked_at and order.asked_at <= now - DECISION_TIMEOUT:
        _mark_failed(desk, order, "charge.given_up", now=now)
    else:
        _look_again(order, at=now + FIRST_PAUSE, now=now)


def _request_charge(desk: Desk, order: Order, *, now: datetime) -> Payment:
    key = order.billing_key
    body = desk.guides[key.guide_id].again_for(
        {
            "customer_uid": key.customer_uid,
            "merchant_uid": order.merchant_uid,
            "amount": order.price.to_major(),
            "order_name": order.name,
            "currency": key.currency,
            "issue_email": key.issue_email,
            "buyer_name": key.issue_name,
            "buyer_tel": order.buyer_tel,
            "browser_ip": key.issue_ip,
            "notice_url": desk.notice_url,
        }
    )
    order.asked_at = now
    journal.record("charge.sent", at=now, order=order, fields=sorted(body))
    db.session.commit()
    try:
        return desk.client.again(**body)
    except Refused:
        # "Already ordered" means an earlier call of ours may have charged: read before believing the refusal.
        earlier = _find_record(desk, order)
        if earlier is None or earlier.status == "failed":
            raise
        return earlier


def _mark_failed(desk: Desk, order: Order, event: str, *, reason: str = "", now: datetime) -> None:
    """The attempt has failed, though no record says so, unless another road was told something meanwhile."""
    lock(order.subscription)
    if not order.is_final:
        order.mark_failed(reason)
        journal.record(event, at=now, lane=journal.PG, order=order, reason=reason)
        dunning.after_decline(desk, order, now=now)
    db.session.commit()


def _record_unknown(order: Order, reason: str, *, now: datetime, pause: timedelta = FIRST_PAUSE) -> None:
    """No answer is not a no."""
    journal.record("charge.unknown", at=now, order=order, reason=reason)
    _look_again(order, at=now + pause, now=now)


def _look_again(order: Order, *, at: datetime, now: datetime) -> None:
    """The attempt stays open until it is looked up then, unless another road was told meanwhile."""
    lock(order.subscription)
    if not order.is_final:
        order.checked_at = now
        order.subscription.look_again(at=at)
    db.session.commit()
