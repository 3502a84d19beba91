"""Invoices: the bill of one period, made once however often it is asked for."""

from datetime import datetime, timedelta

from sqlalchemy import select

from clock import add_months
from models import Invoice, InvoiceStatus, Order, OrderPurpose, OrderStatus, Subscription, db, new_uid
from services.locks import lock

WINDOW_LIFETIME = timedelta(minutes=30)


def open_invoice(subscription: Subscription, *, now: datetime) -> Invoice:
    """The bill of the period to be paid next; made and committed on the first call.

    Two callers at once get the same one: whoever has to make it looks once more under the subscription's lock.
    """
    existing = unpaid_invoice(subscription)
    if existing is not None:
        return existing
    db.session.flush()
    lock(subscription)
    existing = unpaid_invoice(subscription)
    if existing is not None:
        db.session.commit()
        return existing
    start = subscription.paid_until or now
    invoice = Invoice(
        number=new_uid("inv"),
        subscription=subscription,
        period_start=start,
        period_end=period_end(subscription, start),
        amount=subscription.plan.amount,
        currency=subscription.plan.currency,
        created_at=now,
    )
    db.session.add(invoice)
    db.session.commit()
    return invoice


def period_end(subscription: Subscription, start: datetime) -> datetime:
    return add_months(start, subscription.plan.months, anchor_day=subscription.anchor_day)


def next_merchant_uid(invoice: Invoice) -> str:
    """`{number}-{attempt}`: only an attempt whose outcome is known earns the next number."""
    return f"{invoice.number}-{len(invoice.orders) + 1}"


def unanswered_charge(invoice: Invoice) -> Order | None:
    """The charge whose outcome nobody knows yet, if there is one: it is to be asked for again, not beside it."""
    return next((order for order in _ready(invoice) if order.purpose is OrderPurpose.CHARGE), None)


def buyer_may_be_paying(invoice: Invoice, *, now: datetime) -> bool:
    """Whether a payment window may be open for this period.

    One that was closed, or left for half an hour, no longer counts; should it be paid after all, settling gives
    the money back. Half an hour is also all the time there is from the first window after the period, or its next
    try, fell due: opening one after the other holds no charge back.
    """
    long_ago = now - WINDOW_LIFETIME
    due_since = min(invoice.retry_at or invoice.period_start, now)
    opened = (order.created_at for order in invoice.orders if order.issues_key and order.created_at >= due_since)
    return next(opened, now) > long_ago and any(
        order.issues_key and not order.window_ended and order.created_at > long_ago for order in _ready(invoice)
    )


def _ready(invoice: Invoice) -> list[Order]:
    return [order for order in invoice.orders if order.status is OrderStatus.READY]


def unpaid_invoice(subscription: Subscription) -> Invoice | None:
    """The open bill, if one was made already."""
    return db.session.scalar(
        select(Invoice)
        .where(Invoice.subscription_id == subscription.id, Invoice.status == InvoiceStatus.OPEN)
        .order_by(Invoice.period_start)
        .limit(1)
    )
