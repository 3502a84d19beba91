"""One purchase, one subscription: ask before a second one, and let every window of a purchase pay the same one.

overlap        return the subscription that the buyer has of the plan already
begin          return the subscription that a new order pays for
hold           lock it before the order is stored
close_earlier  close the purchase's earlier windows once the new one can open
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from clock import day_of_month
from errors import AlreadySubscribed, ChargeInProgress, StillPaid
from models import Order, Plan, Subscription, User, db
from services import journal, subscriptions
from services.invoices import unpaid_invoice
from services.locks import lock, lock_too, lock_user
from states import OrderStatus, SubscriptionStatus


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """A subscription beside which a new one to the same plan would run."""

    subscription: Subscription
    paid_until: datetime | None = None
    """End of the paid time of a cancelled subscription. None: the subscription is not cancelled."""


def overlap(user: User, plan: Plan, *, now: datetime) -> Overlap | None:
    """Return what the user has of the plan now, or None. A running subscription comes before a cancelled one."""
    running = subscriptions.running(user, plan)
    if running is not None:
        return Overlap(subscription=running)
    cancelled = subscriptions.still_paid(user, plan, now=now)
    return Overlap(subscription=cancelled[0], paid_until=cancelled[1]) if cancelled else None


def begin(user: User, plan: Plan, *, beside: int | None, is_run: bool, now: datetime) -> Subscription:
    """Return the subscription that a new order for the plan pays for, and commit it.

    An unfinished purchase of the plan continues in its own subscription, however many windows it opens, so that its
    period is paid once. Simultaneous callers get the same one. `beside` is the id of the subscription beside which the
    buyer wants another one: it confirms one purchase, since a second one meets a newer subscription. A guide run
    (`is_run`) is not asked about and shares nothing.

    Raises:
        AlreadySubscribed: when the user has the plan, and `beside` does not name that subscription.
        StillPaid: when a cancelled subscription to the plan is paid beyond `now`, and `beside` does not name it.
    """
    lock_user(user)
    found = None if is_run else overlap(user, plan, now=now)
    if found is not None and found.subscription.id != beside:
        db.session.commit()
        raise _question(found)
    subscription = None if is_run else _unfinished(user, plan, now=now)
    if subscription is None:
        subscription = Subscription(
            user=user,
            plan=plan,
            anchor_day=day_of_month(now),
            created_at=now,
            status=SubscriptionStatus.INCOMPLETE,
        )
        db.session.add(subscription)
    db.session.commit()
    return subscription


def hold(subscription: Subscription) -> None:
    """Lock the subscription of a purchase, and check that it is still without a key.

    Raises:
        AlreadySubscribed: when it got its key a moment ago, through another window.
        ChargeInProgress: when it was closed a moment ago.
    """
    lock(subscription)
    if subscription.billing_key_id is not None:
        raise AlreadySubscribed(beside=subscription.id)
    if not subscription.is_alive:
        raise ChargeInProgress("the purchase was closed a moment ago")


def close_earlier(order: Order, *, now: datetime) -> None:
    """Close the windows that the buyer opened for this purchase before the window of `order`.

    If the buyer still pays in one of them, its order becomes paid, and the payment that is approved second is surplus.
    """
    lock(order.subscription)
    for other in order.subscription.orders:
        if other.id < order.id and other.issues_key and other.status is OrderStatus.READY:
            other.mark_abandoned(at=now)
            journal.record("order.replaced", at=now, order=other)
    db.session.commit()


def _question(found: Overlap) -> AlreadySubscribed | StillPaid:
    beside = found.subscription.id
    return StillPaid(beside=beside, until=found.paid_until) if found.paid_until else AlreadySubscribed(beside=beside)


def _unfinished(user: User, plan: Plan, *, now: datetime) -> Subscription | None:
    """Return the user's purchase of the plan that has no key yet. End it if the plan's price has changed since."""
    subscription = db.session.scalar(
        select(Subscription)
        .where(
            Subscription.user_id == user.id,
            Subscription.plan_id == plan.id,
            Subscription.status == SubscriptionStatus.INCOMPLETE,
            Subscription.billing_key_id.is_(None),
            ~Subscription.orders.any(Order.run_id.is_not(None)),
        )
        .order_by(Subscription.id.desc())
        .limit(1)
    )
    if subscription is not None and _price_has_changed(subscription, plan):
        lock_too(subscription)
        # Its window may have been paid a moment ago.
        if subscription.billing_key_id is None and _price_has_changed(subscription, plan):
            subscription.cancel(at=now)
            return None
    return subscription


def _price_has_changed(subscription: Subscription, plan: Plan) -> bool:
    """Whether the open invoice of an unfinished purchase has another price than the plan now."""
    invoice = unpaid_invoice(subscription)
    return invoice is not None and invoice.price != plan.price
