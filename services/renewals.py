"""Recurring charges: find what is due, and charge it once.

Whatever stops the process between two steps, the next run finds where it stopped: a claim that lapses, or an attempt
without an answer, which `services.charges` looks up before it sends anything again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from errors import ChargeInProgress, KeyNotConfirmed, NothingToCharge, PaymentServiceBusy
from models import BillingKey, Invoice, Order, Subscription, db
from money import Money
from services import charges, claims, machine_time, payments
from services.claims import Claim
from services.desk import Desk
from services.invoices import buyer_may_be_paying, open_invoice, unanswered_charge, unpaid_invoice
from services.owners import EVERYONE, Owners
from services.subscriptions import next_period
from states import InvoiceStatus, OrderStatus, SubscriptionStatus

CONFIRMATION_TIMEOUT = timedelta(days=1)
"""How long we wait for the webhook of an issue. A webhook may be lost, so after this time the key is charged."""


def due(
    desk: Desk, *, now: datetime, retries: bool | None = None, owners: Owners = EVERYONE, limit: int = 500
) -> Sequence[int]:
    """Return the ids of the subscriptions to charge now, without those that are claimed or paused.

    The first are those that failed least often, and among them the longest waiting. `retries` selects only
    subscriptions whose last charge failed (True), or only the others (False).
    """
    ids = db.session.scalars(
        select(Subscription.id)
        .where(*_is_due(desk, now=now, retries=retries, owners=owners))
        .order_by(Subscription.pauses, Subscription.next_charge_at)
        .limit(limit)
    ).all()
    db.session.commit()  # other connections make the claims, and must not wait for this transaction
    return ids


def count_due(desk: Desk, *, now: datetime, owners: Owners = EVERYONE) -> int:
    """Return how many subscriptions are to be charged now."""
    count = db.session.scalar(
        select(func.count()).select_from(Subscription).where(*_is_due(desk, now=now, owners=owners))
    )
    db.session.commit()
    return count or 0


def preview(subscription_id: int, *, now: datetime) -> tuple[Money, datetime]:
    """Return what the next charge of a due subscription takes, and since when it is due."""
    subscription = db.session.get_one(Subscription, subscription_id)
    period = next_period(subscription, now=now)
    return period.price if period else subscription.price, subscription.next_charge_at or now


def _is_due(desk: Desk, *, now: datetime, owners: Owners, retries: bool | None = None) -> list[ColumnElement[bool]]:
    is_due = [
        owners.own(Subscription.user_id),
        Subscription.next_charge_at <= now,
        Subscription.status.in_(charges.CHARGED),
        claims.unclaimed(desk),
        machine_time.has_come(Subscription.charge_not_before, desk.machine_now()),
    ]
    if retries is not None:
        is_retry = or_(Subscription.status == SubscriptionStatus.PAST_DUE, Subscription.pauses > 0)
        is_due.append(is_retry if retries else ~is_retry)
    return is_due


def collect(desk: Desk, *, subscription_id: int, now: datetime, period_start: datetime | None = None) -> Order:
    """Charge the next unpaid period of one subscription, once, and return the attempt.

    Without `period_start`, charge only what is due. With it, charge the period that begins then, which a person saw and
    agreed to; a second call returns the payment that was made, and does not charge the next period.

    The attempt is paid, failed (declined or refused) or ready (unknown: looked up later under its `merchant_uid`).
    While no charge can be sent, one that a person requested is left to the worker: it is ready, and `is_queued`.

    Raises:
        ChargeInProgress: when another process charges the subscription, or an earlier payment may still arrive.
        KeyNotConfirmed: when the PG has not confirmed the key yet.
        NothingToCharge: when nothing is due, the period is not the next to pay, or the subscription has ended or has no
            card.
        PaymentServiceBusy: when no charge or needed look-up can be sent; what is due stays due.
    """
    if period_start is None and not desk.client.can_charge:
        raise PaymentServiceBusy("no charge can be sent now")
    claim = claims.take(desk, subscription_id)
    if claim is None:
        raise ChargeInProgress(f"another process is charging subscription {subscription_id}")
    try:
        # Read only under the claim: another process may have charged since the caller looked.
        subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
        if period_start is None:
            return _collect_due(desk, claim, subscription, now=now)
        paid = _payment_of_period(subscription, period_start)
        return paid or _collect(desk, claim, subscription, is_owed=True, now=now)
    finally:
        claims.release(claim)


def _collect_due(desk: Desk, claim: Claim, subscription: Subscription, *, now: datetime) -> Order:
    """Charge what is due. After any error the worker leaves the subscription alone for a while, longer each time."""
    if subscription.next_charge_at is None or subscription.next_charge_at > now or _is_paused(desk, subscription):
        raise NothingToCharge("it is not due")
    try:
        is_owed = subscription.is_overdue(now)
        if not is_owed and not _has_unanswered_charge(subscription):
            raise NothingToCharge("the next period has not begun")
        if not desk.client.can_send and _must_look_up(unpaid_invoice(subscription)):
            raise PaymentServiceBusy("no earlier attempt can be looked up now", is_look_up=True)
        return _collect(desk, claim, subscription, is_owed=is_owed, now=now)
    except PaymentServiceBusy:
        raise
    except Exception:
        db.session.rollback()
        if claims.confirm(desk, claim):
            charges.pause(desk, subscription)
        db.session.commit()
        raise


def _is_paused(desk: Desk, subscription: Subscription) -> bool:
    ends_at = subscription.charge_not_before
    return ends_at is not None and ends_at > machine_time.shared(desk.machine_now())


def _collect(desk: Desk, claim: Claim, subscription: Subscription, *, is_owed: bool, now: datetime) -> Order:
    """Charge the open period if `is_owed`: it has begun, or a person asked for it. Else only look up an open charge."""
    key = _chargeable_key(desk, subscription, now=now)
    paid_until = subscription.paid_until
    invoice = open_invoice(subscription, now=now)
    if subscription.paid_until != paid_until:
        raise NothingToCharge("the period was paid a moment ago")
    if buyer_may_be_paying(invoice, now=now):
        raise ChargeInProgress("a payment window is open for this period")
    order = unanswered_charge(invoice)
    if not desk.client.can_charge or (not desk.client.can_send and _must_look_up(invoice)):
        return charges.leave_to_worker(desk, claim, order, key, invoice, now=now)
    if order is not None and not charges.look_up(desk, claim, order, now=now):
        card_changed = order.status is OrderStatus.FAILED and order.billing_key_id != key.id
        if not card_changed or not is_owed:
            return order
        order = None  # the old card was declined, and the new one has not been tried
    if (order is None or order.is_queued) and (approved := _approved_late(desk, invoice, now=now)):
        return approved
    return charges.charge(desk, claim, order, key, invoice, now=now)


def _payment_of_period(subscription: Subscription, period_start: datetime) -> Order | None:
    """Return the payment of the wanted period, if it was made already.

    Raises:
        NothingToCharge: when the wanted period is not the next to pay.
    """
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


def _must_look_up(invoice: Invoice | None) -> bool:
    """Whether the period has attempts that the PG may have approved since: a charge of it begins with look-ups."""
    if invoice is None:
        return False
    unanswered = unanswered_charge(invoice)
    was_sent = unanswered is not None and not unanswered.is_queued
    return was_sent or any(order.status is OrderStatus.FAILED for order in invoice.orders)


def _has_unanswered_charge(subscription: Subscription) -> bool:
    """Whether a charge has no answer yet. The worker looks it up, also if a person requested it before its period."""
    invoice = unpaid_invoice(subscription)
    return invoice is not None and unanswered_charge(invoice) is not None


def _chargeable_key(desk: Desk, subscription: Subscription, *, now: datetime) -> BillingKey:
    key = subscription.billing_key
    if subscription.status not in charges.CHARGED or key is None or not key.is_usable:
        raise NothingToCharge("the subscription has ended, or has no card")
    issued_at = key.activated_at or now
    unconfirmed = key.confirmed_at is None and issued_at > now - CONFIRMATION_TIMEOUT
    if desk.guides[key.guide_id].waits_for_webhook and unconfirmed:
        raise KeyNotConfirmed("the PG has not confirmed this key yet")
    return key


def _approved_late(desk: Desk, invoice: Invoice, *, now: datetime) -> Order | None:
    """Return an earlier attempt that failed, and that the PG approved since. Its webhook may have been lost.

    Raises:
        ChargeInProgress: when the service does not answer: another attempt could pay the period twice.
    """
    for order in [order for order in invoice.orders if order.status is OrderStatus.FAILED]:
        if payments.settle(desk, merchant_uid=order.merchant_uid, now=now) is payments.Lookup.NO_ANSWER:
            raise ChargeInProgress("the outcome of an earlier attempt is unknown", is_unknown=True)
        if order.status is OrderStatus.PAID:
            return order
    return None
