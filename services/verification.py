"""Verification: read the payment service's record of an order, and compare it with what we requested."""

import re
from contextlib import suppress

from models import Invoice, Order
from money import CurrencyError, Money
from services.desk import Desk
from services.iamport import NotFound, Payment, Refused
from states import InvoiceStatus, KeyStatus, OrderStatus

IMP_UID = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""The ids that we look up. A caller may send any text as `imp_uid`, and a firewall in front of the service answers 403
to what looks like an attack: that must not open the breaker."""
CHARGED_WITH_KEY = ("payment", "payment.scheduled")
"""The `customer_uid_usage` in the record of a charge with a stored key. Some PGs leave it out."""


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


def mismatches(desk: Desk, order: Order, payment: Payment) -> list[str]:
    """Return the names of the fields in which the record differs from the order; empty for the requested payment."""
    wrong = []
    if payment.merchant_uid != order.merchant_uid:
        wrong.append("merchant_uid")
    if payment.currency != order.currency:
        wrong.append("currency")
    elif _minor(payment) != order.amount:
        wrong.append("amount")
    wrong += _channel_problems(desk, order, payment)
    if payment.customer_uid != order.billing_key.customer_uid:
        wrong.append("customer_uid")
    elif order.issues_key and order.status is not OrderStatus.PAID:
        wrong += _key_problems(desk, payment)
    elif not order.issues_key and not _is_our_charge(order, payment):
        # A window opened with a charge's `merchant_uid` may move no money: it is not the charge we requested.
        wrong.append("customer_uid_usage")
    return wrong


def _is_our_charge(order: Order, payment: Payment) -> bool:
    """Whether the key was charged. If the record does not say so, it is enough that we requested the charge."""
    if payment.customer_uid_usage is None:
        return order.asked_at is not None and not payment.came_by_window
    return payment.customer_uid_usage in CHARGED_WITH_KEY


def _channel_problems(desk: Desk, order: Order, payment: Payment) -> list[str]:
    """Return what is wrong with the record's channel. The browser names the channel, so we compare it with ours."""
    guide = desk.guides[order.guide_id]
    wrong = []
    if payment.pg_provider not in (None, guide.provider):
        # Another PG may only show this amount, where ours would charge it.
        wrong.append("pg_provider")
    elif order.issues_key and desk.mid(guide) and payment.pg_id not in (None, desk.mid(guide)):
        # Check issues only: a charge uses the account that issued its key, which may be an earlier account of ours.
        wrong.append("pg_id")
    if payment.is_test and not desk.takes_test_payments:
        wrong.append("test_channel")
    return wrong


def _key_problems(desk: Desk, payment: Payment) -> list[str]:
    """Return what is wrong with the issue's key. A PG may approve a payment and issue no key, so we look the key up."""
    if payment.customer_uid_usage not in ("issue", None):
        return ["customer_uid_usage"]
    try:
        desk.client.customer_key(payment.customer_uid or "")
    except NotFound:
        return ["billing_key"]
    return []


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


def _minor(payment: Payment) -> int | None:
    """Return the record's amount in minor units, or None if it is not an amount in a currency of this shop."""
    try:
        return Money.from_major(payment.amount, payment.currency).minor
    except CurrencyError:
        return None
