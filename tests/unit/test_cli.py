"""The scheduler's commands do what the services do, and print what they did."""

import json
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from itertools import count
from sqlite3 import OperationalError

import pytest
from flask import Flask
from sqlalchemy import event

import clock
import follow_up
import progress
import rounds
from models import Comparison, JournalEntry, Notice, Plan, db
from rounds import Attempt, Tally
from services import catalog, checkout, comparison, journal, open_orders, renewals, subscriptions, webhooks
from services.checkout import Source
from services.comparison_claims import claimed
from services.processes import Process
from states import OrderStatus, SubscriptionStatus
from tests.factories import (
    NOW,
    make_user,
    move_machine_clock,
    place_order,
    place_orders,
    subscribe,
    subscription_with_key,
)


@pytest.fixture
def run(app: Flask, desk):
    """A function that runs a command an hour after everything before, by machine time, and returns its output."""

    def run(*words: str, exit_code: int = 0) -> str:
        move_machine_clock(desk, desk.machine_now() + timedelta(hours=1))
        result = app.test_cli_runner().invoke(args=list(words), catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        db.session.rollback()
        db.session.expire_all()
        return result.output

    return run


def test_seed_says_how_many_plans_are_new(run):
    assert run("seed") == "0 new plans\n"


def lines_of(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_renew_due_writes_a_line_per_charge_and_a_summary(run, desk, user, plan, long_ago):
    due = subscribe(desk, user, plan, now=long_ago)
    not_due = subscribe(desk, user, plan, now=clock.now())

    charge, summary = lines_of(run("renew-due"))

    assert charge == {"subscription": due.id, "merchant_uid": due.orders[0].merchant_uid, "outcome": "paid"}
    assert summary.pop("seconds") >= 0
    assert summary == {"paid": 1, "declined": 0, "unknown": 0, "postponed": 0, "stopped": False}
    assert due.paid_until > clock.now()
    assert len(not_due.invoices) == 1


def test_a_decline_is_settled_and_the_rest_is_charged(run, desk, user, plan, long_ago):
    declined = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)
    paid = subscribe(desk, user, plan, now=long_ago + timedelta(hours=1))

    lines = lines_of(run("renew-due", "--threads", "1"))

    assert [line["outcome"] for line in lines[:2]] == ["declined", "paid"]
    assert (declined.status, paid.status) == (SubscriptionStatus.PAST_DUE, SubscriptionStatus.ACTIVE)


def test_renew_due_names_what_could_not_be_charged_by_its_code(run, desk, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, now=long_ago)
    subscription.billing_key.revoke(at=clock.now())
    subscription.billing_key.mark_deleted(at=clock.now())
    db.session.commit()

    line, summary = lines_of(run("renew-due"))

    assert (line["subscription"], line["outcome"]) == (subscription.id, "nothing_to_charge")
    assert summary["postponed"] == 1


def test_renew_due_has_nothing_to_say_where_nothing_is_due(run):
    assert run("renew-due") == ""


def test_an_unknown_outcome_is_exit_code_1(run, desk, user, plan, long_ago):
    subscribe(desk, user, plan, now=long_ago)
    desk.client.lose_answer = True

    line, summary = lines_of(run("renew-due", exit_code=1))

    assert (line["outcome"], summary["unknown"]) == ("checking", 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--now", "2026-12-01T09:00"),
        ("--now", "tomorrow", "--dry-run"),
        ("--now", "2026-12-01T09:00", "--dry-run", "--forever"),
        ("--threads", "0"),
        ("--threads", "65"),
        ("--limit", "0"),
    ],
)
def test_wrong_usage_is_exit_code_2(run, words):
    run("renew-due", *words, exit_code=2)


