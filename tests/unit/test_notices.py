"""Notices wait in the database until the worker has read them: none is lost, and none makes the shop ask too often."""

from datetime import timedelta

import pytest

from models import JournalEntry, Notice, db
from services import checkout, notices, webhooks
from services.checkout import Source
from services.notices import LONGEST_PAUSE, MOST_WAITING, TURN_EVERY, TURNS_AT_ONCE
from services.payments import Lookup
from services.processes import Process
from states import KeyStatus, OrderStatus
from tests.factories import NOW, place_order, subscribe

LEASE = timedelta(minutes=5)


@pytest.fixture
def order(desk, user, plan):
    return place_order(desk, user, plan)


def pay(desk, order, **more):
    return desk.client.pay(checkout.request(desk, order, language="ko"), **more)


def report(order, imp_uid, *, by_webhook=True):
    notices.store(order.id, imp_uid, by_webhook=by_webhook)
    db.session.commit()


def work(desk, *, at):
    """Settle what is due at this moment of machine time, as one round of the worker does."""
    found = notices.due(now=at)
    lookups = [webhooks.process(desk, notice_id=notice_id, now=NOW, machine_now=at) for notice_id in found]
    db.session.expire_all()
    return lookups


def waiting():
    return [notice.imp_uid for notice in db.session.query(Notice).order_by(Notice.id)]


def count_of(event):
    return db.session.query(JournalEntry).filter_by(event=event).count()


@pytest.mark.parametrize(
    ("imp_uids", "is_paid"),
    [(["imp_forged"] * 2000, True), ([f"imp_{n}" for n in range(2000)], False)],
    ids=["one id, paid order", "2000 ids, open order"],
)
def test_two_thousand_forged_notices_cost_four_reads_in_a_minute_and_two_in_the_next(desk, order, imp_uids, is_paid):
    if is_paid:
        pay(desk, order)
        checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=None, now=NOW)
    desk.client.calls.clear()
    batches = [imp_uids[n::120] for n in range(120)]
    reads, calls = [], []

    for minute in range(2):
        for second in range(60):
            at = NOW + timedelta(minutes=minute, seconds=second)
            for imp_uid in batches[minute * 60 + second]:
                report(order, imp_uid)
            reads += [minute] * len(work(desk, at=at))
        calls.append(len(desk.client.calls))

    assert [reads.count(minute) for minute in range(2)] == [4, 2]
    assert calls[0] <= 3 * 4
    assert count_of("webhook.received") == 6
    assert len(waiting()) <= MOST_WAITING + 1


def test_what_comes_after_many_forgeries_is_read_in_its_turn(desk, order):
    for n in range(200):
        report(order, f"imp_forged_{n}")
    imp_uid = pay(desk, order)
    report(order, imp_uid)
    at = NOW

    for _turn in range(MOST_WAITING + 1):
        for n in range(50):
            report(order, f"imp_more_{n}")
        work(desk, at=at)
        at += TURN_EVERY

    assert (order.status, order.imp_uid) == (OrderStatus.PAID, imp_uid)


def test_a_second_payment_reported_among_forgeries_is_refunded(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    first, surplus = pay(desk, order), pay(desk, order)
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=first, now=NOW)

    report(order, surplus)
    for n in range(200):
        report(order, f"imp_forged_{n}")
    work(desk, at=NOW)

    assert [desk.client.payment(imp_uid).amount_left > 0 for imp_uid in (first, surplus)] == [True, False]


def test_news_during_the_cool_down_waits_and_is_read_after_it(desk, order):
    for _ in range(TURNS_AT_ONCE):
        report(order, "imp_forged")
        work(desk, at=NOW)
    imp_uid = pay(desk, order)
    report(order, imp_uid)

    work(desk, at=NOW + TURN_EVERY - timedelta(seconds=1))
    assert (order.outcome, waiting()) == ("checking", [imp_uid])

    work(desk, at=NOW + TURN_EVERY)
    assert (order.outcome, waiting()) == ("registered", [])


def test_the_cool_down_of_one_order_does_not_hold_up_another(desk, user, plan, order):
    other = place_order(desk, user, plan)
    for n in range(TURNS_AT_ONCE):
        report(order, f"imp_forged_{n}")
        work(desk, at=NOW)
    imp_uid = pay(desk, other)

    report(order, "imp_forged")
    report(other, imp_uid)
    work(desk, at=NOW)

    assert other.outcome == "registered"


def test_what_is_reported_twice_waits_once(desk, order):
    for imp_uid in ("imp_1", "imp_1", "imp_2", None, "", "x" * 33):
        report(order, imp_uid)

    assert waiting() == ["imp_1", "imp_2", ""]


