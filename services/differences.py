"""Differences: how the service's record of one payment differs from ours, and the rule that makes both agree."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from models import Comparison, Difference, Order, Refund, db
from money import CurrencyError, Money
from services import orders, payments, refunds, reversals, verification
from services.desk import Desk
from services.iamport import NotFound, Payment
from services.machine_time import shared
from states import DifferenceKind, OrderStatus, RefundCause, RefundStatus, Repair


def between(desk: Desk, order: Order, payment: Payment | None) -> DifferenceKind | None:
    """Return how the record differs from the order, or None if they agree. Without a record, the service has none."""
    if payment is None:
        return DifferenceKind.PAID_HERE
    is_own = order.imp_uid in (None, payment.imp_uid)
    if payment.status in ("ready", "failed"):
        return _without_money(order, payment, is_own=is_own)
    if open_refund(order, payment.imp_uid) is not None:
        return DifferenceKind.REFUND_OPEN
    if payment.amount_left <= 0:
        is_level = order.status is OrderStatus.CANCELLED or order.mismatch or not is_own
        return None if is_level else DifferenceKind.REFUNDED_THERE
    return _with_money(desk, order, payment, is_own=is_own)


def _without_money(order: Order, payment: Payment, *, is_own: bool) -> DifferenceKind | None:
    if order.status is OrderStatus.PAID and is_own:
        return DifferenceKind.PAID_HERE
    # A window that was opened with the id of a charge reports nothing about the charge.
    is_of_order = order.issues_key or not payment.came_by_window
    if order.status is OrderStatus.READY and payment.status == "failed" and is_of_order:
        return DifferenceKind.FAILED_THERE
    return None


def _with_money(desk: Desk, order: Order, payment: Payment, *, is_own: bool) -> DifferenceKind | None:
    is_as_ordered = (payment.currency, minor(payment.amount, payment)) == (order.currency, order.amount)
    if order.status is OrderStatus.PAID and is_own:
        if not is_as_ordered:
            return DifferenceKind.AMOUNT
        is_level = order.refunded == reversals.refunded_amount(payment)
        return None if is_level else DifferenceKind.REFUNDED_THERE
    is_settled = order.status is OrderStatus.PAID or order.mismatch
    if is_settled and not refunds.was_charged(desk, order, payment):
        return None  # an issue that only shows its amount: there is nothing to refund
    if order.status is OrderStatus.PAID:
        return DifferenceKind.SURPLUS
    return DifferenceKind.PAID_THERE if is_as_ordered else DifferenceKind.AMOUNT


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A difference that was just found. `order` is None for an id that this shop does not have."""

    kind: DifferenceKind
    imp_uid: str
    merchant_uid: str
    order: Order | None = None
    payment: Payment | None = None
    """The record, unless it was not read or does not exist."""


def lost(order: Order) -> Finding | None:
    """Return the difference of an order whose payment the service does not have, if we keep its money."""
    if order.status is not OrderStatus.PAID or order.imp_uid is None:
        return None
    return Finding(kind=DifferenceKind.PAID_HERE, imp_uid=order.imp_uid, merchant_uid=order.merchant_uid, order=order)


def open_refunds(since: datetime, until: datetime) -> list[Finding]:
    """Return the refunds that we decided in this span of time and that are not made."""
    wanted = select(Refund).where(
        Refund.created_at >= since, Refund.created_at < until, Refund.status != RefundStatus.MADE
    )
    return [
        Finding(
            kind=DifferenceKind.REFUND_OPEN,
            imp_uid=refund.imp_uid,
            merchant_uid=refund.order.merchant_uid,
            order=refund.order,
        )
        for refund in db.session.scalars(wanted)
        if _is_expected(refund)
    ]


def record(comparison: Comparison, findings: Sequence[Finding]) -> None:
    """Record differences. One that is open already stays as it is; one that was repaired is open again.

    Does not commit.
    """
    imp_uids = [finding.imp_uid for finding in findings]
    wanted = select(Difference).where(Difference.comparison_id == comparison.id, Difference.imp_uid.in_(imp_uids))
    known = {difference.imp_uid: difference for difference in db.session.scalars(wanted)}
    for finding in findings:
        difference = known.get(finding.imp_uid)
        if difference is None:
            difference = Difference(comparison_id=comparison.id, imp_uid=finding.imp_uid)
            known[finding.imp_uid] = difference
        elif difference.repaired_at is None:
            continue
        _describe(difference, finding)
        db.session.add(difference)  # only now: what `_describe` reads would flush it half filled


