"""Recurring charges: claim, write down, ask, write down.

Whatever stops the process between two of these steps, the next run finds a row that says where it was: a claim
that lapses, or an attempt without an answer, which is looked up before anything is asked again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

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
from services import dunning, journal, payments
from services.desk import Desk
from services.iamport import IamportError, NotFound, Payment, Refused, Unauthorized
from services.invoices import buyer_may_be_paying, next_merchant_uid, open_invoice, unanswered_charge

UNKNOWN_PAUSE = timedelta(minutes=2)
"""How long a charge without an answer is left alone: the service may still be busy with it."""
CONFIRMATION_PATIENCE = timedelta(days=1)
"""How long we wait for the webhook of an issue. Webhooks get lost; after this the key is tried without it."""
CHARGED = (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


def due(*, now: datetime, limit: int = 500) -> Sequence[int]:
    """Ids of the subscriptions to charge now, the longest waiting first; those that another process holds left out."""
    return db.session.scalars(
        select(Subscription.id)
        .where(Subscription.next_charge_at <= now, Subscription.status.in_(CHARGED), _free(now))
        .order_by(Subscription.next_charge_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def collect(desk: Desk, *, subscription_id: int, now: datetime) -> Order:
    """Charge the next unpaid period of one subscription, once.

    Returns the attempt: paid, failed (declined: the dunning ladder was climbed) or ready (unknown: looked up
    later under the same `merchant_uid`). Raises `ChargeInProgress`, `NothingToCharge`, `KeyNotConfirmed`.
    """
    if not _claim(subscription_id, now=now, until=now + desk.claim_lifetime):
        raise ChargeInProgress(f"subscription {subscription_id} is being charged")
    try:
        subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
        key = _chargeable_key(desk, subscription, now=now)
        order = _attempt(subscription, key, open_invoice(subscription, now=now), now=now)
        return _charge(desk, order, now=now)
    finally:
        db.session.rollback()
        db.session.execute(update(Subscription).where(Subscription.id == subscription_id).values(claimed_until=None))
        db.session.commit()


def charge_period(desk: Desk, *, subscription: Subscription, period_start: datetime, now: datetime) -> Order:
    """Charge the period that begins at `period_start`, which the person saw and agreed to.

    Asked twice, it answers with the payment that was made, not with the next period's. Raises as `collect`.
    """
    invoice = db.session.scalar(
        select(Invoice).where(Invoice.subscription_id == subscription.id, Invoice.period_start == period_start)
    )
    if invoice is not None and invoice.status is InvoiceStatus.PAID:
        return next(order for order in invoice.orders if order.status is OrderStatus.PAID)
    if subscription.paid_until is not None and period_start != subscription.paid_until:
        raise NothingToCharge("that is not the period to be paid next")
    return collect(desk, subscription_id=subscription.id, now=now)


def _free(now: datetime):  # type: ignore[no-untyped-def]  # SQLAlchemy's expression types differ by operand
    return or_(Subscription.claimed_until.is_(None), Subscription.claimed_until < now)


def _claim(subscription_id: int, *, now: datetime, until: datetime) -> bool:
    db.session.rollback()
    taken = db.session.execute(
        update(Subscription)
        .where(Subscription.id == subscription_id, _free(now))
        .values(claimed_until=until)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def _chargeable_key(desk: Desk, subscription: Subscription, *, now: datetime) -> BillingKey:
    key = subscription.billing_key
    if subscription.status not in CHARGED or key is None or not key.is_usable:
        raise NothingToCharge("the subscription has ended, or has no card")
    issued_at = key.activated_at or now
    unconfirmed = key.confirmed_at is None and issued_at > now - CONFIRMATION_PATIENCE
    if desk.guides[key.guide_id].waits_for_webhook and unconfirmed:
        raise KeyNotConfirmed("the PG has not confirmed this key yet")
    return key


def _attempt(subscription: Subscription, key: BillingKey, invoice: Invoice, *, now: datetime) -> Order:
    """The order to charge with, committed before anything is asked.

    An attempt without a known outcome is used again under the same `merchant_uid`, so that a late success of it
    makes the service refuse the repeat.
    """
    if buyer_may_be_paying(invoice, now=now):
        raise ChargeInProgress("a payment window is open for this period")
    order = unanswered_charge(invoice)
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
    order.billing_key, order.guide_id = key, key.guide_id
    order.buyer_name, order.buyer_email = key.issue_name, key.issue_email
    db.session.commit()
    return order


def _charge(desk: Desk, order: Order, *, now: datetime) -> Order:
    try:
        answer = _earlier_answer(desk, order) if order.checked_at else None
        answer = answer or _ask(desk, order, now=now)
    except (NotFound, Refused) as err:
        if isinstance(err, Unauthorized):
            return _leave_unknown(order, err, now=now)
        order.mark_failed(err.message)
        journal.record("charge.refused", at=now, lane=journal.PG, order=order, reason=err.message)
        db.session.commit()
    except IamportError as err:
        return _leave_unknown(order, err, now=now)
    else:
        event = "charge.approved" if answer.status == "paid" else "charge.declined"
        journal.record(event, at=now, lane=journal.PG, order=order, reason=answer.fail_reason or "")
        db.session.commit()
        payments.settle(desk, merchant_uid=order.merchant_uid, now=now, answer=answer)
    if order.status is OrderStatus.FAILED and order.invoice is not None:
        dunning.after_decline(desk, order.invoice, now=now)
        db.session.commit()
    return order


def _ask(desk: Desk, order: Order, *, now: datetime) -> Payment:
    fields = _again_fields(desk, order)
    journal.record(
        "charge.sent", at=now, order=order, fields=sorted({"amount", "customer_uid", "merchant_uid", *fields})
    )
    db.session.commit()
    try:
        return desk.client.again(
            customer_uid=order.billing_key.customer_uid,
            merchant_uid=order.merchant_uid,
            amount=order.price.to_major(),
            notice_url=desk.notice_url,
            **fields,
        )
    except Refused as refusal:
        # "Already ordered" means an earlier call of ours may have charged: read before believing the refusal.
        paid = None if isinstance(refusal, Unauthorized) else _earlier_answer(desk, order)
        if paid is None:
            raise
        return paid


def _earlier_answer(desk: Desk, order: Order) -> Payment | None:
    """The approved record of this attempt, if an earlier call made one without our hearing of it."""
    try:
        return desk.client.find(order.merchant_uid, status="paid")
    except NotFound:
        return None


def _again_fields(desk: Desk, order: Order) -> dict[str, str]:
    """What the PG of this key demands, by the words of its guide; the name always, since the schema requires it."""
    key = order.billing_key
    known = {
        "name": order.name,
        "currency": key.currency,
        "buyer_email": key.issue_email,
        "buyer_name": key.issue_name,
        "buyer_tel": order.buyer_tel,
        "browser_ip": key.issue_ip,
    }
    wanted = {"name", *desk.guides[key.guide_id].again_fields}
    return {name: known[name] for name in known if name in wanted}


def _leave_unknown(order: Order, err: IamportError, *, now: datetime) -> Order:
    """No answer is not a no. The attempt stays open and is looked up after a pause."""
    order.checked_at = now
    order.subscription.next_charge_at = now + UNKNOWN_PAUSE
    journal.record("charge.unknown", at=now, order=order, reason=type(err).__name__)
    db.session.commit()
    return order