def test_a_report_that_comes_during_the_read_is_read_again(desk, order):
    report(order, "imp_1")
    (notice_id,) = notices.due(now=NOW)
    turn = notices.take(notice_id, now=NOW, until=NOW + LEASE, owner="another")

    report(order, "imp_1")
    notices.finish(turn, now=NOW)

    assert waiting() == ["imp_1"]
    assert work(desk, at=NOW) == [Lookup.UNFINISHED]
    assert waiting() == []


def test_a_notice_is_read_by_one_worker(desk, order):
    report(order, "imp_1")
    (notice_id,) = notices.due(now=NOW)

    assert notices.take(notice_id, now=NOW, until=NOW + LEASE, owner="another") is not None
    assert notices.take(notice_id, now=NOW, until=NOW + LEASE, owner="another") is None
    assert webhooks.process(desk, notice_id=notice_id, now=NOW, machine_now=NOW) is None
    assert notices.due(now=NOW) == []


def test_a_notice_whose_worker_died_is_read_when_the_lease_has_ended(desk, order):
    imp_uid = pay(desk, order)
    report(order, imp_uid)
    (notice_id,) = notices.due(now=NOW)
    dead = notices.take(notice_id, now=NOW, until=NOW + LEASE, owner="another")

    assert work(desk, at=NOW + LEASE) == []
    assert work(desk, at=NOW + LEASE + timedelta(seconds=1)) == [Lookup.FINISHED]
    notices.postpone(dead, now=NOW)  # it was only slow: its claim is no longer its own

    assert (order.outcome, waiting()) == ("registered", [])


def test_a_notice_of_a_process_that_has_ended_is_read_before_its_lease_ends(desk, order):
    imp_uid = pay(desk, order)
    report(order, imp_uid)
    (notice_id,) = notices.due(now=NOW)
    other = Process()
    notices.take(notice_id, now=NOW, until=NOW + LEASE, owner=other.name(now=NOW))

    notices.free(desk.process, now=NOW)
    assert work(desk, at=NOW) == []

    other.leave()
    notices.free(desk.process, now=NOW)
    assert work(desk, at=NOW) == [Lookup.FINISHED]
    assert (order.outcome, waiting()) == ("registered", [])


def test_a_process_keeps_its_own_claims(desk, order):
    report(order, "imp_1")
    (notice_id,) = notices.due(now=NOW)
    notices.take(notice_id, now=NOW, until=NOW + LEASE, owner=desk.process.name(now=NOW))

    notices.free(desk.process, now=NOW)

    assert notices.due(now=NOW) == []


def test_a_read_without_an_answer_is_repeated_after_growing_pauses(desk, order):
    report(order, pay(desk, order))
    desk.client.silent = True
    at, tried = NOW, []

    while at < NOW + timedelta(hours=1):
        tried += [(at - NOW).seconds] * len(work(desk, at=at))
        at += timedelta(seconds=5)
    desk.client.silent = False
    work(desk, at=at + LONGEST_PAUSE)

    assert tried[:5] == [0, 10, 30, 70, 150]
    assert len(tried) <= 11
    assert (order.outcome, waiting()) == ("registered", [])
    assert count_of("webhook.received") == 1


def test_a_new_report_shortens_the_pause_after_a_silence(desk, order):
    imp_uid = pay(desk, order)
    report(order, imp_uid)
    desk.client.silent = True
    for hour in range(3):
        work(desk, at=NOW + timedelta(hours=hour))
    desk.client.silent = False

    report(order, imp_uid)
    work(desk, at=NOW + timedelta(hours=2, seconds=1))

    assert order.outcome == "registered"


def test_what_a_buyer_reported_in_silence_does_not_confirm_the_key(desk, order):
    imp_uid = pay(desk, order)
    desk.client.silent = True
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    desk.client.silent = False

    work(desk, at=NOW)
    assert (order.billing_key.status, order.billing_key.confirmed_at) == (KeyStatus.ACTIVE, None)
    assert count_of("webhook.received") == 0

    report(order, imp_uid)
    work(desk, at=NOW)
    assert order.billing_key.confirmed_at == NOW


def test_a_webhook_joins_what_a_buyer_has_reported(desk, order):
    imp_uid = pay(desk, order)
    report(order, imp_uid, by_webhook=False)

    report(order, imp_uid)
    work(desk, at=NOW)

    assert waiting() == []
    assert order.billing_key.confirmed_at == NOW


def test_a_notice_leaves_the_charge_to_the_renewals(desk, order):
    report(order, pay(desk, order))

    work(desk, at=NOW)

    assert order.outcome == "registered"
    assert desk.client.charges == []


def test_a_refund_in_the_services_console_is_known_by_its_notice(desk, user, plan):
    paid = subscribe(desk, user, plan).orders[0]
    desk.client.cancel_in_console(paid.imp_uid)

    report(paid, paid.imp_uid)
    work(desk, at=NOW + timedelta(days=1))

    assert (paid.outcome, paid.refunded) == ("cancelled", 19900)
