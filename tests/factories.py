"""Factories: each returns the smallest valid object, saved in the database."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from clock import day_of_month
from config import Config
from models import BillingKey, Order, Plan, Subscription, User, db
from services import checkout, notices, open_orders, orders, purchases, refunds, renewals, webhooks
from services.checkout import Buyer, Source
from services.desk import Desk
from states import KeyStatus, SubscriptionStatus
from tests.fakes import MachineClock

NOW = datetime(2026, 1, 31, 3, 0, tzinfo=UTC)
"""Noon of the last day of January in Seoul: the day on which month arithmetic goes wrong."""

WEBHOOK = "webhook"
"""A source of `receive`, beside those of `checkout.Source`."""
_minutes = count(1)
_buyers = count(1)


C = TypeVar("C", bound=Config)


def make_config(database: Path, kind: type[C] = Config) -> C:  # type: ignore[assignment]
    """Return the configuration of a shop on SQLite whose payment service does not exist."""
    return kind(
        SECRET_KEY="not-a-secret-in-a-test",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{database}",
        PUBLIC_URL="http://shop.test",
        TRUSTED_HOSTS=("shop.test", "localhost"),
        IMP_API_URL="http://you-forgot-to-mock-an-api-call-to",
        IMP_SDK_URL="http://payments.test/v1/iamport.js",
        IMP_CODE="imp_test",
        IMP_KEY="key",
        IMP_SECRET="secret",
        PAYMENT_ORIGINS=("http://payments.test",),
        RATELIMIT_ENABLED=False,
    )


def make_user(email: str = "jisoo@example.com", *, is_staff: bool = False) -> User:
    user = User(email=email, name="김지수", tel="010-1234-5678", password_hash="", is_staff=is_staff, created_at=NOW)
    db.session.add(user)
    db.session.commit()
    return user


def make_buyer(**changes: str) -> Buyer:
    fields = {"name": "Jisoo Kim", "email": "jisoo@example.com", "tel": "010-1234-5678", "ip": "203.0.113.7"}
    return Buyer(**{**fields, "language": "ko", **changes})


def place_order(
    desk: Desk, user: User, plan: Plan | None, guide: str = "inicis", *, now: datetime = NOW, **more
) -> Order:
    """Place an order for a new subscription, confirmed where the user has the plan already."""
    found = purchases.overlap(user, plan, now=now) if plan else None
    confirmed = {"beside": found.subscription.id if found else None, **more}
    return checkout.place(desk, user=user, plan=plan, guide_id=guide, buyer=make_buyer(), now=now, **confirmed)


def place_orders(desk: Desk, plan: Plan, *times: datetime, guide: str = "inicis") -> list[Order]:
    """Place an order of a new buyer at each time. Two windows of one buyer would be one purchase."""
    return [place_order(desk, make_user(f"buyer{next(_buyers)}@example.com"), plan, guide, now=now) for now in times]


def try_again(desk: Desk, subscription: Subscription, guide: str = "inicis", *, now: datetime = NOW, **more) -> Order:
    """Place another order for an existing subscription, e.g. for another card, from a page as it is now."""
    wanted = {"subscription": subscription, "paid_until": subscription.paid_until, **more}
    return checkout.place(desk, user=subscription.user, guide_id=guide, buyer=make_buyer(), now=now, **wanted)


def subscribe(
    desk: Desk, user: User, plan: Plan, guide: str = "inicis", *, card: str = "approved", now: datetime = NOW
) -> Subscription:
    """Return a subscription paid in the window with `card` (see `FakeIamport.pay`), after callback and webhook."""
    order = place_order(desk, user, plan, guide, now=now)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card=card)  # type: ignore[attr-defined]
    for source in (Source.CALLBACK, WEBHOOK):
        receive(desk, source=source, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)
    return order.subscription


def subscription_with_key(user: User, plan: Plan, customer_uid: str, *, due_at: datetime = NOW) -> Subscription:
    """Return a subscription whose next period begins at `due_at`, without its earlier payments. It is not saved."""
    key = BillingKey(
        customer_uid=customer_uid,
        user=user,
        guide_id="inicis",
        status=KeyStatus.ACTIVE,
        currency=plan.currency,
        issue_email=user.email,
        issue_name="Jisoo Kim",
        issue_ip="203.0.113.7",
        created_at=due_at,
        activated_at=due_at,
    )
    return Subscription(
        user=user,
        plan=plan,
        billing_key=key,
        status=SubscriptionStatus.ACTIVE,
        anchor_day=day_of_month(due_at),
        created_at=due_at,
        paid_until=due_at,
        next_charge_at=due_at,
    )


def receive(desk: Desk, *, source: str, merchant_uid: str, imp_uid: str | None, now: datetime, **more: Any) -> Order:
    """Report a payment as its source does. A webhook is stored, and then settled as by the worker."""
    if source != WEBHOOK:
        news = {"merchant_uid": merchant_uid, "imp_uid": imp_uid, "now": now}
        return checkout.receive(desk, source=Source(source), **news, **more)
    webhooks.receive(merchant_uid=merchant_uid, imp_uid=imp_uid)
    read_notices(desk, now=now)
    return orders.by_uid(merchant_uid)


def read_notices(desk: Desk, *, now: datetime) -> None:
    """Settle the notices that are due, as the worker does. By machine time, each call comes a minute after the last."""
    machine_now = NOW + timedelta(minutes=next(_minutes))
    for notice_id in notices.due(now=machine_now):
        webhooks.process(desk, notice_id=notice_id, now=now, machine_now=machine_now)


def reconcile(desk: Desk, *, now: datetime) -> None:
    """Settle the notices and open orders and work on the due refunds, as `flask reconcile` does.

    Machine time moves on with `now`.
    """
    move_machine_clock(desk, now)
    read_notices(desk, now=now)
    for order_id in open_orders.due(desk, now=now):
        open_orders.process(desk, order_id=order_id, now=now)
    for refund_id in refunds.due(desk, now=now):
        refunds.process(desk, refund_id=refund_id, now=now)


def renew(desk: Desk, subscription: Subscription, *, now: datetime) -> Order:
    """Charge the due period, as `flask renew-due` does. Machine time moves on with `now`."""
    move_machine_clock(desk, now)
    return renewals.collect(desk, subscription_id=subscription.id, now=now)


def move_machine_clock(desk: Desk, at: datetime) -> None:
    """Move machine time forward to `at`, unless a test uses the real one."""
    if isinstance(desk.machine_now, MachineClock):
        desk.machine_now.move_to(at)
