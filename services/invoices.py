"""Invoices: the bill for one period, created once however many callers request it."""

from datetime import datetime, timedelta

from sqlalchemy import select

from clock import add_months
from models import Invoice, Order, Subscription, db, new_uid
from services.locks import lock
from states import InvoiceStatus, OrderPurpose, OrderStatus

WINDOW_LIFETIME = timedelta(minutes=30)
"""How long after its opening a payment window may delay a charge."""


def open_invoice(subscription: Subscription, *, now: datetime) -> Invoice:
    """Return the invoice of the next period to pay; the first call creates and commits it.

    Concurrent callers get the same invoice: each one checks again under the subscription's lock before it creates one.
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
    """Return the end of a period that begins at `start`, counted from the anchor day."""
    return add_months(start, subscription.plan.months, anchor_day=subscription.anchor_day)


def next_merchant_uid(invoice: Invoice) -> str:
    """Return `{number}-{attempt}`. Use the next number only after the outcome of the previous attempt is known."""
    return f"{invoice.number}-{len(invoice.orders) + 1}"


def unanswered_charge(invoice: Invoice) -> Order | None:
    """Return the charge without an outcome, if there is one: look it up, and send no second charge beside it."""
    return next((order for order in _ready(invoice) if order.purpose is OrderPurpose.CHARGE), None)


def buyer_may_be_paying(invoice: Invoice, *, now: datetime) -> bool:
    """Whether a payment window may be open for this period.

    A window that was closed, or opened more than half an hour ago, no longer counts. If the buyer still pays in it,
    `settle` refunds a surplus payment. Opening one window after another delays a charge by half an hour at most,
    counted from the first window after the period or its next attempt became due.
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
    """Return the subscription's open invoice, if one exists already."""
    return db.session.scalar(
        select(Invoice)
        .where(Invoice.subscription_id == subscription.id, Invoice.status == InvoiceStatus.OPEN)
        .order_by(Invoice.period_start)
        .limit(1)
    )
