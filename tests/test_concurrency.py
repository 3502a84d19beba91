"""Several threads at the same moment: an order is granted once and a period is charged once, in whatever sequence.

The tests run on SQLite, and on PostgreSQL if a server answers on 127.0.0.1:5432. Without one its tests are skipped;
with `REQUIRE_SERVICES=1` they fail.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Barrier

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

import clock
from cli import MOST_THREADS
from clock import add_months
from errors import ChargeInProgress, ShopError
from models import Comparison, Difference, Invoice, JournalEntry, Notice, Order, Plan, Subscription, User, db
from services import (
    catalog,
    checkout,
    claims,
    comparison,
    machine_time,
    notices,
    orders,
    payments,
    purchases,
    renewals,
    reversals,
    staff,
    webhooks,
)
from services.checkout import Source
from services.comparison_claims import claimed
from services.desk import Desk
from services.differences import left_of
from services.processes import Process
from services.webhooks import Receipt
from states import ComparisonStep, InvoiceStatus, OrderPurpose, OrderStatus, RefundEffect, SubscriptionStatus
from tests.factories import NOW, WEBHOOK, make_user, place_order, read_notices, receive, renew, subscribe, try_again

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)


POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.services)
on_postgresql = pytest.mark.parametrize("app", [POSTGRESQL], indirect=True)
"""Marks a test that does not exist on SQLite."""


@pytest.fixture(params=["sqlite", POSTGRESQL])
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
    (listed,) = renewals.due(desk, now=FEBRUARY)
    renewals.collect(desk, subscription_id=listed, now=FEBRUARY)

    with pytest.raises(ShopError):
        renewals.collect(desk, subscription_id=listed, now=FEBRUARY)

    assert len(desk.client.charges) == 2
    assert subscription.paid_until == MARCH


def test_two_processes_that_compare_one_day_count_and_repair_each_payment_once(app, desk, user, plan):
    desk.client.time = int(NOW.timestamp())
    orders = [place_order(desk, make_user(f"{n}@example.com"), plan, "jtnet") for n in range(12)]
    for order in orders:
        desk.client.pay(checkout.request(desk, order, language="ko"))
    refunded = subscribe(desk, user, plan, "jtnet").orders[0]
    desk.client.cancel_in_console(refunded.imp_uid)
    db.session.commit()
    start = Barrier(3)

    def compare(_process: int) -> ComparisonStep:
        with app.app_context():
            start.wait(timeout=10)
            compared = comparison.begin(date(2026, 1, 31))
            while compared.step is not ComparisonStep.DONE:
                comparison.step(desk, compared, now=NOW + timedelta(days=1))
            return compared.step

    with ThreadPoolExecutor(3) as pool:
        steps = set(pool.map(compare, range(3)))
    db.session.expire_all()

    compared = db.session.query(Comparison).one()
    assert (steps, left_of(compared)) == ({ComparisonStep.DONE}, [])
    assert (compared.listed, compared.totals["KRW"]) == (13, {"collected": 13 * 19900, "refunded": 19900})
    assert {order.status for order in orders} == {OrderStatus.PAID}
    assert refunded.status is OrderStatus.CANCELLED
    assert db.session.query(Difference).count() == 13


def test_a_day_is_compared_by_one_process_at_a_time(app, desk, user, plan, another):
    desk.client.time = int(NOW.timestamp())
    subscribe(desk, user, plan, "jtnet")
    day, moment = date(2026, 1, 31), lambda: NOW + timedelta(days=1)

    with claimed(another, comparison.begin(day)) as is_theirs:
        during = comparison.run(desk, day, moment=moment)
    after = comparison.run(desk, day, moment=moment)

    assert (is_theirs, during, after.step) == (True, None, ComparisonStep.DONE)


def test_the_claim_on_a_day_ends_with_its_process(app, desk, user, plan, another):
    subscribe(desk, user, plan, "jtnet")
    compared = comparison.begin(date(2026, 1, 31))
    claim = claimed(another, compared)
    claim.__enter__()
    another.process.leave()

    wait_until(lambda: comparison.run(desk, compared.day, moment=lambda: NOW + timedelta(days=1)) is not None)


def test_two_orders_for_one_period_do_not_share_an_attempt(simultaneously, desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    subscription_id = subscription.id
    renewals.collect(desk, subscription_id=subscription_id, now=FEBRUARY)

    def place() -> Order:
        mine = db.session.get_one(Subscription, subscription_id)
        return try_again(desk, mine, "paymentwall", now=FEBRUARY)

    outcomes = simultaneously(*(place for _ in range(4)))

    attempts = [order.merchant_uid for order in subscription.orders]
    placed = [outcome for outcome in outcomes if outcome != "charge_in_progress"]
    assert set(placed) <= {"checking", "cancelled"}, "a later window replaces an earlier one"
    assert "checking" in placed
    assert len(attempts) == len(set(attempts)) == 2 + len(placed)


def test_renew_due_charges_forty_subscriptions_once_each(app, desk, plan):
    long_ago = clock.now() - timedelta(days=40)
    due = [subscribe(desk, make_user(f"shopper{n}@example.com"), plan, now=long_ago) for n in range(40)]
    earlier = approved(desk)
    db.session.commit()

    result = app.test_cli_runner().invoke(args=["renew-due", "--threads", "4"], catch_exceptions=False)
    db.session.expire_all()

    assert result.output.count('"outcome": "paid"') == 40
    assert len(approved(desk) - earlier) == (approved(desk) - earlier).total() == 40
    assert [len(paid_periods(subscription)) for subscription in due] == [2] * 40
    assert renewals.due(desk, now=clock.now()) == []


def test_workers_with_the_same_list_charge_each_once(app, desk, user, plan):
    due = [subscribe(desk, user, plan) for _ in range(8)]
    db.session.commit()
    listed_by_all = Barrier(3)

    def work(_worker: int) -> list[str]:
        with app.app_context():
            listed = renewals.due(desk, now=FEBRUARY)
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


@on_postgresql  # SQLite has one writer at a time, so there the payment waits until the purchase has ended
def test_a_window_paid_while_the_changed_price_ends_its_purchase_keeps_its_subscription(app, desk, user):
    user_id, plan = user.id, catalog.plan_on_sale("global-monthly")
    order = place_order(desk, user, plan, "paymentwall")
    paid = {
        "merchant_uid": order.merchant_uid,
        "imp_uid": desk.client.pay(checkout.request(desk, order, language="ko")),
    }
    plan.amount += 100
    db.session.commit()

    def settle() -> None:
        with app.app_context():
            payments.settle(desk, **paid, now=NOW)

    meanwhile = iter([settle])

    def on_load(_invoice: Invoice, _context: object) -> None:
        if (call := next(meanwhile, None)) is not None:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(call).result(timeout=20)

    db.session.expunge_all()
    user, plan = db.session.get_one(User, user_id), catalog.plan_on_sale("global-monthly")
    event.listen(Invoice, "load", on_load)
    purchases.begin(user, plan, beside=None, is_run=False, now=NOW)
    event.remove(Invoice, "load", on_load)

    order = orders.by_uid(paid["merchant_uid"])
    assert (order.status, order.invoice.status) == (OrderStatus.PAID, InvoiceStatus.PAID)
    assert order.subscription.status is SubscriptionStatus.ACTIVE


@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_a_plan_bought_in_many_tabs_leaves_one_open_order_of_one_subscription(simultaneously, desk, user, plan, guide):
    user_id, plan_id = user.id, plan.id

    def buy() -> Order:
        mine, wanted = db.session.get_one(User, user_id), db.session.get_one(Plan, plan_id)
        return place_order(desk, mine, wanted, guide)

    outcomes = simultaneously(*(buy for _ in range(6)))

    assert set(outcomes) <= {"checking", "cancelled"}
    (subscription,) = db.session.query(Subscription)
    assert Counter(order.outcome for order in subscription.orders) == {"checking": 1, "cancelled": 5}
    assert subscription.orders[0].outcome == "checking"
    assert len(subscription.invoices) == (1 if guide == "jtnet" else 0)


def test_a_purchase_confirmed_in_many_tabs_adds_one_subscription(simultaneously, desk, user, plan):
    user_id, plan_id, beside = user.id, plan.id, subscribe(desk, user, plan).id

    def buy() -> Order:
        mine, wanted = db.session.get_one(User, user_id), db.session.get_one(Plan, plan_id)
        return place_order(desk, mine, wanted, beside=beside)

    simultaneously(*(buy for _ in range(4)))

    assert db.session.query(Subscription).count() == 2


def test_a_window_paid_while_another_tab_orders_leaves_one_subscription(simultaneously, desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    user_id, plan_id, merchant_uid = user.id, plan.id, order.merchant_uid

    def buy() -> Order:
        mine, wanted = db.session.get_one(User, user_id), db.session.get_one(Plan, plan_id)
        return place_order(desk, mine, wanted, "jtnet", beside=None)

    def come_back() -> Order:
        return checkout.receive(desk, source=Source.CALLBACK, merchant_uid=merchant_uid, imp_uid=imp_uid, now=NOW)

    outcomes = simultaneously(buy, come_back, buy)

    assert set(outcomes) <= {"paid", "checking", "cancelled", "already_subscribed"}
    (subscription,) = db.session.query(Subscription)
    assert len(paid_periods(subscription)) == len(subscription.invoices) == 1
    assert not [other for other in subscription.orders if other.purpose is OrderPurpose.ISSUE]


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


# The database --------------------------------------------------------------------------------------------


def test_every_thread_of_the_largest_worker_gets_a_connection(app):
    with ExitStack() as opened:
        for _ in range(MOST_THREADS):
            opened.enter_context(db.engine.connect()).execute(db.text("SELECT 1"))


@on_postgresql  # SQLite has no server
def test_a_restarted_database_raises_no_error(app, desk, user, plan):
    db.session.commit()
    with psycopg.connect(db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert subscribe(desk, user, plan).paid_until == FEBRUARY


@on_postgresql  # SQLite locks the whole database, for as long as `busy_timeout`
def test_a_statement_waits_for_a_lock_only_so_long(app, open_shop, config, payments, user, plan):
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    impatient = open_shop(replace(config, SQLALCHEMY_DATABASE_URI=uri, LOCK_TIMEOUT=0.1, STATEMENT_TIMEOUT=7), payments)
    db.session.execute(update(Plan).values(position=1))

    with impatient.app_context():
        assert db.session.scalar(db.text("SHOW statement_timeout")) == "7s"
        with pytest.raises(OperationalError, match="lock timeout"):
            db.session.execute(update(Plan).values(position=2))
        db.session.remove()
        db.engine.dispose()


# Claims ---------------------------------------------------------------------------------------------------


def lapse(subscription_id: int) -> None:
    """End the lease of the present claim, as when its holder was stopped for too long."""
    long_ago = NOW - timedelta(days=400)
    db.session.rollback()
    db.session.execute(update(Subscription).where(Subscription.id == subscription_id).values(claimed_until=long_ago))
    db.session.commit()


def wait_out_pauses() -> None:
    """End every pause, as when minutes have passed. PostgreSQL's own clock cannot be moved."""
    db.session.rollback()
    db.session.execute(update(Subscription).values(charge_not_before=None))
    db.session.execute(update(Order).values(repeat_not_before=None))
    db.session.commit()


