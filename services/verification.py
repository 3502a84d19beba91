"""Verification: read the payment service's record of an order, and decide what it is worth. `checks` compares it."""

import re
from contextlib import suppress

from models import Invoice, Order
from services.desk import Desk
from services.iamport import NotFound, Payment, Refused
from states import InvoiceStatus, KeyStatus

IMP_UID = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""The ids that we look up. A caller may send any text as `imp_uid`, and a firewall in front of the service answers 403
to what looks like an attack: that must not open the breaker."""


def read(desk: Desk, order: Order, *, imp_uid: str | None) -> tuple[Payment | None, bool]:
    """Return the record that decides about the order, and whether `imp_uid` belongs to another order.

    An approved record decides if there is one, else the record of `imp_uid`, else the newest of the order. An `imp_uid`
    of another order proves nothing about this one, so the order's own records decide.
    """
    pointed = None
    if imp_uid and IMP_UID.fullmatch(imp_uid):
        try:
            pointed = desk.client.payment(imp_uid)
        except Refused as refusal:  # `imp_uid` is only a hint from outside
            if refusal.is_turned_away:
                raise
    foreign = pointed is not None and pointed.merchant_uid != order.merchant_uid
    if pointed is not None and not foreign and pointed.status in ("paid", "cancelled"):
        return pointed, False
    with suppress(NotFound):
        return desk.client.find(order.merchant_uid, status="paid"), foreign
    if pointed is not None and not foreign:
        return pointed, False
    with suppress(NotFound):
        return desk.client.find(order.merchant_uid), foreign
    return None, foreign


def holds_money(payment: Payment) -> bool:
    """Whether the payment is approved and not fully refunded. A partial cancel also has the status `cancelled`."""
    return payment.status == "paid" or (payment.status == "cancelled" and payment.amount_left > 0)


def surplus_reasons(order: Order) -> list[str]:
    """Return why a payment that matches the order is still a surplus payment: nothing is left that it could pay."""
    if order.issues_key and order.billing_key.status is KeyStatus.REVOKED:
        return ["billing_key"]
    if order.invoice is not None and not _can_be_paid(order.invoice):
        return ["invoice"]
    return []


def _can_be_paid(invoice: Invoice) -> bool:
    """Whether a payment still buys the invoice's period: the subscription goes on, and the period is the next one."""
    subscription = invoice.subscription
    if invoice.status is InvoiceStatus.UNCOLLECTIBLE and subscription.paid_until not in (None, invoice.period_start):
        return False  # a later period was paid since
    return subscription.is_alive and invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
