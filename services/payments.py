"""Settling: bringing our record of a payment level with the payment service's.

Callback, redirect, webhook, recurring charge and reconcile all end in `settle`. It believes nobody but the
service: it reads the record, compares it with the order we wrote down before, and only then grants anything.
Being called twice, or by two roads at once, changes nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from clock import from_unix
from errors import OrderNotFound
from models import BillingKey, InvoiceStatus, Order, OrderPurpose, OrderStatus, SubscriptionStatus, db
from money import CurrencyError, Money
from services import journal
from services.desk import Desk
from services.iamport import IamportError, NotFound, Payment, Refused
from services.invoices import period_end

ABANDONED_AFTER = timedelta(days=1)
"""An attempt nobody finished in this time is closed. A late approval still reopens it: `cancelled → paid`."""


def order_by_uid(merchant_uid: str) -> Order:
    """Raises `OrderNotFound`."""
    order = db.session.scalar(select(Order).where(Order.merchant_uid == merchant_uid))
    if order is None:
        raise OrderNotFound(f"no order {merchant_uid!r}")
    return order


def settle(
    desk: Desk, *, merchant_uid: str, now: datetime, imp_uid: str | None = None, answer: Payment | None = None
) -> Order:
    """Ask the service about an order and record what it says.

    `imp_uid` is what a road brought, and only a hint. `answer` is the record itself, where the caller has just
    been given it by the API. Silence changes nothing but `checked_at`. Raises `OrderNotFound`.
    """
    order = order_by_uid(merchant_uid)
    db.session.commit()  # no transaction stays open while we wait for the network
    try:
        payment = answer or _read(desk, order, imp_uid=imp_uid, now=now)
        wrong = _mismatches(desk, order, payment) if payment.status == "paid" else []
    except IamportError as err:
        _lock(order)
        order.checked_at = now
        journal.record("payment.unread", at=now, order=order, reason=type(err).__name__)
        db.session.commit()
        return order
    _apply(desk, order, payment, wrong, now=now)
    return order


def reconcile(desk: Desk, *, now: datetime) -> Sequence[Order]:
    """Settle every order left open: windows nobody came back from, charges without an answer, refunds not made.

    What is still not there after a day is closed.
    """
    open_orders = db.session.scalars(
        select(Order).where(
            or_(
                (Order.status == OrderStatus.READY) & (Order.created_at < now - timedelta(minutes=2)),
                Order.mismatch.is_not(None) & (Order.refunded == 0) & (Order.created_at > now - timedelta(days=7)),
            )
        )
    ).all()
    for order in open_orders:
        settle(desk, merchant_uid=order.merchant_uid, now=now)
        if order.status is OrderStatus.READY and order.created_at < now - ABANDONED_AFTER:
            _abandon(order, now=now)
    return open_orders


def _abandon(order: Order, *, now: datetime) -> None:
    _lock(order)
    order.mark_cancelled()
    subscription = order.subscription
    if subscription.status is SubscriptionStatus.INCOMPLETE and not subscription.next_charge_at:
        subscription.cancel(at=now)
        for invoice in subscription.invoices:
            invoice.make_void()
    journal.record("order.abandoned", at=now, order=order)
    db.session.commit()


def _read(desk: Desk, order: Order, *, imp_uid: str | None, now: datetime) -> Payment:
    """The record that decides: an approved one if there is any, else the one we were pointed at, else the newest.

    An `imp_uid` that belongs to another order is no evidence about ours; it is noted, and ours is looked up.
    """
    pointed = None
    if imp_uid:
        with suppress(NotFound):
            pointed = desk.client.payment(imp_uid)
    if pointed is not None and pointed.merchant_uid != order.merchant_uid:
        order.mismatch = None if order.is_final else "merchant_uid"
        journal.record("payment.mismatch", at=now, order=order, fields=["merchant_uid"])
        db.session.commit()
        pointed = None
    if pointed is not None and pointed.status in ("paid", "cancelled"):
        return pointed
    with suppress(NotFound):
        return desk.client.find(order.merchant_uid, status="paid")
    return pointed or desk.client.find(order.merchant_uid)


def _mismatches(desk: Desk, order: Order, payment: Payment) -> list[str]:
    """Names of what differs between the record and the order; empty means it is the payment we asked for."""
    wrong = []
    if payment.merchant_uid != order.merchant_uid:
        wrong.append("merchant_uid")
    if payment.currency != order.currency:
        wrong.append("currency")
    elif _minor(payment) != order.amount:
        wrong.append("amount")
    if payment.customer_uid != order.billing_key.customer_uid:
        wrong.append("customer_uid")
    elif order.issues_key and order.status is not OrderStatus.PAID:
        wrong += _key_problems(desk, payment)
    return wrong


def _key_problems(desk: Desk, payment: Payment) -> list[str]:
    """A payment may be approved without a key being made, so the key is asked for by name."""
    if payment.customer_uid_usage not in ("issue", None):
        return ["customer_uid_usage"]
    try:
        desk.client.customer_key(payment.customer_uid or "")
    except Refused:
        return ["billing_key"]
    return []


def _apply(desk: Desk, order: Order, payment: Payment, wrong: list[str], *, now: datetime) -> None:
    _lock(order)
    order.imp_uid = order.imp_uid or payment.imp_uid
    surplus = order.status is not OrderStatus.PAID and _period_is_closed(order)
    if payment.status == "paid" and (wrong or surplus):
        _reject(desk, order, payment, wrong or ["invoice"], now=now)
    elif payment.status == "paid":
        _grant(order, payment, now=now)
    elif payment.status == "failed":
        _note_failure(order, payment, now=now)
    elif payment.status == "cancelled" and payment.amount_left <= 0:
        if order.status is not OrderStatus.CANCELLED:
            order.mark_cancelled(payment.fail_reason)
            journal.record("payment.cancelled", at=now, lane=journal.PG, order=order)
    else:
        order.checked_at = now
    db.session.commit()


def _grant(order: Order, payment: Payment, *, now: datetime) -> None:
    if order.status is OrderStatus.PAID:
        return
    order.imp_uid = payment.imp_uid
    order.mark_paid(at=from_unix(payment.paid_at) or now)
    order.receipt_url = payment.receipt_url
    journal.record("payment.verified", at=now, order=order, status=payment.status, purpose=order.purpose.value)
    if order.issues_key:
        _take_key(order, payment, now=now)
    if order.invoice is not None:
        _pay_invoice(order, now=now)


def _take_key(order: Order, payment: Payment, *, now: datetime) -> None:
    """The new key is the subscription's from now on; the one it replaces is revoked."""
    key, subscription = order.billing_key, order.subscription
    key.activate(at=now, card_name=payment.card_name or payment.bank_name, card_number=payment.card_number)
    journal.record("key.activated", at=now, lane=journal.PG, order=order)
    if not subscription.is_alive:
        key.revoke(at=now)
        return
    old: BillingKey | None = subscription.billing_key
    if old is not None and old is not key:
        old.revoke(at=now)
        journal.record("card.changed", at=now, order=order)
    subscription.billing_key = key
    if order.purpose is OrderPurpose.ISSUE and subscription.is_overdue(now):
        subscription.next_charge_at = now