def _describe(difference: Difference, finding: Finding) -> None:
    order, payment = finding.order, finding.payment
    refund = open_refund(order, finding.imp_uid) if order else None
    difference.kind, difference.rule = finding.kind, rule_for(finding.kind, order, finding.imp_uid)
    difference.merchant_uid, difference.repaired_at = finding.merchant_uid, None
    difference.currency = payment.currency if payment else order.currency if order else ""
    difference.ours = kept(order, finding.imp_uid, refund) if order else None
    if payment is not None:
        difference.theirs = left(payment)
    else:
        difference.theirs = (difference.ours or 0) + (refund.amount or 0) if refund else None


def left_of(comparison: Comparison) -> list[Difference]:
    """Return the differences of a day that nothing has repaired yet."""
    return [difference for difference in comparison.differences if difference.repaired_at is None]


def rule_for(kind: DifferenceKind, order: Order | None, imp_uid: str) -> Repair:
    """Return the rule that repairs a difference of this kind."""
    if order is None or (kind is DifferenceKind.AMOUNT and order.status is OrderStatus.PAID):
        return Repair.STAFF
    if kind is DifferenceKind.REFUND_OPEN:
        refund = open_refund(order, imp_uid)
        return Repair.STAFF if refund is not None and refund.status is RefundStatus.REFUSED else Repair.REFUND
    return Repair.STAFF if kind is DifferenceKind.PAID_HERE else Repair.SETTLE


def repair(desk: Desk, difference: Difference, *, now: datetime) -> None:
    """Apply the rule of a difference in its owner's time, and record whether both records agree afterwards, at `now`.

    The difference may be old, so the record is read first: nothing is done to a payment that agrees by now.

    Raises:
        IamportError: when the service does not answer.
    """
    order, imp_uid = orders.by_uid(difference.merchant_uid), difference.imp_uid
    kind = between(desk, order, read(desk, imp_uid))
    if kind is not None:
        _apply_rule(desk, order, imp_uid, now=desk.time_of(order.user_id))
        kind = between(desk, order, read(desk, imp_uid))
    if kind is None:
        difference.repaired_at = now
    else:
        difference.kind, difference.rule = kind, rule_for(kind, order, imp_uid)
    db.session.commit()


def _apply_rule(desk: Desk, order: Order, imp_uid: str, *, now: datetime) -> None:
    """Process the payment's refund if one is due, otherwise settle the order. Staff may have repaired it by now."""
    machine_now = shared(desk.machine_now())
    refund = open_refund(order, imp_uid)
    is_due = refund is not None and refund.is_due(now, machine_now=machine_now)
    if refund is not None and is_due and desk.client.can_charge:
        refunds.process(desk, refund_id=refund.id, now=now)
    else:
        payments.settle(desk, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)


def read(desk: Desk, imp_uid: str) -> Payment | None:
    """Return the service's record of a payment, or None if it has none.

    Raises:
        IamportError: when the service does not answer.
    """
    db.session.commit()  # keep no transaction open while we wait for the network
    with suppress(NotFound):
        return desk.client.payment(imp_uid)
    return None


def open_refund(order: Order, imp_uid: str) -> Refund | None:
    """Return the refund of this payment that is decided and not made, if there is one.

    A refund by staff that the service refused for good is no longer expected; the record and the order agree again.
    """
    of_payment = (refund for refund in order.refunds if refund.imp_uid == imp_uid)
    return next(filter(_is_expected, of_payment), None)


def _is_expected(refund: Refund) -> bool:
    is_surplus = refund.cause is RefundCause.SURPLUS
    return refund.is_open or (is_surplus and refund.status is RefundStatus.REFUSED)


def kept(order: Order, imp_uid: str, refund: Refund | None) -> int:
    """Return the minor units that this shop keeps of a payment by its own record, once the open refund is made."""
    is_kept = order.status is OrderStatus.PAID and order.imp_uid == imp_uid
    to_return = refund.amount or 0 if refund is not None else 0
    return max(order.amount - order.refunded - to_return, 0) if is_kept else 0


def left(payment: Payment) -> int | None:
    """Return the minor units that a record leaves to the shop, or None in a currency that this shop does not know."""
    return minor(payment.amount_left if verification.holds_money(payment) else Decimal(0), payment)


def minor(amount: Decimal, payment: Payment) -> int | None:
    """Return an amount of a record in minor units, or None in a currency that this shop does not know."""
    try:
        return Money.from_major(amount, payment.currency).minor
    except CurrencyError:
        return None
