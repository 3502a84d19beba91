"""Subscriptions: find them, describe their next period, cancel one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from columns import is_id
from models import Invoice, Order, Plan, Subscription, User, db
from money import Money
from services import billing_keys, journal
from services.desk import Desk
from services.invoices import period_end, unanswered_charge, unpaid_invoice
from services.locks import lock
from states import InvoiceStatus, OrderStatus, SubscriptionStatus


@dataclass(frozen=True, kw_only=True)
class NextPeriod:
    """The period that the next charge pays for."""

    period_start: datetime
    period_end: datetime
    price: Money
    is_being_checked: bool = False
    """Whether a charge for the period has no outcome yet. Nothing else is charged until the outcome is known."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Running subscriptions of one user to the same plan through the same PG, the newest first."""

    plan: Plan
    guide_id: str
    subscriptions: Sequence[Subscription]


def of_user(user: User) -> Sequence[Subscription]:
    """Return the user's subscriptions, the cancelled ones last, without attempts that never got a billing key."""
    return db.session.scalars(
        select(Subscription)
        .where(Subscription.user_id == user.id, _has_key())
        .order_by(Subscription.cancelled_at.is_not(None), Subscription.id.desc())
        .options(selectinload(Subscription.orders), selectinload(Subscription.invoices))
    ).all()


def grouped(found: Sequence[Subscription]) -> tuple[list[Group], list[Subscription]]:
    """Return the running ones of these subscriptions in groups, and the ended ones. All of them have had a key."""
    equal: dict[tuple[Plan, str], list[Subscription]] = {}
    for one in found:
        if one.is_alive and one.billing_key is not None:
            equal.setdefault((one.plan, one.billing_key.guide_id), []).append(one)
    groups = [Group(plan=plan, guide_id=guide, subscriptions=same) for (plan, guide), same in equal.items()]
    return groups, [one for one in found if not one.is_alive]


def find(subscription_id: int, *, user: User | None) -> Subscription | None:
    """Return the user's subscription (None: any user's), or None if it does not exist or belongs to another user."""
    if not is_id(subscription_id):
        return None
    query = select(Subscription).where(Subscription.id == subscription_id)
    return db.session.scalar(query if user is None else query.where(Subscription.user_id == user.id))


def running(user: User, plan: Plan) -> Subscription | None:
    """Return the user's newest subscription to the plan that is not cancelled, if there is one."""
    query = select(Subscription).where(Subscription.user_id == user.id, Subscription.plan_id == plan.id, _has_key())
    alive = query.where(Subscription.status != SubscriptionStatus.CANCELLED)
    return db.session.scalar(alive.order_by(Subscription.id.desc()).limit(1))


def still_paid(user: User, plan: Plan, *, now: datetime) -> tuple[Subscription, datetime] | None:
    """Return the user's cancelled subscription to the plan that is paid longest beyond `now`, and until when."""
    until = func.max(Invoice.period_end)
    query = (
        select(Subscription, until)
        .join(Invoice)
        .where(
            Subscription.user_id == user.id,
            Subscription.plan_id == plan.id,
            Subscription.status == SubscriptionStatus.CANCELLED,
            Invoice.status == InvoiceStatus.PAID,
            Invoice.period_end > now,
            Subscription.paid_until > now,  # staff may have ended access early
        )
    )
    row = db.session.execute(query.group_by(Subscription.id).order_by(until.desc()).limit(1)).first()
    return (row[0], row[1]) if row else None


def for_staff(*, limit: int = 200) -> Sequence[Subscription]:
    """Return all users' subscriptions, the newest first."""
    return db.session.scalars(
        select(Subscription)
        .where(_has_key())
        .order_by(Subscription.id.desc())
        .limit(limit)
        .options(
            selectinload(Subscription.invoices),
            joinedload(Subscription.user),
            joinedload(Subscription.plan),
            joinedload(Subscription.billing_key),
        )
    ).all()


def count_by_state() -> Sequence[tuple[SubscriptionStatus, bool, int]]:
    """Return rows of status, `was_declined` and count, in the order in which a subscription reaches the statuses."""
    was_declined = Subscription.invoices.any((Invoice.status == InvoiceStatus.OPEN) & (Invoice.declines > 0))
    state = select(Subscription.status, was_declined.label("was_declined")).where(_has_key()).subquery()
    columns = (state.c.status, state.c.was_declined)
    rows = db.session.execute(select(*columns, func.count()).group_by(*columns)).all()
    in_order = list(SubscriptionStatus)
    return sorted(((row[0], row[1], row[2]) for row in rows), key=lambda row: (in_order.index(row[0]), row[1]))


def next_period(subscription: Subscription, *, now: datetime) -> NextPeriod | None:
    """Return the next period to pay, or None after the end or while suspended. An open invoice sets its price."""
    if not subscription.is_alive or subscription.status is SubscriptionStatus.SUSPENDED:
        return None
    invoice = unpaid_invoice(subscription)
    if invoice is not None:
        return NextPeriod(
            period_start=invoice.period_start,
            period_end=invoice.period_end,
            price=invoice.price,
            is_being_checked=unanswered_charge(invoice) is not None,
        )
    start = subscription.paid_until or now
    return NextPeriod(period_start=start, period_end=period_end(subscription, start), price=subscription.plan.price)


def chargeable_period(subscription: Subscription, *, now: datetime) -> NextPeriod | None:
    """Return the next period to pay if the stored key can pay it, or None."""
    key = subscription.billing_key
    return next_period(subscription, now=now) if key is not None and key.is_usable else None


def last_decline(subscription: Subscription) -> Order | None:
    """Return the latest attempt to pay that has an outcome, if it was declined. A registration alone pays nothing."""
    last = next((order for order in subscription.orders if order.is_final and order.invoice_id), None)
    return last if last is not None and last.status is OrderStatus.FAILED else None


def cancel(desk: Desk, *, subscription: Subscription, access_ends: bool = False, now: datetime) -> None:
    """End the subscription as `end` does, and delete its key at the payment service."""
    end(subscription, reason="asked for", access_ends=access_ends, now=now)
    billing_keys.delete_revoked(desk, now=now, user=subscription.user)


def end(subscription: Subscription, *, reason: str, access_ends: bool = False, now: datetime) -> None:
    """Stop all charges, and mark the key for deletion. `reason` goes to the journal. Do nothing after the end.

    What is paid stays available until its period ends, unless `access_ends`.
    """
    lock(subscription)
    if subscription.is_alive:
        subscription.cancel(at=now, access_ends=access_ends)
        if subscription.billing_key is not None:
            subscription.billing_key.revoke(at=now)
        order = subscription.orders[0] if subscription.orders else None
        journal.record_closed(subscription.orders, at=now)
        journal.record("subscription.cancelled", at=now, order=order, reason=reason)
    db.session.commit()


def _has_key() -> ColumnElement[bool]:
    return Subscription.billing_key_id.is_not(None)
