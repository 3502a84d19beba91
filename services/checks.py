"""Checks: the comparisons of the payment service's record with our order, each with both values."""

from typing import Any, NamedTuple

from models import Order
from money import CurrencyError, Money
from services.desk import Desk
from services.iamport import NotFound, Payment
from states import OrderStatus

CHARGED_WITH_KEY = ("payment", "payment.scheduled")
"""The `customer_uid_usage` in the record of a charge with a stored key. Some PGs leave it out."""


class Check(NamedTuple):
    """One comparison: what we requested, what the record says, and whether the two agree."""

    name: str
    """A field of the record; `billing_key` for whether the service has the key, `test_channel` for a test payment."""
    ours: Any
    theirs: Any
    """None: the record does not say. Some PGs leave fields out."""
    same: bool


def run(desk: Desk, order: Order, payment: Payment) -> list[Check]:
    """Return every comparison of the record with the order. All agree for the requested payment."""
    checks = [
        _equal("merchant_uid", order.merchant_uid, payment.merchant_uid),
        _equal("currency", order.currency, payment.currency),
    ]
    if checks[-1].same:
        same = _minor(payment) == order.amount
        checks.append(Check("amount", str(order.price.to_major()), str(payment.amount), same))
    checks += _channel_checks(desk, order, payment)
    customer = _equal("customer_uid", order.billing_key.customer_uid, payment.customer_uid)
    checks.append(customer)
    if not customer.same:
        return checks
    if order.issues_key and order.status is not OrderStatus.PAID:
        checks += _key_checks(desk, payment)
    elif not order.issues_key:
        # A window opened with a charge's `merchant_uid` may move no money: it is not the charge we requested.
        is_ours = _is_our_charge(order, payment)
        checks.append(Check("customer_uid_usage", CHARGED_WITH_KEY[0], payment.customer_uid_usage, is_ours))
    return checks


def differing(checks: list[Check]) -> list[str]:
    """Return the names of the comparisons that do not agree; empty for the requested payment."""
    return [check.name for check in checks if not check.same]


def as_facts(checks: list[Check]) -> list[dict[str, Any]]:
    """Return the comparisons as the journal keeps them."""
    return [check._asdict() for check in checks]


def _equal(name: str, ours: str, theirs: str | None) -> Check:
    return Check(name, ours, theirs, ours == theirs)


def _channel_checks(desk: Desk, order: Order, payment: Payment) -> list[Check]:
    """Compare the record's channel with ours. The browser names the channel, so it may name another one."""
    guide = desk.guides[order.guide_id]
    # Another PG may only show this amount, where ours would charge it.
    provider = payment.pg_provider
    checks = [Check("pg_provider", guide.provider, provider, provider in (None, guide.provider))]
    mid = desk.mid(guide)
    if checks[0].same and order.issues_key and mid:
        # Check issues only: a charge uses the account that issued its key, which may be an earlier account of ours.
        checks.append(Check("pg_id", mid, payment.pg_id, payment.pg_id in (None, mid)))
    if payment.is_test and not desk.takes_test_payments:
        checks.append(Check("test_channel", False, True, False))
    return checks


def _key_checks(desk: Desk, payment: Payment) -> list[Check]:
    """Compare the issue's key. A PG may approve a payment and issue no key, so we look the key up."""
    usage = payment.customer_uid_usage
    checks = [Check("customer_uid_usage", "issue", usage, usage in ("issue", None))]
    if not checks[0].same:
        return checks
    customer_uid = payment.customer_uid or ""
    try:
        desk.client.customer_key(customer_uid)
    except NotFound:
        return [*checks, Check("billing_key", customer_uid, None, False)]
    return [*checks, _equal("billing_key", customer_uid, customer_uid)]


def _is_our_charge(order: Order, payment: Payment) -> bool:
    """Whether the key was charged. If the record does not say so, it is enough that we requested the charge."""
    if payment.customer_uid_usage is None:
        return order.asked_at is not None and not payment.came_by_window
    return payment.customer_uid_usage in CHARGED_WITH_KEY


def _minor(payment: Payment) -> int | None:
    """Return the record's amount in minor units, or None if it is not an amount in a currency of this shop."""
    try:
        return Money.from_major(payment.amount, payment.currency).minor
    except CurrencyError:
        return None