@pytest.fixture
def another(desk) -> Iterator[Desk]:
    """The desk of another worker process of the same shop."""
    another = replace(desk, process=Process())
    yield another
    another.process.leave()


def test_a_worker_whose_shop_is_a_day_ahead_claims_no_longer_than_the_others(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    lasts = []

    def look():
        lasts.append(subscription.claimed_until - machine_time.shared(desk.machine_now()))

    desk.client.before_charge = look
    renew(desk, subscription, now=FEBRUARY + timedelta(days=1))

    assert timedelta() < lasts[0] <= desk.claim_lifetime


def test_a_stopped_worker_that_wakes_up_charges_no_second_time(desk, another, user, plan):
    subscription = subscribe(desk, user, plan)
    outcomes = []

    def take_over():
        desk.client.before_charge = lambda: None
        lapse(subscription.id)
        wait_out_pauses()
        outcomes.append(renew(another, subscription, now=FEBRUARY + timedelta(minutes=3)).outcome)

    desk.client.before_charge = take_over
    order = renew(desk, subscription, now=FEBRUARY)

    assert (outcomes, order.outcome) == (["paid"], "paid")
    assert approved(desk)[order.merchant_uid] == 1
    assert subscription.paid_until == MARCH
    assert subscription.claimed_until is None


def test_a_stale_decline_is_not_written_over_a_newer_attempt(desk, another, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    newer = []

    def claim_anew(_payment):
        lapse(subscription.id)
        newer.append(claims.take(another, subscription.id))

    desk.client.after_charge = claim_anew
    order = renew(desk, subscription, now=FEBRUARY)
    assert (order.outcome, subscription.invoices[0].declines) == ("checking", 0)

    claims.release(newer[0])
    renew(another, subscription, now=FEBRUARY + timedelta(minutes=3))
    assert (order.outcome, subscription.invoices[0].declines) == ("declined", 1)


def test_a_stale_silence_changes_nothing(desk, another, user, plan):
    subscription = subscribe(desk, user, plan)
    due_at = subscription.next_charge_at

    def claim_anew(_payment):
        lapse(subscription.id)
        claims.take(another, subscription.id)

    desk.client.after_charge, desk.client.lose_answer = claim_anew, True
    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, order.checked_at, subscription.next_charge_at) == ("checking", None, due_at)


def test_a_stale_approval_is_booked(desk, another, user, plan):
    subscription = subscribe(desk, user, plan)

    def claim_anew(_payment):
        lapse(subscription.id)
        claims.take(another, subscription.id)

    desk.client.after_charge = claim_anew
    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)
    assert subscription.claimed_by == another.process.name(now=another.machine_now())


