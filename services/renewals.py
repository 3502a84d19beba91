"""Recurring charges: find what is due, and charge it once.

Whatever stops the process between two steps, the next run finds where it stopped: a claim that lapses, or an attempt
without an answer, which `services.charges` looks up before it sends anything again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from errors import ChargeInProgress, KeyNotConfirmed, NothingToCharge, PaymentServiceBusy
from models import BillingKey, Invoice, InvoiceStatus, Order, OrderStatus, Subscription, SubscriptionStatus, db
from money import Money
from services import charges, claims, open_orders, payments
from services.claims import Claim
from services.desk import Desk
from services.invoices import buyer_may_be_paying, open_invoice, unanswered_charge, unpaid_invoice
from services.subscriptions import next_period

CONFIRMATION_TIMEOUT = timedelta(days=1)
"""How long we wait for the webhook of an issue. A webhook may be lost, so after this time the key is charged."""
CHARGED = (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


def due(desk: Desk, *, now: datetime, retries: bool | None = None, limit: int = 500) -> Sequence[int]:
    """Return the ids of the subscriptions to charge now, the longest waiting first, without those that are claimed.

    `retries` selects only subscriptions whose last charge failed (True), or only the others (False).
    """
    ids = db.session.scalars(
        select(Subscription.id)
        .where(*_is_due(desk, now=now, retries=retries))
        .order_by(Subscription.next_charge_at)
        .limit(limit)
    ).all()
    db.session.commit()  # other connections make the claims, and must not wait for this transaction
    return ids


def count_due(desk: Desk, *, now: datetime) -> int:
    """Return how many subscriptions are to be charged now."""
    count = db.session.scalar(select(func.count()).select_from(Subscription).where(*_is_due(desk, now=now)))
    db.session.commit()
    return count or 0


def preview(subscription_id: int, *, now: datetime) -> tuple[Money, datetime]:
    """Return what the next charge of a due subscription takes, and since when it is due."""
    subscription = db.session.get_one(Subscription, subscription_id)
    period = next_period(subscription, now=now)
    return period.price if period else subscription.price, subscription.next_charge_at or now


def _is_due(desk: Desk, *, now: datetime, retries: bool | None = None) -> list[ColumnElement[bool]]:
    is_due = [Subscription.next_charge_at <= now, Subscription.status.in_(CHARGED), claims.unclaimed(desk)]
    if retries is not None:
        is_retry = Subscription.status == SubscriptionStatus.PAST_DUE
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
        PaymentServiceBusy: when no charge can be sent; what is due stays due.
    """
    if period_start is None and not desk.client.can_charge:
        raise PaymentServiceBusy("no charge can be sent now")
    claim = claims.take(desk, subscription_id)
    if claim is None:
        raise ChargeInProgress(f"another process is charging subscription {subscription_id}")
    try:
        # Read only under the claim: another process may have charged since the caller looked.
        subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
        paid = _payment_of_period(subscription, period_start, now=now)
        is_owed = period_start is not None or subscription.is_overdue(now)
        return paid or _collect(desk, claim, subscription, is_owed=is_owed, now=now)
    finally:
        claims.release(claim)


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
    if not desk.client.can_charge:
        return charges.leave_to_worker(desk, claim, order, key, invoice, now=now)
    if order is not None and not charges.look_up(desk, claim, order, now=now):
        card_changed = order.status is OrderStatus.FAILED and order.billing_key_id != key.id
        if not card_changed or not is_owed:
            return order
        order = None  # the old card was declined, and the new one has not been tried
    if (order is None or order.is_queued) and (approved := _approved_late(desk, invoice, now=now)):
        if order is not None:
            open_orders.abandon(order, now=now)
        return approved
    return charges.charge(desk, claim, order, key, invoice, now=now)


def _payment_of_period(subscription: Subscription, period_start: datetime | None, *, now: datetime) -> Order | None:
    """Return the payment of the wanted period, if it was made already.

    Raises:
        NothingToCharge: when nothing is due, or the wanted period is not the next to pay.
    """
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
    """Whether a charge has no answer yet. The worker looks it up, also if a person requested it before its period."""
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