def test_a_breaker_that_opens_stops_the_round_with_exit_code_3(run, desk, user, plan, long_ago):
    due = [subscribe(desk, user, plan, now=long_ago) for _ in range(10)]
    charged = len(desk.client.charges)
    desk.client.before_charge = lambda: setattr(desk.client, "busy", True)

    *_, summary = lines_of(run("renew-due", "--threads", "1", exit_code=3))

    assert (summary["paid"], summary["stopped"]) == (1, True)
    assert len(desk.client.charges) == charged + 1
    assert len(renewals.due(desk, now=clock.now())) == len(due) - 1


def test_renew_due_goes_on_until_nothing_is_due(run, desk, user, plan, long_ago, monkeypatch):
    monkeypatch.setattr(rounds, "BATCH", 3)
    for _ in range(8):
        subscribe(desk, user, plan, now=long_ago)

    *_, summary = lines_of(run("renew-due"))

    assert summary["paid"] == 8
    assert renewals.due(desk, now=clock.now()) == []


@pytest.mark.heavy
def test_one_run_charges_640_renewals(run, desk, user, plan, long_ago):
    keys = [f"card-{n}" for n in range(640)]
    desk.client.keys.update(dict.fromkeys(keys, "approved"))
    db.session.add_all([subscription_with_key(user, plan, key, due_at=long_ago) for key in keys])
    db.session.commit()

    *_, summary = lines_of(run("renew-due"))

    assert summary["paid"] == 640
    assert sorted(charge["customer_uid"] for charge in desk.client.charges) == sorted(keys)


def test_a_limit_leaves_the_rest_due(run, desk, user, plan, long_ago):
    for _ in range(3):
        subscribe(desk, user, plan, now=long_ago)

    *_, summary = lines_of(run("renew-due", "--limit", "2"))

    assert summary["paid"] == 2
    assert len(renewals.due(desk, now=clock.now())) == 1


def test_a_dry_run_charges_nothing(run, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=NOW)
    charged = len(desk.client.charges)

    line, summary = lines_of(run("renew-due", "--dry-run", "--now", "2026-03-01T12:00"))

    assert line == {
        "subscription": subscription.id,
        "amount": "19900",
        "currency": "KRW",
        "due_since": "2026-02-28T12:00+09:00",
    }
    assert summary == {"due": 1}
    assert len(desk.client.charges) == charged
    assert lines_of(run("renew-due", "--dry-run", "--now", "2026-02-28T11:59")) == [{"due": 0}]


def test_the_demonstration_may_charge_at_another_time(app, run, desk, user, plan):
    app.config["DEMO"] = True
    tomorrow = clock.now() + timedelta(days=1)
    subscription = subscribe(desk, user, plan, now=clock.add_months(tomorrow, -1, anchor_day=tomorrow.day))
    due_at = subscription.next_charge_at

    run("renew-due", "--now", (due_at + timedelta(minutes=1)).isoformat())

    assert subscription.paid_until > due_at


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_rate_and_what_is_left(app):
    screen, tally = Terminal(), Tally()

    with progress.of_round(4, stream=screen) as report:
        for kind in ("paid", "declined", "unknown"):
            attempt = Attempt(subscription_id=1, merchant_uid=None, outcome=kind, kind=kind)
            tally.add(attempt)
            report.add(attempt, tally)

    assert "1 left, 1 declined, 1 unknown" in screen.getvalue()
    assert "/s" in screen.getvalue()


def test_reconcile_settles_what_was_left_open(run, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now() - timedelta(minutes=5))
    desk.client.pay(checkout.request(desk, order, language="ko"))

    output = run("reconcile")

    assert output == "1 open orders settled, 0 refunds made, 0 revoked keys deleted\n"
    assert order.status is OrderStatus.PAID


def test_reconcile_reports_a_late_approval_and_is_quiet_about_a_look_that_finds_none(run, desk, user, plan):
    ended_at = clock.now() - timedelta(minutes=5)
    order = place_order(desk, user, plan, now=ended_at)
    failed = desk.client.pay(checkout.request(desk, order, language="ko"), card="declined")
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=failed, now=ended_at)

    before = run("reconcile")
    desk.client.pay(checkout.request(desk, order, language="ko"))
    order.late_look_at = clock.now()
    db.session.commit()

    assert (before, run("reconcile")) == ("", "1 open orders settled, 0 refunds made, 0 revoked keys deleted\n")