def test_a_stale_approval_of_a_period_that_was_paid_in_the_meantime_is_refunded(desk, another, user, plan):
    subscription = subscribe(desk, user, plan)

    def another_card_pays(payment):
        desk.client.after_charge = lambda _payment: None
        lapse(subscription.id)
        claims.take(another, subscription.id)
        invoice = subscription.invoices[0]
        invoice.mark_paid(at=FEBRUARY)
        subscription.renew(until=MARCH)
        db.session.commit()

    desk.client.after_charge = another_card_pays
    order = renew(desk, subscription, now=FEBRUARY)

    assert order.mismatch == "invoice"
    assert desk.client.payment(order.imp_uid).amount_left == 0


def test_a_worker_that_lost_its_claim_during_the_look_up_sends_nothing(desk, another, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""
    find = desk.client.find

    def slow_find(*words, **more):
        lapse(subscription.id)
        claims.take(another, subscription.id)
        desk.client.find = find
        return find(*words, **more)

    desk.client.find = slow_find
    charged = len(desk.client.charges)
    wait_out_pauses()
    with pytest.raises(ChargeInProgress):
        renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))

    assert len(desk.client.charges) == charged


def test_the_claim_of_a_process_that_ended_is_free_before_its_lease(desk, another, user, plan):
    subscription = subscribe(desk, user, plan)
    claims.take(another, subscription.id)
    assert (claims.free_ended(desk), renewals.due(desk, now=FEBRUARY)) == (0, [])

    another.process.leave()

    wait_until(lambda: claims.free_ended(desk) == 1)
    assert renewals.due(desk, now=FEBRUARY) == [subscription.id]


