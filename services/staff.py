"""What staff do by hand. Each act leaves a `StaffAction`: who, what, when and why.

An act is recorded in the commit of the change, or before the service is called. What staff request is compared with
what their page showed: if that has changed since, nothing is done.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from errors import InvalidRequest, OutOfDate, PaymentServiceDown, PaymentServiceRefused
from models import Case, Order, Refund, StaffAction, Subscription, User, db
from money import CurrencyError, Money
from services import journal, payments, refunds, renewals, reversals, subscriptions
from services.desk import Desk
from services.iamport import IamportError, Payment, Refused
from services.locks import lock
from states import RefundEffect, SubscriptionStatus


def record_of(desk: Desk, order: Order) -> Payment | None:
    """Return the service's record of the order's payment; None without a payment, or if the service does not answer."""
    try:
        return _read(desk, order)
    except (OutOfDate, PaymentServiceDown, PaymentServiceRefused):
        return None


def refund(
    desk: Desk,
    *,
    order: Order,
    amount: Decimal,
    seen_left: Decimal,
    reason: str,
    effect: RefundEffect,
    by: User,
    now: datetime,
) -> Refund:
    """Refund an amount of the order's payment, in major units. `seen_left` is what the page showed as left.

    Raises:
        OutOfDate: when another amount is left by now, or the order cannot be refunded.
        InvalidRequest: when the amount is not a whole number of minor units.
        PaymentServiceDown, PaymentServiceRefused: when the record could not be read. Nothing was refunded.
    """
    payment = _read(desk, order)
    payments.settle(desk, merchant_uid=order.merchant_uid, now=now, answer=payment)
    if payment.amount_left != seen_left:
        raise OutOfDate(f"{payment.amount_left} is left, and the page showed {seen_left}")
    try:
        money = Money.from_major(amount, order.currency)
    except CurrencyError as err:
        raise InvalidRequest(str(err)) from err
    lock(order.subscription)
    decided = refunds.decide_for_staff(desk, order, payment, amount=money, reason=reason, effect=effect, now=now)
    _record("refund", order=order, amount=money.minor, effect=effect, reason=reason, by=by, now=now)
    db.session.commit()
    refunds.request(desk, decided, payment, now=now)
    return decided


def read_again(desk: Desk, *, order: Order, by: User, now: datetime) -> payments.Lookup:
    """Settle the order with the service's record as it is now."""
    _record("read_again", order=order, by=by, now=now)
    return payments.settle(desk, merchant_uid=order.merchant_uid, imp_uid=order.imp_uid, now=now)


def record_chargeback(*, order: Order, reason: str, by: User, now: datetime) -> None:
    """Record that the card company took the payment back.

    Raises:
        OutOfDate: when the order pays no period.
    """
    lock(order.subscription)
    reversals.record_chargeback(order, now=now)
    _record("chargeback", order=order, reason=reason, by=by, now=now)
    db.session.commit()


def record_dispute_won(*, order: Order, reason: str, by: User, now: datetime) -> None:
    """Record that the shop keeps a reversed payment.

    Raises:
        OutOfDate: when the payment is not reversed.
    """
    lock(order.subscription)
    reversals.record_dispute_won(order, by=by, note=reason, now=now)
    _record("dispute_won", order=order, reason=reason, by=by, now=now)
    db.session.commit()


def close_case(case: Case, *, note: str, by: User, now: datetime) -> None:
    """Close a case. A second closing changes nothing."""
    lock(case.order.subscription)
    if case.closed_at is None:
        case.close(by=by, note=note, at=now)
        _record("close_case", order=case.order, amount=case.amount, reason=note, by=by, now=now)
    db.session.commit()


def charge(
    desk: Desk, *, subscription: Subscription, period_start: datetime, reason: str, by: User, now: datetime
) -> Order:
    """Charge the period that the page showed, with the stored key. The errors are those of `renewals.collect`."""
    _record("charge", subscription=subscription, reason=reason, by=by, now=now)
    db.session.commit()
    return renewals.collect(desk, subscription_id=subscription.id, period_start=period_start, now=now)


def cancel(
    desk: Desk, *, subscription: Subscription, effect: RefundEffect, reason: str, by: User, now: datetime
) -> None:
    """End the subscription with its paid period, as its buyer could (`PERIOD_END`), or with access now (`END`).

    Raises:
        OutOfDate: when it has ended already.
    """
    if not subscription.is_alive:
        raise OutOfDate("the subscription has ended")
    _record("cancel", subscription=subscription, effect=effect, reason=reason, by=by, now=now)
    subscriptions.cancel(desk, subscription=subscription, access_ends=effect is RefundEffect.END, now=now)


def resume(*, subscription: Subscription, reason: str, by: User, now: datetime) -> None:
    """Restore access to a suspended subscription. It is charged at the end of its paid period.

    Raises:
        OutOfDate: when it is not suspended.
    """
    lock(subscription)
    if subscription.status is not SubscriptionStatus.SUSPENDED:
        raise OutOfDate("the subscription is not suspended")
    subscription.resume(at=now)
    journal.record("subscription.resumed", at=now, order=next(iter(subscription.orders), None))
    _record("resume", subscription=subscription, reason=reason, by=by, now=now)
    db.session.commit()


def trail(
    *, order: Order | None = None, subscription: Subscription | None = None, limit: int = 50
) -> Sequence[StaffAction]:
    """Return the acts of staff, the newest first: of one order, of one subscription, or all."""
    shown = (
        joinedload(StaffAction.user),
        joinedload(StaffAction.order),
        joinedload(StaffAction.subscription).joinedload(Subscription.plan),
    )
    query = select(StaffAction).order_by(StaffAction.id.desc()).limit(limit).options(*shown)
    if order is not None:
        query = query.where(StaffAction.order_id == order.id)
    if subscription is not None:
        query = query.where(StaffAction.subscription_id == subscription.id)
    return db.session.scalars(query).all()


def _read(desk: Desk, order: Order) -> Payment:
    if order.imp_uid is None:
        raise OutOfDate(f"order {order.merchant_uid} has no payment")
    db.session.commit()  # keep no transaction open while we wait for the network
    try:
        return desk.client.payment(order.imp_uid)
    except IamportError as err:
        raise (PaymentServiceRefused if isinstance(err, Refused) else PaymentServiceDown)(str(err)) from err


def _record(
    kind: str,
    *,
    order: Order | None = None,
    subscription: Subscription | None = None,
    amount: int | None = None,
    effect: RefundEffect | None = None,
    reason: str = "",
    by: User,
    now: datetime,
) -> None:
    about = subscription or (order and order.subscription)
    db.session.add(
        StaffAction(
            at=now, user=by, kind=kind, subscription=about, order=order, amount=amount, effect=effect, reason=reason
        )
    )