def test_reconcile_makes_refunds_that_got_no_answer(run, desk, user, dollar_plan):
    long_enough_ago = clock.now() - timedelta(minutes=5)
    order = place_order(desk, user, dollar_plan, "paymentwall", now=long_enough_ago)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    desk.client.silent_call = "cancel"
    checkout.receive(
        desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=long_enough_ago
    )
    desk.client.silent_call = ""

    output = run("reconcile")

    assert output == "0 open orders settled, 1 refunds made, 0 revoked keys deleted\n"
    assert desk.client.payment(imp_uid).amount_left == 0


def test_reconcile_deletes_keys_whose_deletion_was_not_answered(run, desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "delete_customer_key"
    subscriptions.cancel(desk, subscription=subscription, now=clock.now() - timedelta(minutes=3))
    desk.client.silent_call = ""

    output = run("reconcile")

    assert output == "0 open orders settled, 0 refunds made, 1 revoked keys deleted\n"
    assert desk.client.keys == {}


def test_a_round_of_reconcile_ends_where_the_service_hangs(run, desk, plan):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(hours=1, seconds=-n) for n in range(3)))
    desk.client.silent = True
    desk.client.while_silent = lambda: desk.machine_now.move_to(desk.machine_now() + timedelta(seconds=30))

    run("reconcile", exit_code=1)

    assert [order.checked_at is not None for order in orders] == [True, False, False]


def test_a_round_of_reconcile_ignores_how_far_the_business_time_moves(run, desk, plan, monkeypatch):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(hours=1, seconds=-n) for n in range(3)))
    started = clock.now()
    monkeypatch.setattr(clock, "now", lambda: started + timedelta(days=1) * len(desk.client.calls))
    desk.client.calls.clear()

    run("reconcile")

    assert [order.checked_at is not None for order in orders] == [True, True, True]


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_a_command_looks_at_everything_that_is_open_however_much_it_is(run, desk, plan, command):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(hours=1, seconds=-n) for n in range(70)))

    run(command)

    assert [order for order in orders if order.checked_at is None] == []


def test_a_command_reads_every_order_that_may_be_approved_late(run, desk, plan):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(minutes=5) for _ in range(70)))
    for order in orders:
        failed = desk.client.pay(checkout.request(desk, order, language="ko"), card="declined")
        news = {"merchant_uid": order.merchant_uid, "imp_uid": failed, "now": order.created_at}
        checkout.receive(desk, source=Source.CALLBACK, **news)
        desk.client.pay(checkout.request(desk, order, language="ko"))

    run("reconcile")

    assert {order.status for order in orders} == {OrderStatus.PAID}


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_a_few_calls_without_an_answer_are_exit_code_1(run, desk, plan, command):
    place_orders(desk, plan, clock.now() - timedelta(hours=1))
    desk.client.silent = True

    run(command, exit_code=1)


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_a_row_that_always_fails_ends_the_command_and_stops_no_other(run, desk, plan, command, monkeypatch):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(hours=1, seconds=-n) for n in range(40)))
    process = open_orders.process

    def fail(desk, *, order_id, now):
        if order_id == orders[0].id:
            raise ZeroDivisionError
        return process(desk, order_id=order_id, now=now)

    monkeypatch.setattr(open_orders, "process", fail)

    run(command, exit_code=1)

    assert [order.checked_at is not None for order in orders] == [False] + [True] * 39