def test_renew_due_charges_what_a_killed_worker_had_claimed(app, desk, another, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, now=long_ago)
    claims.take(another, subscription.id)
    another.process.leave()
    wait_until(lambda: desk.process.has_ended(subscription.claimed_by))

    result = app.test_cli_runner().invoke(args=["renew-due"], catch_exceptions=False)

    assert '"outcome": "paid"' in result.output


def test_a_killed_process_holds_no_lock(app, desk):
    holder = f"""
from datetime import UTC, datetime
from flask import Flask
from models import db
from services.processes import Process
app = Flask("holder")
app.config["SQLALCHEMY_DATABASE_URI"] = {db.engine.url.render_as_string(hide_password=False)!r}
db.init_app(app)
with app.app_context():
    process = Process()
    print(process.name(now=datetime.now(UTC)), flush=True)
    input()
"""
    with Popen([sys.executable, "-c", holder], stdin=PIPE, stdout=PIPE, text=True, cwd=app.root_path) as process:
        name = process.stdout.readline().strip()
        assert not desk.process.has_ended(name)
        process.kill()

    wait_until(lambda: desk.process.has_ended(name))


def test_a_process_that_lost_its_lock_takes_another_name(app, another):
    at = another.machine_now()
    lost = another.process.name(now=at)
    if db.engine.dialect.name == "postgresql":
        number = int(lost.rpartition(":")[2], 16)
        holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :number"
        db.session.execute(db.text(holders), {"number": number})
        db.session.commit()
    else:
        for file in Path(db.engine.url.database).parent.glob("*-process-*"):
            file.unlink()
    wait_until(lambda: another.process.has_ended(lost))

    found = another.process.name(now=at + timedelta(minutes=1))

    assert found != lost
    assert not another.process.has_ended(found)