def _pay_invoice(order: Order, *, now: datetime) -> None:
    invoice, subscription = order.invoice, order.subscription
    assert invoice is not None
    if subscription.paid_until is None:
        # The first period begins when it is paid, not when somebody first tried to.
        invoice.begin(now, until=period_end(subscription, now))
    invoice.mark_paid(at=now)
    if subscription.is_alive:
        first = subscription.paid_until is None
        subscription.renew(until=invoice.period_end)
        event = "subscription.started" if first else "subscription.renewed"
        journal.record(event, at=now, order=order, until=invoice.period_end.isoformat())


def _note_failure(order: Order, payment: Payment, *, now: datetime) -> None:
    if order.status is OrderStatus.READY:
        order.mark_failed(payment.fail_reason or "")
        journal.record("payment.failed", at=now, lane=journal.PG, order=order, reason=payment.fail_reason or "")


def _reject(desk: Desk, order: Order, payment: Payment, wrong: list[str], *, now: datetime) -> None:
    """Grant nothing; give back what was really charged; let the key go."""
    if order.mismatch is None:
        order.reject(wrong)
        journal.record("payment.mismatch", at=now, order=order, fields=wrong)
    if order.issues_key and "customer_uid" not in wrong and not order.billing_key.is_usable:
        order.billing_key.revoke(at=now)
    db.session.commit()
    if order.refunded == 0 and _was_charged(desk, order, payment) and "merchant_uid" not in wrong:
        _give_back(desk, order, payment, now=now)


def _give_back(desk: Desk, order: Order, payment: Payment, *, now: datetime) -> None:
    """Cancel the payment. Refused means another road has done it already; silence leaves it for `reconcile`."""
    left = payment.amount_left
    try:
        desk.client.cancel(imp_uid=payment.imp_uid, amount=left, checksum=left, reason="not the payment we asked for")
    except Refused:
        return
    except IamportError:
        journal.record("payment.refund_unknown", at=now, order=order)
        return
    order.refunded = _minor(payment) or 0
    journal.record("payment.cancelled", at=now, lane=journal.PG, order=order, amount=str(left))


def _was_charged(desk: Desk, order: Order, payment: Payment) -> bool:
    """An issue that only shows its amount moved no money: there is nothing to give back."""
    if order.purpose is OrderPurpose.CHARGE:
        return True
    return desk.guides[order.guide_id].charges(1 if payment.amount > 0 else 0) and payment.amount_left > 0


def _period_is_closed(order: Order) -> bool:
    """Whether this period was paid by another attempt, or given up: then this payment is money too much."""
    return order.invoice is not None and order.invoice.status is not InvoiceStatus.OPEN


def _minor(payment: Payment) -> int | None:
    """None where the record's amount is none of our currencies', which no order can equal."""
    try:
        return Money.from_major(payment.amount, payment.currency).minor
    except CurrencyError:
        return None


def _lock(order: Order) -> None:
    """Take the order's row, so that two roads settle one after the other. The write does it on every database."""
    db.session.execute(update(Order).where(Order.id == order.id).values(touched=Order.touched + 1))
    db.session.refresh(order)
    if order.invoice is not None:
        db.session.refresh(order.invoice)
    db.session.refresh(order.subscription)
    db.session.refresh(order.billing_key)