@pytest.fixture
def work(desk, user, plan, dollar_plan):
    """An order to look at, a notice to read, a refund to make and a key to delete."""
    then = clock.now() - timedelta(minutes=10)
    order = place_order(desk, user, plan, now=then)
    forged = place_order(desk, user, dollar_plan, "paymentwall", now=then)
    imp_uid = desk.client.pay(checkout.request(desk, forged, language="ko"), amount=1)
    desk.client.silent_call = "cancel"
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=forged.merchant_uid, imp_uid=imp_uid, now=then)
    desk.client.silent_call = "delete_customer_key"
    cancelled = subscribe(desk, make_user("cancels@example.com"), plan, now=then)
    subscriptions.cancel(desk, subscription=cancelled, now=then)
    desk.client.silent_call = ""
    webhooks.receive(merchant_uid=order.merchant_uid, imp_uid="imp_1")
    return order, forged.refunds[0], cancelled.billing_key


def state_of(order, refund, key):
    (notice,) = db.session.query(Notice)
    order_state = (order.look_not_before, order.checked_at, order.notices_not_before)
    refund_state = (refund.look_not_before, refund.status)
    return order_state, refund_state, (key.delete_not_before, key.deleted_at), (notice.attempts,)


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_a_breaker_that_is_open_leaves_everything_as_it_is(run, desk, work, command):
    before = state_of(*work)
    desk.client.busy = True

    output = run(command, exit_code=3)

    assert output == "Stopped: the payment service does not answer. What is left stays due.\n"
    assert state_of(*work) == before


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_a_service_that_answers_is_exit_code_0(run, work, command):
    assert "1 refunds made, 1 revoked keys deleted" in run(command)


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_an_error_that_was_logged_is_exit_code_1(run, desk, work, command):
    desk.client.raises["delete_customer_key"] = ZeroDivisionError()

    assert "1 refunds made, 0 revoked keys deleted" in run(command, exit_code=1)


@pytest.mark.parametrize("command", ["seed", "reconcile", "renew-due"])
def test_each_command_names_its_exit_codes(run, command):
    assert "Exit codes: 0 " in " ".join(run(command, "--help").split())


def test_a_breaker_that_opens_during_a_look_leaves_the_rest(run, desk, plan):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(hours=1, seconds=-n) for n in range(3)))
    desk.client.silent = True
    desk.client.while_silent = lambda: setattr(desk.client, "busy", True)

    run("reconcile", exit_code=3)

    assert [order.checked_at is not None for order in orders] == [True, False, False]


def test_a_refund_waits_for_the_breaker_of_charges_and_refunds(run, desk, work):
    _, refund, key = work
    due_at, desk.client.moves_no_money = refund.look_not_before, True

    run("reconcile", exit_code=3)

    assert (refund.look_not_before, key.deleted_at is not None) == (due_at, True)


def test_an_open_breaker_begins_no_comparison(app, desk, user, plan):
    subscribe(desk, user, plan, now=clock.now() - timedelta(days=3))
    desk.client.busy = True

    follow_up.compare_days(desk)

    assert db.session.query(Comparison).all() == []


def test_each_order_of_a_round_is_looked_at_in_its_own_moment(run, desk, plan, monkeypatch):
    orders = place_orders(desk, plan, *(clock.now() - timedelta(hours=1, seconds=-n) for n in range(3)))
    started = clock.now()
    monkeypatch.setattr(clock, "now", lambda: started + timedelta(seconds=2) * len(desk.client.calls))
    desk.client.calls.clear()

    run("reconcile")

    assert started == orders[0].checked_at < orders[1].checked_at < orders[2].checked_at


def test_one_broken_subscription_does_not_keep_the_others_from_their_turn(run, desk, user, plan, long_ago):
    broken, sound = (subscribe(desk, user, plan, now=long_ago + timedelta(hours=n)) for n in range(2))
    broken.plan = Plan(**{**catalog.PLANS[0], "slug": "broken", "currency": "BTC"})
    db.session.commit()

    output = run("renew-due", "--threads", "1", exit_code=1)

    outcomes = {line["subscription"]: line["outcome"] for line in lines_of(output) if "subscription" in line}
    assert outcomes == {broken.id: "error", sound.id: "paid"}


