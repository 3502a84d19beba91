"""Several threads at the same moment: an order is granted once and a period is charged once, in whatever sequence.

The tests run on SQLite, and on PostgreSQL if a server answers on 127.0.0.1:5432. Without one its tests are skipped;
with `REQUIRE_SERVICES=1` they fail.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from flask import Flask

import clock
from clock import add_months
from errors import ShopError
from models import Invoice, InvoiceStatus, JournalEntry, Notice, Order, OrderPurpose, OrderStatus, Subscription, db
from services import catalog, checkout, machine_time, notices, orders, renewals, webhooks
from services.checkout import Source
from services.desk import Desk
from services.webhooks import Receipt
from tests.factories import NOW, WEBHOOK, make_user, place_order, read_notices, receive, subscribe, try_again

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def app(request, config, payments, open_shop) -> Iterator[Flask]:
    if request.param == "postgresql":
        config = replace(config, SQLALCHEMY_DATABASE_URI=request.getfixturevalue("postgresql"))
    app = open_shop(config, payments)
    with app.app_context():
        db.create_all()
        catalog.seed()
        yield app
        db.session.rollback()
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def simultaneously(app) -> Callable[..., list[str]]:
    """Return a function that starts every call at the same moment and returns the outcome of each.

    Each call runs in a thread and a context of its own. It must not touch the test's own records, which belong to the
    session of the test's thread.
    """

    def simultaneously(*calls: Callable[[], Order]) -> list[str]:
        start = Barrier(len(calls))

        def run(call: Callable[[], Order]) -> str:
            with app.app_context():
                start.wait(timeout=10)
                try:
                    return call().outcome
                except ShopError as err:
                    return err.code

        db.session.commit()
        with ThreadPoolExecutor(len(calls)) as pool:
            outcomes = list(pool.map(run, calls))
        db.session.expire_all()
        return outcomes

    return simultaneously


def paid_periods(subscription: Subscription) -> list[Invoice]:
    return [invoice for invoice in subscription.invoices if invoice.status is InvoiceStatus.PAID]


def approved(desk: Desk) -> Counter[str]:
    """Return how often the service approved each charge, by `merchant_uid`."""
    payments = desk.client.payments  # type: ignore[attr-defined]
    return Counter(p.merchant_uid for p in payments if p.status == "paid" and p.customer_uid_usage == "payment")


@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_three_sources_together_grant_once_and_charge_once(simultaneously, desk, user, plan, guide):
    order = place_order(desk, user, plan, guide)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": NOW}
    sources = [Source.CALLBACK, Source.LANDING, WEBHOOK] * 2

    simultaneously(*(lambda source=source: receive(desk, source=source, **news) for source in sources))

    assert order.status is OrderStatus.PAID
    assert len(paid_periods(order.subscription)) == len(order.subscription.invoices) == 1
    assert order.subscription.paid_until == FEBRUARY
    charges = [charge for charge in order.subscription.orders if charge.purpose is OrderPurpose.CHARGE]
    assert len(charges) == len(desk.client.charges) == (1 if guide == "inicis" else 0)
    granted = db.session.query(JournalEntry).filter_by(event="payment.verified", merchant_uid=order.merchant_uid)
    assert granted.count() == 1


def test_three_sources_together_refund_a_wrong_payment_once(simultaneously, desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": NOW}
    sources = [Source.CALLBACK, Source.LANDING, WEBHOOK] * 2

    outcomes = simultaneously(*(lambda source=source: receive(desk, source=source, **news) for source in sources))

    assert set(outcomes) <= {"checking", "mismatch", "cancelled"}
    assert order.subscription.invoices[0].status is InvoiceStatus.OPEN
    assert desk.client.payment(imp_uid).cancel_amount == 1


def test_one_due_subscription_is_charged_once_however_many_ask(simultaneously, desk, user, plan):
    subscription = subscribe(desk, user, plan)
    collect = partial(renewals.collect, desk, subscription_id=subscription.id, now=FEBRUARY)

    outcomes = simultaneously(*(collect for _ in range(8)))

    assert Counter(outcomes)["paid"] >= 1
    assert set(outcomes) <= {"paid", "charge_in_progress", "nothing_to_charge"}
    assert len(desk.client.charges) == 2  # the first payment, and one for February
    assert subscription.paid_until == MARCH
    assert subscription.claimed_until is None


def test_pay_now_pressed_in_many_windows_pays_one_period(simultaneously, desk, user, plan):
    subscription = subscribe(desk, user, plan)
    press = partial(renewals.collect, desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW)

    outcomes = simultaneously(*(press for _ in range(8)))

    assert "paid" in outcomes
    assert set(outcomes) <= {"paid", "charge_in_progress", "nothing_to_charge"}
    assert len(desk.client.charges) == 2
    assert subscription.paid_until == MARCH


def test_one_after_the_other_from_an_old_list_charges_once(desk, user, plan):
    """One worker lists the subscription, another charges it, and only then does the first reach it in its list."""
    subscription = subscribe(desk, user, plan)
    (listed,) = renewals.due(now=FEBRUARY)
    renewals.collect(desk, subscription_id=listed, now=FEBRUARY)

    with pytest.raises(ShopError):
        renewals.collect(desk, subscription_id=listed, now=FEBRUARY)

    assert len(desk.client.charges) == 2
    assert subscription.paid_until == MARCH


def test_two_orders_for_one_period_do_not_share_an_attempt(simultaneously, desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    subscription_id = subscription.id
    renewals.collect(desk, subscription_id=subscription_id, now=FEBRUARY)

    def place() -> Order:
        mine = db.session.get_one(Subscription, subscription_id)
        return try_again(desk, mine, "paymentwall", now=FEBRUARY)

    outcomes = simultaneously(*(place for _ in range(4)))

    attempts = [order.merchant_uid for order in subscription.orders]
    assert set(outcomes) <= {"checking", "charge_in_progress"}
    assert "checking" in outcomes
    assert len(attempts) == len(set(attempts)) == 2 + outcomes.count("checking")


def test_renew_due_charges_forty_subscriptions_once_each(app, desk, plan):
    long_ago = clock.now() - timedelta(days=40)
    due = [subscribe(desk, make_user(f"shopper{n}@example.com"), plan, now=long_ago) for n in range(40)]
    earlier = approved(desk)
    db.session.commit()

    result = app.test_cli_runner().invoke(args=["renew-due", "--threads", "4"], catch_exceptions=False)
    db.session.expire_all()

    assert result.output.count(" paid\n") == 40
    assert len(approved(desk) - earlier) == (approved(desk) - earlier).total() == 40
    assert [len(paid_periods(subscription)) for subscription in due] == [2] * 40
    assert renewals.due(now=clock.now()) == []


def test_workers_with_the_same_list_charge_each_once(app, desk, user, plan):
    due = [subscribe(desk, user, plan) for _ in range(8)]
    db.session.commit()
    listed_by_all = Barrier(3)

    def work(_worker: int) -> list[str]:
        with app.app_context():
            listed = renewals.due(now=FEBRUARY)
            listed_by_all.wait(timeout=10)
            outcomes = []
            for subscription_id in listed:
                with suppress(ShopError):
                    outcomes.append(renewals.collect(desk, subscription_id=subscription_id, now=FEBRUARY).outcome)
            return outcomes

    with ThreadPoolExecutor(3) as pool:
        outcomes = [outcome for worker in pool.map(work, range(3)) for outcome in worker]
    db.session.expire_all()

    assert outcomes == ["paid"] * 8
    assert approved(desk).total() == 16
    assert [subscription.paid_until for subscription in due] == [MARCH] * 8


def test_two_windows_opened_together_are_for_one_invoice(simultaneously, desk, user, plan):
    for _ in range(4):
        declined = place_order(desk, user, plan)
        imp_uid = desk.client.pay(checkout.request(desk, declined, language="ko"), card="declined")
        receive(desk, source=Source.CALLBACK, merchant_uid=declined.merchant_uid, imp_uid=imp_uid, now=NOW)
        subscription_id, subscription = declined.subscription_id, declined.subscription

        def open_window(subscription_id: int = subscription_id) -> Order:
            mine = db.session.get_one(Subscription, subscription_id)
            return try_again(desk, mine, "jtnet", now=clock.now())

        simultaneously(open_window, open_window)

        assert len(subscription.invoices) == 1


def test_webhooks_that_arrive_together_wait_once_each_and_not_without_bound(simultaneously, desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    merchant_uid = order.merchant_uid

    def report(imp_uid: str) -> Order:
        assert webhooks.receive(merchant_uid=merchant_uid, imp_uid=imp_uid) is Receipt.STORED
        return orders.by_uid(merchant_uid)

    simultaneously(*(partial(report, imp_uid) for _ in range(8)))
    assert [notice.imp_uid for notice in db.session.query(Notice)] == [imp_uid]

    simultaneously(*(partial(report, f"imp_forged_{n}") for n in range(8)))
    simultaneously(*(partial(report, f"imp_forged_{n}") for n in range(8, 16)))
    assert db.session.query(Notice).count() <= 1 + 8 + 1  # the bound may be passed by those who arrive together


def test_two_workers_read_a_notice_once(simultaneously, desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    merchant_uid = order.merchant_uid
    webhooks.receive(merchant_uid=merchant_uid, imp_uid=imp_uid)
    machine_now = machine_time.shared(clock.machine_now())
    (notice_id,) = notices.due(now=machine_now)
    desk.client.calls.clear()

    def read() -> Order:
        webhooks.process(desk, notice_id=notice_id, now=NOW, machine_now=machine_now)
        return orders.by_uid(merchant_uid)

    simultaneously(*(read for _ in range(8)))

    assert order.outcome == "registered"
    assert desk.client.calls.count("payment") == 1
    assert db.session.query(Notice).count() == 0


def test_a_notice_and_the_buyer_at_once_settle_once(simultaneously, desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": NOW}
    sources = [Source.CALLBACK, WEBHOOK] * 4

    simultaneously(*(lambda source=source: receive(desk, source=source, **news) for source in sources))
    read_notices(desk, now=NOW)

    assert order.billing_key.confirmed_at == NOW
    assert db.session.query(JournalEntry).filter_by(event="key.confirmed").count() == 1
    assert len(desk.client.charges) == 1