def wait_until(happened: Callable[[], bool]) -> None:
    """Repeat the question for ten seconds: PostgreSQL releases a lock a moment after its session has ended."""
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline


def test_two_members_of_staff_who_refund_a_part_at_once_refund_it_once(app, desk, simultaneously):
    order = subscribe(desk, make_user(), catalog.plan_on_sale("coffee-monthly")).orders[0]
    order_id, staff_id = order.id, make_user("staff@example.com", is_staff=True).id

    def refund() -> Order:
        order = db.session.get_one(Order, order_id)
        part = {"amount": Decimal(1000), "seen_left": order.price.to_major(), "effect": RefundEffect.KEEP}
        staff.refund(desk, order=order, reason="", by=db.session.get_one(User, staff_id), now=NOW, **part)
        return order

    outcomes = simultaneously(refund, refund)

    assert Counter(outcomes) == {"paid": 1, "out_of_date": 1}
    assert (order.refunded, desk.client.payment(order.imp_uid).cancel_amount) == (1000, 1000)
    assert [action.amount for action in staff.trail()] == [1000]


def test_news_of_one_console_refund_that_arrives_twice_at_once_opens_one_case(app, desk, simultaneously):
    subscription = subscribe(desk, make_user(), catalog.plan_on_sale("coffee-monthly"))
    merchant_uid = subscription.orders[0].merchant_uid
    desk.client.cancel_in_console(subscription.orders[0].imp_uid)

    def settle() -> Order:
        payments.settle(desk, merchant_uid=merchant_uid, now=NOW)
        return orders.by_uid(merchant_uid)

    outcomes = simultaneously(settle, settle, settle)

    assert outcomes == ["cancelled"] * 3
    assert [case.amount for case in reversals.open_cases()] == [19900]
    assert subscription.status is SubscriptionStatus.SUSPENDED