@pytest.fixture
def compare(app, desk):
    """A function that runs `flask reconcile` about yesterday in Seoul, and returns its result."""
    yesterday = clock.now() - timedelta(days=1)
    desk.client.time = int(yesterday.timestamp())

    def compare(*words: str, day: str = str(clock.day_in_seoul(yesterday))):
        result = app.test_cli_runner().invoke(args=["reconcile", "--day", day, *words])
        db.session.rollback()
        db.session.expire_all()
        return result

    return compare


@pytest.fixture
def refunded(desk, user, plan, compare):
    """An order of yesterday that was refunded in the service's console, and whose webhook was lost."""
    order = subscribe(desk, user, plan, "jtnet", now=clock.now() - timedelta(days=1)).orders[0]
    desk.client.cancel_in_console(order.imp_uid)
    return order


def test_a_day_is_compared_and_repaired(compare, refunded):
    result = compare()

    lines = result.output.splitlines()
    assert lines[0] == f"refunded_there {refunded.merchant_uid} {refunded.imp_uid}: settle, repaired"
    assert lines[1].endswith(": 1 payments, 0 of other shops, 0 differences left")
    assert (result.exit_code, refunded.status) == (0, OrderStatus.CANCELLED)


def test_a_dry_run_repairs_nothing_and_says_that_differences_are_left(compare, refunded):
    result = compare("--dry-run")

    assert result.output.splitlines()[0].endswith(": settle, open")
    assert (result.exit_code, refunded.status) == (1, OrderStatus.PAID)


def test_a_silent_service_has_an_exit_code_of_its_own(compare, refunded, desk):
    desk.client.silent = True

    result = compare()

    assert result.exit_code == 3
    assert "Run the command again." in result.output


def test_a_day_that_another_process_compares_is_left_to_it(compare, refunded, desk):
    yesterday = clock.day_in_seoul(clock.now() - timedelta(days=1))
    other = replace(desk, process=Process())

    with claimed(other, comparison.begin(yesterday)):
        result = compare()
    other.process.leave()

    assert result.output == f"{yesterday}: another process compares this day.\n"
    assert (result.exit_code, refunded.status) == (0, OrderStatus.PAID)


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "20260131", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_or_has_not_ended_is_misuse(compare, day):
    assert compare(day=day).exit_code == 2


def test_today_has_not_ended(compare):
    assert compare(day=str(clock.day_in_seoul(clock.now()))).exit_code == 2


def test_a_dry_run_of_no_day_is_misuse(app):
    assert app.test_cli_runner().invoke(args=["reconcile", "--dry-run"]).exit_code == 2


def test_the_worker_compares_the_days_that_are_over(worker, desk, user, plan, long_ago):
    """Two days ago is over for the worker at any time of day; yesterday is so from 1:00."""
    desk.client.time = int((clock.now() - timedelta(days=2)).timestamp())
    order = subscribe(desk, user, plan, "jtnet", now=clock.now() - timedelta(days=2)).orders[0]
    desk.client.cancel_in_console(order.imp_uid)
    subscribe(desk, user, plan, now=long_ago)

    worker()

    assert order.status is OrderStatus.CANCELLED


