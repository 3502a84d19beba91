"""What happens during a charge whose worker is stopped, and then goes on or is killed: each period is paid once.

A buyer changes the card or cancels; the PG approves an earlier attempt or window that it had not approved. A surplus
payment is refunded.
"""

import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import update

import clock
from models import Invoice, Order, Subscription, db
from services import checkout, machine_time, notices, renewals, subscriptions, webhooks
from services.checkout import Source
from services.desk import Desk
from states import OrderStatus, RefundStatus, SubscriptionStatus
from tests.crash import windows
from tests.crash.conftest import Shop, finish
from tests.crash.proxy import REFUND, closed_after, closed_before
from tests.crash.steps import after_the_answer, after_the_attempt
from tests.factories import try_again

pytestmark = pytest.mark.heavy

HOUR = 3600
LONG_AGO = timedelta(minutes=40)
"""Longer than a payment window delays a charge."""

End = Callable[[subprocess.Popen[str]], None]


def go_on(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGCONT)
    assert finish(worker) == [0]


def kill(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    finish(worker)


each_step = pytest.mark.parametrize("step", [after_the_attempt, after_the_answer])
each_end = pytest.mark.parametrize("end", [go_on, kill])


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """The desk of the test's own process, which plays the web process of the shop."""
    desk: Desk = current_app.extensions["desk"]
    return desk


@pytest.fixture
def subscription(shop: Shop) -> Subscription:
    """The subscription that the worker charges first."""
    first = db.session.query(Subscription).order_by(Subscription.id).first()
    make_due(first)
    return first


@each_step
@each_end
def test_a_card_that_is_changed_during_a_charge_costs_nothing(shop, desk, subscription, step, end):
    worker = shop.start_worker_to(step.__name__)
    order = try_again(desk, subscription, now=clock.now())
    imp_uid = windows.pay(desk, order, shop.sandbox.url)
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())
    end(worker)

    assert finish(*shop.restart(workers=1)) == [0]
    assert order.billing_key is subscription.billing_key
    assert shop.kept() == shop.booked()
    assert shop.paid_periods() == [2, 2, 2]


@each_step
@each_end
def test_a_subscription_that_is_cancelled_during_a_charge_costs_nothing(shop, desk, subscription, step, end):
    worker = shop.start_worker_to(step.__name__)
    subscriptions.cancel(desk, subscription=subscription, now=clock.now())
    end(worker)

    assert finish(*shop.restart(workers=1)) == [0]
    assert subscription.status is SubscriptionStatus.CANCELLED
    assert shop.kept() == shop.booked()
    assert sorted(shop.paid_periods()) == [1, 2, 2]


def failed_attempt(shop: Shop, desk: Desk, subscription: Subscription) -> Order:
    """Return a charge that failed, and that the PG approves an hour later."""
    key = subscription.billing_key.customer_uid
    shop.control("outcomes", outcome="late_approval", place="charge", customer_uid=key, seconds=HOUR)
    order = renewals.collect(desk, subscription_id=subscription.id, now=clock.now())
    assert order.status is OrderStatus.FAILED
    make_due(subscription)
    let_others_wait(subscription)
    return order


def pending_window(shop: Shop, desk: Desk, subscription: Subscription) -> Order:
    """Return a window that the buyer left a while ago, and that the PG approves an hour later."""
    order = try_again(desk, subscription, "jtnet", now=clock.now() - LONG_AGO)
    key = order.billing_key.customer_uid
    shop.control("outcomes", outcome="pending", place="window", customer_uid=key, seconds=HOUR)
    windows.pay(desk, order, shop.sandbox.url)
    return order


@pytest.mark.parametrize("earlier", [failed_attempt, pending_window])
@pytest.mark.parametrize("is_reported", [True, False], ids=["reported", "unreported"])
@pytest.mark.parametrize(("step", "end"), [(after_the_attempt, go_on), (after_the_answer, kill)])
def test_a_late_approval_during_a_charge_pays_once(shop, desk, subscription, earlier, is_reported, step, end):
    order = earlier(shop, desk, subscription)
    worker = shop.start_worker_to(step.__name__)
    shop.control("clock", customer_uid=order.billing_key.customer_uid, advance=HOUR)
    if is_reported:
        report(desk, order)
    end(worker)

    assert finish(*shop.restart(workers=1)) == [0]
    assert shop.refunded() == 1
    assert shop.kept() == shop.booked()
    assert shop.paid_periods() == [2, 2, 2]


@pytest.mark.parametrize("fault", [closed_before, closed_after])
def test_a_refund_whose_answer_is_lost_is_made_once(shop, desk, subscription, proxy, fault):
    order = failed_attempt(shop, desk, subscription)
    assert renewals.collect(desk, subscription_id=subscription.id, now=clock.now()).status is OrderStatus.PAID
    shop.control("clock", customer_uid=order.billing_key.customer_uid, advance=HOUR)
    proxy.plan(REFUND, fault)

    # One run requests the refund, and the next one reads whether it was made.
    assert [finish(*shop.restart(workers=1)) for _ in range(2)] == [[1], [0]]
    assert proxy.is_spent
    assert shop.refunded() == 1
    assert shop.kept() == shop.booked()
    assert shop.paid_periods() == [2, 2, 2]
    assert [refund.status for refund in order.refunds] == [RefundStatus.MADE]


def make_due(subscription: Subscription) -> None:
    """Make the subscription due, as when the days of its dunning schedule have passed, and before all others."""
    at = subscription.paid_until
    db.session.execute(update(Subscription).where(Subscription.id == subscription.id).values(next_charge_at=at))
    db.session.execute(update(Invoice).where(Invoice.subscription_id == subscription.id).values(retry_at=at))
    db.session.commit()


def let_others_wait(subscription: Subscription) -> None:
    """Pause all other subscriptions until the restart: first charges come before a retry."""
    tomorrow = clock.now() + timedelta(days=1)
    others = update(Subscription).where(Subscription.id != subscription.id)
    db.session.execute(others.values(charge_not_before=tomorrow))
    db.session.commit()


def report(desk: Desk, order: Order) -> None:
    """Receive the webhook of an approval, and settle it as another worker does."""
    webhooks.receive(merchant_uid=order.merchant_uid, imp_uid=None)
    now = machine_time.shared(desk.machine_now())
    for notice_id in notices.due(now=now):
        webhooks.process(desk, notice_id=notice_id, now=clock.now(), machine_now=now)
    assert order.status is OrderStatus.PAID
