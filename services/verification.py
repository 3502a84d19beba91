"""Verification: read the payment service's record of an order, and compare it with what we asked for."""

from contextlib import suppress

from models import InvoiceStatus, KeyStatus, Order, OrderStatus
from money import CurrencyError, Money
from services.desk import Desk
from services.iamport import NotFound, Payment, Refused

CHARGED_WITH_KEY = ("payment", "payment.scheduled")
"""What a record carries as `customer_uid_usage` where a stored key was charged; some PGs leave it out."""


def read(desk: Desk, order: Order, *, imp_uid: str | None) -> tuple[Payment | None, bool]:
    """The record that decides: an approved one if there is any, else the one we were pointed at, else the newest.

    An `imp_uid` that belongs to another order is no evidence about ours: the second value says it was one, and
    ours is looked up.
    """
    pointed = None
    if imp_uid:
        with suppress(Refused):  # it is only what somebody sent us
            pointed = desk.client.payment(imp_uid)
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
    """Names of what differs between the record and the order; empty means it is the payment we asked for."""
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
        # A window opened under a charge's merchant_uid may take nothing: it is not the charge we asked for.
        wrong.append("customer_uid_usage")
    return wrong


def _is_our_charge(order: Order, payment: Payment) -> bool:
    """Whether the key was charged. Where the record is silent about that, it is enough that we asked for it."""
    if payment.customer_uid_usage is None:
        return order.asked_at is not None and not payment.came_by_window
    return payment.customer_uid_usage in CHARGED_WITH_KEY


def _channel_problems(desk: Desk, order: Order, payment: Payment) -> list[str]:
    """The browser names the channel, so the record is compared with the one we asked for."""
    guide = desk.guides[order.guide_id]
    wrong = []
    if payment.pg_provider not in (None, guide.provider):
        # Another PG may only show what ours would charge.
        wrong.append("pg_provider")
    elif order.issues_key and desk.mid(guide) and payment.pg_id not in (None, desk.mid(guide)):
        # A charge goes wherever its key was issued, which may be the account we asked for before this one.
        wrong.append("pg_id")
    if payment.is_test and not desk.takes_test_payments:
        wrong.append("test_channel")
    return wrong


def _key_problems(desk: Desk, payment: Payment) -> list[str]:
    """A payment may be approved without a key being made, so the key is asked for by name."""
    if payment.customer_uid_usage not in ("issue", None):
        return ["customer_uid_usage"]
    try:
        desk.client.customer_key(payment.customer_uid or "")
    except NotFound:
        return ["billing_key"]
    return []


def holds_money(payment: Payment) -> bool:
    """Approved, and not all of it given back: a partial cancel says `cancelled` too."""
    return payment.status == "paid" or (payment.status == "cancelled" and payment.amount_left > 0)


def surplus_reasons(order: Order) -> list[str]:
    """Why a payment that is just what we asked for is money too much: nothing is left that it could pay."""
    if order.issues_key and order.billing_key.status is KeyStatus.REVOKED:
        return ["billing_key"]
    if order.invoice is not None and (
        order.invoice.status is not InvoiceStatus.OPEN or not order.subscription.is_alive
    ):
        return ["invoice"]
    return []


def _minor(payment: Payment) -> int | None:
    """None where the record's amount is none of our currencies', which no order can equal."""
    try:
        return Money.from_major(payment.amount, payment.currency).minor
    except CurrencyError:
        return None
