"""A refund is made, however often the service stays silent, and requested no more often than needed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models import JournalEntry, OrderStatus, RefundStatus, db
from services import checkout, refunds, subscriptions
from services.checkout import Source
from services.iamport import Refused
from tests.factories import NOW, place_order, reconcile, renew, subscribe

WILL_NOT = Refused("결제취소에 실패하였습니다.(잔액부족)", code=-1)


@pytest.fixture
def order(desk, user, dollar_plan):
    return place_order(desk, user, dollar_plan, "paymentwall")


def pay(desk, order, **forged):
    return desk.client.pay(checkout.request(desk, order, language="ko"), **forged)


def arrive(desk, order, imp_uid, *, now=NOW):
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)


def each_minute(desk, *, hours):
    for minute in range(1, hours * 60 + 1):
        reconcile(desk, now=NOW + timedelta(minutes=minute))


def events(name):
    return db.session.query(JournalEntry).filter_by(event=name).count()


def test_a_second_payment_whose_cancel_got_no_answer_is_refunded_later(desk, order):
    first, second = pay(desk, order), pay(desk, order)
    arrive(desk, order, first)
    desk.client.silent_call = "cancel"
    arrive(desk, order, second)

    desk.client.silent_call = ""
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert order.status is OrderStatus.PAID
    assert [desk.client.payment(imp_uid).amount_left for imp_uid in (first, second)] == [order.price.to_major(), 0]


def test_a_process_that_dies_before_it_could_ask_leaves_the_refund_recorded(desk, order):
    first, second = pay(desk, order), pay(desk, order)
    arrive(desk, order, first)
    desk.client.raises["cancel"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        arrive(desk, order, second)
    db.session.rollback()

    desk.client.raises.clear()
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert [desk.client.payment(imp_uid).amount_left for imp_uid in (first, second)] == [order.price.to_major(), 0]


def test_an_order_that_was_paid_after_more_than_a_week_gets_its_money_back_too(desk, order):
    later = NOW + timedelta(days=8)
    desk.client.silent_call = "cancel"
    arrive(desk, order, pay(desk, order, amount=1), now=later)

    desk.client.silent_call = ""
    reconcile(desk, now=later + timedelta(minutes=3))

    assert order.refunded == 100


def test_what_a_pg_cancels_later_is_asked_for_once_and_then_waited_for(desk, order):
    desk.client.cancels_later = True
    arrive(desk, order, pay(desk, order, amount=1))

    each_minute(desk, hours=3)
    (refund,) = order.refunds
    assert (refund.status, desk.client.calls.count("cancel")) == (RefundStatus.ASKED, 1)
    assert (order.refunded, events("payment.cancelled"), events("payment.refund_asked")) == (0, 0, 1)

    desk.client.confirm_cancels()
    reconcile(desk, now=NOW + timedelta(hours=7))
    assert (refund.status, order.refunded, events("payment.cancelled")) == (RefundStatus.MADE, 100, 1)
    assert refunds.due(now=NOW + timedelta(days=9)) == []


def test_a_refund_in_silence_is_requested_with_a_growing_back_off_and_never_forgotten(desk, order):
    desk.client.silent_call = "cancel"
    arrive(desk, order, pay(desk, order, amount=1))

    each_minute(desk, hours=24)
    assert 8 <= desk.client.calls.count("cancel") <= 12

    desk.client.silent_call = ""
    reconcile(desk, now=NOW + timedelta(days=30))
    assert order.refunded == 100


def test_a_refund_that_is_refused_again_and_again_is_left_to_people(desk, order):
    desk.client.raises["cancel"] = WILL_NOT
    arrive(desk, order, pay(desk, order, amount=1))

    for day in range(1, 30):
        reconcile(desk, now=NOW + timedelta(days=day))

    (refund,) = refunds.for_staff()
    assert (refund.status, refund.refusal) == (RefundStatus.REFUSED, "결제취소에 실패하였습니다.(잔액부족)")
    assert desk.client.calls.count("cancel") == events("payment.refund_refused") == refunds.MAX_REFUSALS


def test_what_people_cancel_in_the_console_is_known_as_refunded(desk, order):
    imp_uid = pay(desk, order, amount=1)
    desk.client.raises["cancel"] = WILL_NOT
    arrive(desk, order, imp_uid)
    for day in range(1, 30):
        reconcile(desk, now=NOW + timedelta(days=day))

    desk.client.cancel_in_console(imp_uid)
    arrive(desk, order, imp_uid)

    assert (order.refunded, refunds.for_staff()) == (100, [])


def test_the_refusal_of_a_refund_that_another_source_made_does_not_count(desk, order):
    imp_uid = pay(desk, order, amount=1)
    desk.client.lose_answer = True
    arrive(desk, order, imp_uid)
    record = desk.client.payment(imp_uid)

    refunds.request(desk, order.refunds[0], record, now=NOW)
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert (order.refunds[0].status, order.refunded) == (RefundStatus.MADE, 100)


def test_a_refund_is_made_within_minutes_though_its_pg_may_be_slow_with_the_key(desk, order):
    subscriptions.cancel(desk, subscription=order.subscription, now=NOW)
    imp_uid = pay(desk, order)
    desk.client.silent_call = "cancel"
    arrive(desk, order, imp_uid)
    assert (order.mismatch, desk.client.keys) == ("invoice", {})

    desk.client.silent_call = ""
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_second_approval_of_a_rejected_order_is_no_slow_key(desk, order):
    arrive(desk, order, pay(desk, order, amount=1))
    second = pay(desk, order)
    desk.client.keys.clear()

    arrive(desk, order, second)

    assert desk.client.payment(second).amount_left == 0


def test_a_charge_that_has_to_go_back_pays_for_nothing_although_the_shop_takes_test_payments_by_then(desk, user, plan):
    trying = replace(desk, takes_test_payments=True)
    desk.client.test_channels = {"html5_inicis.INIBillTst"}
    subscription = subscribe(trying, user, plan)
    desk.client.silent_call = "cancel"
    paid_until = subscription.paid_until
    order = renew(replace(desk, takes_test_payments=False), subscription, now=paid_until)

    arrive(trying, order, order.imp_uid, now=paid_until)

    assert (order.mismatch, subscription.paid_until) == ("test_channel", paid_until)


def test_two_workers_with_one_list_ask_once(desk, order):
    desk.client.silent_call = "cancel"
    arrive(desk, order, pay(desk, order, amount=1))
    later = NOW + timedelta(minutes=3)
    (refund_id,) = refunds.due(now=later)

    for _ in range(2):
        refunds.process(desk, refund_id=refund_id, now=later)

    assert desk.client.calls.count("cancel") == 2  # one from the callback, and one from both workers together


def test_a_round_takes_the_longest_waiting_and_ends(desk, user, dollar_plan):
    desk.client.silent_call = "cancel"
    orders = [place_order(desk, user, dollar_plan, "paymentwall") for _ in range(3)]
    for seconds, order in enumerate(orders):
        arrive(desk, order, pay(desk, order, amount=1), now=NOW + timedelta(seconds=seconds))

    taken = refunds.due(now=NOW + timedelta(minutes=5), limit=2)

    assert taken == [order.refunds[0].id for order in orders[:2]]
