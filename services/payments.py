"""Settling: bring our record of a payment level with the payment service's.

Callback, redirect, webhook, recurring charge and reconcile all end in `settle`. It relies only on the service: it reads
the record, compares it with the order that we stored before, and only then grants anything. A repeated call, or two
calls at the same moment, change nothing.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from clock import day_of_month, from_unix
from models import Order, db
from services import (
    checks,
    claims,
    dunning,
    guide_runs,
    journal,
    notices,
    orders,
    refunds,
    reversals,
    run_calls,
    verification,
)
from services.checks import Check
from services.claims import Claim
from services.desk import Desk
from services.iamport import IamportError, Payment
from services.invoices import period_end
from services.locks import lock
from states import KeyStatus, OrderPurpose, OrderStatus

CATCH_UP_PAUSE = timedelta(days=1)
"""The time between two charges when more than one unpaid period has begun."""
FIRST_CHARGE_EXPECTED = timedelta(days=1)
"""How long after its order a card that was reported as failed may still be charged, when the PG approves it late."""
KEY_TIMEOUT = timedelta(days=1)
"""How long the key of a paid issue may be missing at a PG that confirms by webhook."""


class Lookup(Enum):
    """What a request to the service returned about an order."""

    FINISHED = auto()
    """The service has a finished record, and ours is level with it."""
    UNFINISHED = auto()
    """The service has no record, or one that is not finished."""
    NO_ANSWER = auto()
    """The service did not answer, so the outcome is unknown."""


def settle(
    desk: Desk,
    *,
    merchant_uid: str,
    now: datetime,
    imp_uid: str | None = None,
    answer: Payment | None = None,
    claim: Claim | None = None,
) -> Lookup:
    """Read the service's record of an order, and bring ours level with it.

    `imp_uid` is the payment that was reported, and only a hint. `answer` is the record itself, if the caller
    has just received it from the API. If the service does not answer, only the time of the next check changes.
    `claim` is the one under which the caller charged. If another process has claimed the subscription since, only an
    approval counts: a newer attempt under the same `merchant_uid` may have another outcome.

    Raises:
        OrderNotFound: when no order has this `merchant_uid`.
    """
    return _settle(desk, orders.by_uid(merchant_uid), now=now, imp_uid=imp_uid, answer=answer, claim=claim)


def _settle(
    desk: Desk,
    order: Order,
    *,
    now: datetime,
    imp_uid: str | None = None,
    answer: Payment | None = None,
    claim: Claim | None = None,
) -> Lookup:
    db.session.commit()  # no transaction stays open while we wait for the network
    try:
        with run_calls.of(order, now=now):
            payment, foreign = (answer, False) if answer else verification.read(desk, order, imp_uid=imp_uid)
            compared = checks.run(desk, order, payment) if payment and verification.holds_money(payment) else []
    except IamportError as err:
        return _record_no_answer(desk, order, imp_uid, type(err).__name__, now=now)
    guide = desk.guides[order.guide_id]
    if checks.differing(compared) == ["billing_key"] and guide.waits_for_webhook and _key_may_be_late(order, now=now):
        return _record_no_answer(desk, order, imp_uid, "billing key not there yet", now=now)
    lock(order.subscription)
    if claim is not None and not claims.is_current(claim) and not (payment and verification.holds_money(payment)):
        db.session.commit()
        return Lookup.UNFINISHED
    if foreign:
        _record_foreign_payment(order, found_own=payment is not None, now=now)
    if payment is None or payment.status == "ready":
        _record_answer(desk, order, now=now)
        # Some PGs still review a payment after its window ended. The buyer need not wait for that: if the period is
        # paid in another way first, a later approval is a surplus payment and is refunded.
        order.window_ended = order.window_message is not None
        db.session.commit()
        return Lookup.UNFINISHED
    must_refund = _apply(desk, order, payment, compared, now=now)
    refund = refunds.decide(desk, order, payment, now=now) if must_refund else None
    _record_answer(desk, order, now=now)
    db.session.commit()
    if refund is not None:
        refunds.request(desk, refund, payment, now=now)
    guide_runs.end_previous(order, now=now)
    return Lookup.FINISHED


def _apply(desk: Desk, order: Order, payment: Payment, compared: list[Check], *, now: datetime) -> bool:
    """Bring the order level with a finished record, under the lock. Return whether the payment must be refunded."""
    charged = refunds.was_charged(desk, order, payment)
    refunds.confirm(order, payment, now=now)
    if order.status is OrderStatus.PAID and payment.imp_uid != order.imp_uid:
        # The order is paid already, so another payment under its `merchant_uid` is a surplus payment.
        return charged and verification.holds_money(payment)
    if order.status is OrderStatus.PAID or reversals.is_recorded(order, payment):
        reversals.record(order, payment, now=now)
        return False
    if verification.holds_money(payment):
        if refunds.is_decided(order, payment):
            return False  # we decided to refund it, even if the order could be paid by now
        wrong = checks.differing(compared) or verification.surplus_reasons(order)
        if wrong:
            _reject(desk, order, payment, wrong, compared, now=now)
            return charged and "merchant_uid" not in wrong
        _grant(order, payment, compared, now=now)
        reversals.record(order, payment, now=now)
    elif payment.status == "failed":
        _record_failure(desk, order, payment, now=now)
    elif payment.status == "cancelled" and order.mismatch in (None, "merchant_uid"):
        _record_cancellation(desk, order, payment, now=now)
    return False


def _grant(order: Order, payment: Payment, compared: list[Check], *, now: datetime) -> None:
    is_late = order.is_final or order.outcome == "closed"
    order.imp_uid = payment.imp_uid
    order.mark_paid(at=from_unix(payment.paid_at) or now)
    order.receipt_url = payment.receipt_url
    facts: dict[str, Any] = {"status": payment.status, "purpose": order.purpose.value}
    if order.run_id is not None:  # a guide shows both values; for any other order it is enough that they agree
        facts["checks"] = checks.as_facts(compared)
    journal.record("payment.verified", at=now, order=order, **facts)
    if order.issues_key:
        _adopt_key(order, payment, is_late=is_late, now=now)
    if order.invoice is not None:
        _pay_invoice(order, now=now)


def _adopt_key(order: Order, payment: Payment, *, is_late: bool, now: datetime) -> None:
    """Make the new key the subscription's, and revoke the one that it replaces.

    `is_late`: the page reported that this attempt ended without a payment. A card that has paid since then stays. After
    `FIRST_CHARGE_EXPECTED` such a key begins no charge: it is kept, and the buyer may pay with it.
    """
    key, subscription = order.billing_key, order.subscription
    key.activate(at=now, card_name=payment.card_name or payment.bank_name, card_number=payment.card_number)
    journal.record("key.activated", at=now, lane=journal.PG, order=order)
    old = subscription.billing_key
    is_unexpected = is_late and order.created_at <= now - FIRST_CHARGE_EXPECTED
    is_newer_kept = is_unexpected or not subscription.is_overdue(now)
    is_overtaken = is_late and old is not None and old.id > key.id and is_newer_kept
    if not subscription.is_alive or is_overtaken:
        key.revoke(at=now)
        return
    if old is not None and old is not key:
        old.revoke(at=now)
        journal.record("card.changed", at=now, order=order)
    subscription.billing_key = key
    if order.purpose is OrderPurpose.ISSUE and subscription.is_overdue(now) and not is_unexpected:
        # Due since the order was created: other news may be settled at the same moment with a slightly earlier `now`.
        subscription.look_again(at=order.created_at)
        order.charge_follows = True


def _pay_invoice(order: Order, *, now: datetime) -> None:
    invoice, subscription = order.invoice, order.subscription
    assert invoice is not None
    first = subscription.paid_until is None
    if first:
        # The first period begins when it is paid, not when the buyer first tried to pay.
        subscription.anchor_day = day_of_month(now)
        invoice.begin(now, until=period_end(subscription, now))
    invoice.mark_paid(at=now)
    journal.record_closed(invoice.orders, at=now)
    subscription.renew(until=invoice.period_end)
    if subscription.is_overdue(now):
        # The worker was down for longer than a period. The pause gives the buyer time to cancel.
        subscription.look_again(at=now + CATCH_UP_PAUSE)
    event = "subscription.started" if first else "subscription.renewed"
    journal.record(event, at=now, order=order, until=invoice.period_end.isoformat())


def _record_failure(desk: Desk, order: Order, payment: Payment, *, now: datetime) -> None:
    if order.status is not OrderStatus.READY:
        return
    if not order.issues_key and payment.came_by_window:
        return  # a window that was opened under a charge's `merchant_uid` says nothing about the charge
    order.imp_uid = order.imp_uid or payment.imp_uid
    order.mark_failed(payment.fail_reason or "", at=now)
    journal.record("payment.failed", at=now, lane=journal.PG, order=order, reason=payment.fail_reason or "")
    if order.purpose is OrderPurpose.CHARGE:
        dunning.after_decline(desk, order, now=now)


def _record_cancellation(desk: Desk, order: Order, payment: Payment, *, now: datetime) -> None:
    """Record that a payment whose approval we never read was refunded in full. It has paid no period.

    It becomes the order's own payment: a record of it that was read before the refund says `paid`, and grants nothing.
    """
    if order.status is OrderStatus.CANCELLED and reversals.refunded_amount(payment) <= order.refunded:
        return  # known, or nothing was refunded
    was_ready = order.status is OrderStatus.READY
    order.imp_uid, order.mismatch = payment.imp_uid, None
    order.mark_cancelled(payment.fail_reason)
    order.refunded = reversals.refunded_amount(payment)
    journal.record("payment.cancelled", at=now, lane=journal.PG, order=order)
    if was_ready and order.purpose is OrderPurpose.CHARGE:
        dunning.after_decline(desk, order, now=now)


def _reject(
    desk: Desk, order: Order, payment: Payment, wrong: list[str], compared: list[Check], *, now: datetime
) -> None:
    """Grant nothing, and revoke the key. A charge counts as declined: the next one waits for its scheduled time."""
    was_ready = order.status is OrderStatus.READY
    order.imp_uid = order.imp_uid or payment.imp_uid
    if order.mismatch in (None, "merchant_uid"):
        order.reject(wrong, at=now)
        journal.record("payment.mismatch", at=now, order=order, fields=wrong, checks=checks.as_facts(compared))
    if order.issues_key and "customer_uid" not in wrong and not order.billing_key.is_usable:
        order.billing_key.revoke(at=now)
    if was_ready and order.purpose is OrderPurpose.CHARGE:
        dunning.after_decline(desk, order, now=now)


def _record_no_answer(desk: Desk, order: Order, imp_uid: str | None, reason: str, *, now: datetime) -> Lookup:
    lock(order.subscription)
    if imp_uid is not None:
        notices.store(order.id, imp_uid, by_webhook=False)  # first, as the worker locks: the notice, then the order
    if order.checked_at is None:
        journal.record("payment.unread", at=now, order=order, reason=reason)
    orders.record_check(desk, order, now=now)
    db.session.commit()
    return Lookup.NO_ANSWER


def _record_answer(desk: Desk, order: Order, *, now: datetime) -> None:
    if order.is_final:
        order.stop_looking()
    else:
        orders.record_check(desk, order, now=now)


def _record_foreign_payment(order: Order, *, found_own: bool, now: datetime) -> None:
    journal.record("payment.mismatch", at=now, order=order, fields=["merchant_uid"])
    if not found_own and order.status is OrderStatus.READY:
        order.mismatch = "merchant_uid"


def _key_may_be_late(order: Order, *, now: datetime) -> bool:
    """Whether the key of an approved issue may still appear. A key that we revoked will not."""
    return order.created_at > now - KEY_TIMEOUT and order.billing_key.status is not KeyStatus.REVOKED
