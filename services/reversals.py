"""Reversals: what follows when a paid order's money goes back to the buyer, whatever brings the news.

`record` applies what the service's record says was refunded. No record names a chargeback or the end of a dispute:
staff learn of them from the card company, and record them. The policy:

| reversal                                   | invoice    | subscription       | next charge | open item |
|--------------------------------------------|------------|--------------------|-------------|-----------|
| full refund of a period that has not ended | `refunded` | `suspended`        | none        | yes       |
| full refund of an earlier period           | `refunded` | unchanged          | unchanged   | yes       |
| partial refund                             | `paid`     | unchanged          | unchanged   | yes       |
| chargeback                                 | `reversed` | `suspended`        | none        | yes       |
| dispute won                                | `paid`     | `active` (resumed) | as before   | closed    |

A refund that the shop requested is no open item, and suspends nothing. `docs/decisions/0009` gives the reasons.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from columns import is_id
from errors import OutOfDate
from models import Case, Order, Subscription, User, db
from money import CurrencyError, Money
from services import journal
from services.iamport import Payment
from states import CaseKind, InvoiceStatus, OrderStatus, RefundEffect, RefundStatus, SubscriptionStatus

RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED, SubscriptionStatus.PAST_DUE)


def record(order: Order, payment: Payment, *, now: datetime) -> None:
    """Apply what the order's own payment says was refunded. Call under the lock; does not commit.

    An order that is not paid, or that another payment paid, stays unchanged.
    """
    refunded = refunded_amount(payment)
    is_own = order.status is OrderStatus.PAID and order.imp_uid == payment.imp_uid
    if not is_own or payment.status != "cancelled" or not refunded:
        return
    is_full = payment.amount_left <= 0
    if not is_full and refunded <= order.refunded:
        return  # known, or read before the newest refund
    foreign = refunded - _requested_by_us(order, payment) - _known_before(order)
    order.refunded = refunded
    event = "payment.cancelled" if is_full else "payment.partly_cancelled"
    journal.record(event, at=now, lane=journal.PG, order=order, amount=str(payment.cancel_amount))
    if is_full:
        order.mark_cancelled()
        _end_invoice(order, is_ours=foreign <= 0, now=now)
    if foreign > 0 and order.invoice is not None:
        _open_case(order, CaseKind.REFUNDED if is_full else CaseKind.PARTLY_REFUNDED, amount=foreign, now=now)


def is_recorded(order: Order, payment: Payment) -> bool:
    """Whether the full refund of this payment is recorded. A record that was read before it may arrive after it."""
    return order.status is OrderStatus.CANCELLED and order.refunded > 0 and order.imp_uid == payment.imp_uid


def record_chargeback(order: Order, *, now: datetime) -> None:
    """Record that the card company took the payment back. Call under the lock; does not commit.

    Raises:
        OutOfDate: when the order pays no period, or its payment was refunded or reversed before.
    """
    invoice = order.invoice
    if invoice is None or order.status is not OrderStatus.PAID or invoice.status is not InvoiceStatus.PAID:
        raise OutOfDate(f"order {order.merchant_uid} pays no period")
    invoice.mark_reversed()
    journal.record("payment.reversed", at=now, lane=journal.PG, order=order)
    _suspend(order, now=now)
    _open_case(order, CaseKind.REVERSED, amount=order.amount - order.refunded, now=now)


def record_dispute_won(order: Order, *, by: User, note: str, now: datetime) -> None:
    """Record that the shop keeps a reversed payment, and close its case. Call under the lock; does not commit.

    The subscription resumes, unless another of its payments has an open case.

    Raises:
        OutOfDate: when the order's payment is not reversed.
    """
    invoice = order.invoice
    if invoice is None or order.status is not OrderStatus.PAID or invoice.status is not InvoiceStatus.REVERSED:
        raise OutOfDate(f"order {order.merchant_uid} is not reversed")
    invoice.win_dispute()
    journal.record("payment.dispute_won", at=now, lane=journal.PG, order=order)
    for case in order.cases:
        if case.kind is CaseKind.REVERSED:
            case.close(by=by, note=note, at=now)
    subscription = order.subscription
    is_open = any(case.closed_at is None for other in subscription.orders for case in other.cases)
    if subscription.status is SubscriptionStatus.SUSPENDED and not is_open:
        subscription.resume(at=now)
        journal.record("subscription.resumed", at=now, order=order)


def apply_effect(order: Order, effect: RefundEffect, *, now: datetime) -> None:
    """Do to the subscription what staff chose with their refund. Call under the lock; does not commit.

    `PERIOD_END` keeps the rest of the paid period, also if it was refunded or the subscription was suspended.
    """
    subscription = order.subscription
    if effect is RefundEffect.KEEP or not subscription.is_alive:
        return
    if effect is RefundEffect.SUSPEND:
        _suspend(order, now=now)
        return
    if effect is RefundEffect.PERIOD_END and subscription.status is SubscriptionStatus.SUSPENDED:
        subscription.resume(at=now)
    subscription.cancel(at=now, access_ends=effect is RefundEffect.END)
    if subscription.billing_key is not None:
        subscription.billing_key.revoke(at=now)
    journal.record_closed(subscription.orders, at=now)
    journal.record("subscription.cancelled", at=now, order=order, reason="refunded")


def find_case(case_id: int) -> Case | None:
    """Return the case, or None if it does not exist."""
    return db.session.get(Case, case_id) if is_id(case_id) else None


def open_cases(*, limit: int = 100) -> Sequence[Case]:
    """Return the cases that no member of staff has closed, the oldest first."""
    of_order = joinedload(Case.order)
    shown = (
        of_order.joinedload(Order.user),
        of_order.joinedload(Order.subscription).selectinload(Subscription.invoices),
    )
    return db.session.scalars(
        select(Case).where(Case.closed_at.is_(None)).order_by(Case.id).limit(limit).options(*shown)
    ).all()


def refunded_amount(payment: Payment) -> int:
    """Return the minor units cancelled so far. In a currency this shop does not know, 1 stands for any amount."""
    try:
        return Money.from_major(payment.cancel_amount, payment.currency).minor
    except CurrencyError:
        return int(payment.cancel_amount > 0)


def _requested_by_us(order: Order, payment: Payment) -> int:
    made = (refund for refund in order.refunds if refund.status is RefundStatus.MADE)
    return sum(refund.amount or 0 for refund in made if refund.imp_uid == payment.imp_uid)


def _known_before(order: Order) -> int:
    """Return the minor units that a case reports. A chargeback counts until the dispute is won."""
    is_reversed = order.invoice is not None and order.invoice.status is InvoiceStatus.REVERSED
    return sum(case.amount for case in order.cases if is_reversed or case.kind is not CaseKind.REVERSED)


def _end_invoice(order: Order, *, is_ours: bool, now: datetime) -> None:
    """Mark the invoice refunded. Suspend the subscription if the period has not ended and we did not request this."""
    invoice = order.invoice
    if invoice is None or invoice.status is not InvoiceStatus.PAID:
        return
    invoice.mark_refunded()
    if not is_ours and invoice.period_end > now:
        _suspend(order, now=now)


def _suspend(order: Order, *, now: datetime) -> None:
    if order.subscription.status in RUNNING:
        order.subscription.suspend()
        journal.record_closed(order.subscription.orders, at=now)
        journal.record("subscription.suspended", at=now, order=order)


def _open_case(order: Order, kind: CaseKind, *, amount: int, now: datetime) -> None:
    db.session.add(Case(order=order, kind=kind, amount=amount, opened_at=now))