@pytest.mark.parametrize("words", ["subscriptions.next_charge_at <=", "orders.look_at <=", "billing_keys.delete_at <="])
def test_a_database_that_fails_once_does_not_end_the_worker(worker, desk, user, plan, long_ago, words):
    due = subscribe(desk, user, plan, now=long_ago)

    output = worker(fails_once=words)

    charge = {"subscription": due.id, "merchant_uid": due.orders[0].merchant_uid, "outcome": "paid"}
    assert charge in [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("fails_once", ["", "notices.not_before <="])
def test_a_webhook_is_settled_while_a_charge_hangs(run, desk, worker, user, plan, long_ago, fails_once):
    subscribe(desk, user, plan, now=long_ago)
    order = place_order(desk, user, plan, now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    merchant_uid, read = order.merchant_uid, threading.Event()
    look_up = desk.client.payment

    def hang_until_the_webhook_is_read():
        webhooks.receive(merchant_uid=merchant_uid, imp_uid=imp_uid)
        assert read.wait(timeout=10)

    def announce(imp_uid):
        read.set()
        return look_up(imp_uid)

    desk.client.payment = announce
    worker(meanwhile=hang_until_the_webhook_is_read, fails_once=fails_once)

    assert order.outcome == "registered"


def test_a_notice_waits_unclaimed_while_no_call_would_be_sent(run, desk, worker, user, plan):
    order = place_order(desk, user, plan, now=clock.now())
    webhooks.receive(merchant_uid=order.merchant_uid, imp_uid="imp_1")
    desk.client.busy = True
    rounds = count(1)

    @event.listens_for(db.engine, "before_cursor_execute")
    def stop_in_the_second_round(_connection, _cursor, statement, *_others):
        if "notices.claimed_by !=" in statement and next(rounds) == 2:
            event.remove(db.engine, "before_cursor_execute", stop_in_the_second_round)
            signal.raise_signal(signal.SIGTERM)

    run("renew-due", "--forever", "--every", "0.01")

    (notice,) = db.session.query(Notice)
    assert (notice.attempts, notice.claimed_until) == (0, None)


def test_reconcile_settles_what_a_webhook_reported(run, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    webhooks.receive(merchant_uid=order.merchant_uid, imp_uid=imp_uid)

    run("reconcile")

    assert order.outcome == "registered"
    assert order.billing_key.confirmed_at is not None


@pytest.mark.parametrize("command", ["reconcile", "renew-due"])
def test_a_command_deletes_what_the_journal_has_kept_long_enough(app, run, desk, user, plan, command):
    app.config["JOURNAL_DAYS"] = 30
    old, recent = (subscribe(desk, user, plan, now=clock.now() - timedelta(days=days)) for days in (31, 29))
    pruned, kept = ({order.merchant_uid for order in one.orders} for one in (old, recent))

    run(command)

    left = {entry.merchant_uid for entry in db.session.query(JournalEntry)}
    assert (left & pruned, left & kept) == (set(), kept)


def test_the_worker_prunes_the_journal_when_it_starts(worker, desk, user, plan, long_ago):
    subscribe(desk, user, plan, now=long_ago)
    journal.record("order.created", at=clock.now() - timedelta(days=500))
    db.session.commit()

    worker(fails_once="FROM journal")  # the first look fails, and the next comes in a day
    assert db.session.query(JournalEntry).filter_by(merchant_uid=None).count() == 1

    subscribe(desk, user, plan, now=long_ago)
    worker()
    assert db.session.query(JournalEntry).filter_by(merchant_uid=None).count() == 0


def test_a_single_look_that_fails_says_so_to_the_scheduler(app, broken_once):
    broken_once("subscriptions.next_charge_at <=")

    assert app.test_cli_runner().invoke(args=["renew-due"]).exit_code == 1


@pytest.fixture
def worker(run, desk, broken_once):
    """`renew-due --forever`, stopped by the first charge it requests, which waits for `meanwhile` to return."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}

    def worker(*, fails_once: str = "", meanwhile: Callable[[], None] = lambda: None) -> str:
        def stop():
            meanwhile()
            signal.raise_signal(signal.SIGTERM)

        desk.client.before_charge = stop
        if fails_once:
            broken_once(fails_once)
        return run("renew-due", "--forever", "--every", "0.01")

    yield worker
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.fixture
def broken_once(app):
    """A function that makes the database raise "locked" on the first statement that contains a text."""

    def broken_once(words: str) -> None:
        @event.listens_for(db.engine, "before_cursor_execute")
        def fail(_connection, _cursor, statement, *_others):
            if words in statement:
                event.remove(db.engine, "before_cursor_execute", fail)
                raise OperationalError("database is locked")

    return broken_once
