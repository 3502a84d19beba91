"""A refund is made, however often the service stays silent, and requested no more often than needed.

The first part tests refunds of surplus payments, the second part refunds by staff.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from errors import OutOfDate
from models import JournalEntry, db
from money import Money
from services import checkout, payments, refunds, reversals, subscriptions
from services.checkout import Source
from services.iamport import Busy, Refused
from services.locks import lock
from states import InvoiceStatus, OrderStatus, RefundEffect, RefundStatus, SubscriptionStatus
from tests.factories import NOW, move_machine_clock, place_order, reconcile, renew, subscribe

WILL_NOT = Refused("결제취소에 실패하였습니다.(잔액부족)", code=-1)


@pytest.fixture
def order(desk, user, dollar_plan):
    return place_order(desk, user, dollar_plan, "paymentwall")


def pay(desk, order, **forged):
    return desk.client.pay(checkout.request(desk, order, language="ko"), **forged)


def arrive(desk, order, imp_uid, *, now=NOW):
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)


def each_minute(desk, *, hours):
    each_minute_from(desk, NOW + timedelta(minutes=1), minutes=hours * 60)


def each_minute_from(desk, start, *, minutes):
    for minute in range(minutes):
        reconcile(desk, now=start + timedelta(minutes=minute))


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


def test_a_second_payment_of_which_staff_refunded_a_part_in_the_console_is_refunded_in_full(desk, order):
    first, second = pay(desk, order), pay(desk, order)
    arrive(desk, order, first)
    desk.client.cancel_in_console(second, Decimal(1))

    arrive(desk, order, second)

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
    assert refunds.due(desk, now=NOW + timedelta(days=9)) == []


def test_a_refund_in_silence_is_requested_with_a_growing_back_off_and_never_forgotten(desk, order):
    desk.client.silent_call = "cancel"
    arrive(desk, order, pay(desk, order, amount=1))

    each_minute(desk, hours=2)
    assert 6 <= desk.client.calls.count("cancel") <= 8
    each_minute(desk, hours=24)
    assert 28 <= desk.client.calls.count("cancel") <= 40

    desk.client.silent_call = ""
    reconcile(desk, now=NOW + timedelta(days=30))
    assert order.refunded == 100


@pytest.mark.parametrize("silent_call", ["cancel", "payment"])
def test_a_refund_is_made_within_an_hour_after_a_long_outage(desk, order, silent_call):
    imp_uid = pay(desk, order, amount=1)
    desk.client.silent_call = "cancel"
    arrive(desk, order, imp_uid)
    desk.client.silent_call = silent_call
    for hour in range(0, 24 * 10, 4):
        reconcile(desk, now=NOW + timedelta(hours=hour))

    desk.client.silent_call = ""
    returns_at = NOW + timedelta(days=10)
    each_minute_from(desk, returns_at, minutes=61)

    (refund,) = order.refunds
    assert refund.status is RefundStatus.MADE
    assert refund.made_at <= returns_at + timedelta(hours=1)


def test_an_outage_does_not_change_the_pace_at_which_an_accepted_refund_is_read(desk, order):
    desk.client.cancels_later = True
    imp_uid = pay(desk, order, amount=1)
    arrive(desk, order, imp_uid)
    desk.client.silent = True
    for hour in range(0, 24, 2):
        reconcile(desk, now=NOW + timedelta(hours=hour))
    desk.client.silent = False
    desk.client.confirm_cancels()

    each_minute_from(desk, NOW + timedelta(days=1), minutes=61)

    assert order.refunds[0].status is RefundStatus.MADE


def test_refunds_that_failed_together_are_not_repeated_together(desk, user, dollar_plan):
    desk.client.silent_call = "cancel"
    orders = [place_order(desk, user, dollar_plan, "paymentwall") for _ in range(4)]
    for order in orders:
        arrive(desk, order, pay(desk, order, amount=1))
    for minute in (2, 4, 8, 16):
        reconcile(desk, now=NOW + timedelta(minutes=minute))

    assert len({order.refunds[0].look_not_before for order in orders}) > 1


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


@pytest.mark.parametrize("error", [Refused("Too Many Requests", status=429), Refused("no", status=403), Busy("full")])
def test_a_refund_that_never_reached_the_service_is_not_refused(desk, order, error):
    desk.client.raises["cancel"] = error
    arrive(desk, order, pay(desk, order, amount=1))
    (refund,) = order.refunds

    assert (refund.status, refund.refusals) == (RefundStatus.DECIDED, 0)
    assert (events("payment.refund_refused"), events("payment.refund_unknown")) == (0, 0)
    desk.client.raises.clear()
    reconcile(desk, now=NOW + timedelta(minutes=3))
    assert refund.status is RefundStatus.MADE


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
    move_machine_clock(desk, later)
    (refund_id,) = refunds.due(desk, now=later)

    for _ in range(2):
        refunds.process(desk, refund_id=refund_id, now=later)

    assert desk.client.calls.count("cancel") == 2  # one from the callback, and one from both workers together


def test_a_refund_for_which_another_process_asks_during_the_read_is_waited_for(desk, order, monkeypatch):
    desk.client.silent_call, read = "cancel", desk.client.payment
    arrive(desk, order, pay(desk, order, amount=1))
    (refund,), later = order.refunds, NOW + timedelta(minutes=3)
    move_machine_clock(desk, later)

    def read_while_another_asks(imp_uid):
        refund.mark_asked(at=later)
        db.session.commit()
        return read(imp_uid)

    monkeypatch.setattr(desk.client, "payment", read_while_another_asks)
    refunds.process(desk, refund_id=refund.id, now=later)

    assert (refund.status, desk.client.calls.count("cancel")) == (RefundStatus.ASKED, 1)
    assert refunds.due(desk, now=later) == []


def test_a_round_takes_the_longest_waiting_and_ends(desk, user, dollar_plan):
    desk.client.silent_call = "cancel"
    orders = [place_order(desk, user, dollar_plan, "paymentwall") for _ in range(3)]
    for seconds, order in enumerate(orders):
        arrive(desk, order, pay(desk, order, amount=1), now=NOW + timedelta(seconds=seconds))

    move_machine_clock(desk, NOW + timedelta(minutes=5))
    taken = refunds.due(desk, now=NOW + timedelta(minutes=5), limit=2)

    assert taken == [order.refunds[0].id for order in orders[:2]]


# Refunds by staff -----------------------------------------------------------------------------------------


@pytest.fixture
def paid(desk, user, plan):
    """The order that pays the current period."""
    return subscribe(desk, user, plan).orders[0]


def by_staff(desk, order, won=19900, *, effect=RefundEffect.KEEP, payment=None, now=NOW):
    payment = payment or desk.client.payment(order.imp_uid)
    lock(order.subscription)
    refund = refunds.decide_for_staff(
        desk, order, payment, amount=Money(won, "KRW"), reason="The buyer asked", effect=effect, now=now
    )
    db.session.commit()
    refunds.request(desk, refund, payment, now=now)
    return refund


def left(desk, order):
    return desk.client.payment(order.imp_uid).amount_left


def test_staff_refund_a_part_and_then_another(desk, paid):
    made = [by_staff(desk, paid, won) for won in (1000, 2500)]

    assert [refund.status for refund in made] == [RefundStatus.MADE] * 2
    assert (paid.status, paid.refunded, left(desk, paid)) == (OrderStatus.PAID, 3500, 16400)
    assert (reversals.open_cases(), paid.subscription.status) == ([], SubscriptionStatus.ACTIVE)
    assert events("payment.partly_cancelled") == 2


@pytest.mark.parametrize(
    ("effect", "status"),
    [
        (RefundEffect.KEEP, SubscriptionStatus.ACTIVE),
        (RefundEffect.SUSPEND, SubscriptionStatus.SUSPENDED),
        (RefundEffect.PERIOD_END, SubscriptionStatus.CANCELLED),
        (RefundEffect.END, SubscriptionStatus.CANCELLED),
    ],
)
def test_staff_choose_what_a_full_refund_does_to_the_subscription(desk, paid, effect, status):
    subscription, later = paid.subscription, NOW + timedelta(days=3)
    before = subscription.paid_until

    by_staff(desk, paid, effect=effect, now=later)

    assert (paid.status, paid.invoice.status) == (OrderStatus.CANCELLED, InvoiceStatus.REFUNDED)
    assert (subscription.status, reversals.open_cases()) == (status, [])
    assert subscription.paid_until == (later if effect is RefundEffect.END else before)
    assert subscription.billing_key.is_usable is (status is not SubscriptionStatus.CANCELLED)


@pytest.mark.parametrize(
    ("effect", "is_cut"), [(RefundEffect.PERIOD_END, False), (RefundEffect.END, True)], ids=["period end", "now"]
)
@pytest.mark.parametrize("is_suspended", [False, True])
def test_staff_choose_when_access_ends(desk, paid, effect, is_cut, is_suspended):
    subscription, until, later = paid.subscription, paid.subscription.paid_until, NOW + timedelta(days=1)
    if is_suspended:
        subscription.suspend()
        db.session.commit()

    by_staff(desk, paid, 1000, effect=effect, now=later)

    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.CANCELLED, None)
    assert subscription.paid_until == (later if is_cut else until)
    assert subscription.billing_key.is_usable is False


def test_a_refund_by_staff_makes_no_order_surplus(desk, paid):
    by_staff(desk, paid, 1000)

    payments.settle(desk, merchant_uid=paid.merchant_uid, now=NOW, imp_uid=paid.imp_uid)

    assert not refunds.is_decided(paid, desk.client.payment(paid.imp_uid))
    assert (paid.outcome, left(desk, paid), desk.client.calls.count("cancel")) == ("paid", 18900, 1)


def test_a_part_whose_answer_was_lost_is_recognised_and_not_repeated(desk, paid):
    desk.client.lose_answer = True
    refund = by_staff(desk, paid, 1000, effect=RefundEffect.SUSPEND)
    assert (refund.status, paid.subscription.status) == (RefundStatus.DECIDED, SubscriptionStatus.ACTIVE)

    each_minute(desk, hours=3)

    assert (refund.status, paid.refunded) == (RefundStatus.MADE, 1000)
    assert (left(desk, paid), desk.client.calls.count("cancel")) == (18900, 1)
    assert (paid.subscription.status, reversals.open_cases()) == (SubscriptionStatus.SUSPENDED, [])


def test_a_part_that_was_never_requested_is_requested_later(desk, paid):
    desk.client.silent_call = "cancel"
    refund = by_staff(desk, paid, 1000)

    desk.client.silent_call = ""
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert (refund.status, left(desk, paid), desk.client.calls.count("cancel")) == (RefundStatus.MADE, 18900, 2)


def test_a_repeat_that_crosses_the_lost_request_is_refused_and_refunds_once(desk, paid):
    desk.client.silent_call = "cancel"
    refund = by_staff(desk, paid, 1000)
    read_before = desk.client.payment(paid.imp_uid)
    desk.client.cancel_in_console(paid.imp_uid, Decimal(1000))  # the lost request arrives at last

    desk.client.silent_call = ""
    refunds.request(desk, refund, read_before, now=NOW)
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert (refund.status, refund.refusals, left(desk, paid)) == (RefundStatus.MADE, 1, 18900)


def test_a_lost_part_at_a_pg_that_cancels_later_is_never_repeated(desk, user, dollar_plan):
    order = subscribe(desk, user, dollar_plan, "paymentwall").orders[0]
    payment = desk.client.payment(order.imp_uid)
    desk.client.silent_call = "cancel"
    lock(order.subscription)
    amount, effect = Money(500, "USD"), RefundEffect.KEEP
    refund = refunds.decide_for_staff(desk, order, payment, amount=amount, reason="Half", effect=effect, now=NOW)
    refunds.request(desk, refund, payment, now=NOW)

    desk.client.silent_call = ""
    each_minute(desk, hours=24)
    assert (refund.status, desk.client.calls.count("cancel")) == (RefundStatus.ASKED, 1)

    reconcile(desk, now=NOW + timedelta(days=8))
    assert (refund.status, list(refunds.for_staff())) == (RefundStatus.REFUSED, [refund])

    desk.client.cancel_in_console(order.imp_uid, Decimal(5))  # the PG made it after all
    payments.settle(desk, merchant_uid=order.merchant_uid, now=NOW + timedelta(days=9))
    assert (refund.status, order.refunded, reversals.open_cases()) == (RefundStatus.MADE, 500, [])


def test_a_pg_that_cancels_later_ends_the_subscription_when_it_accepts(desk, paid):
    desk.client.cancels_later = True
    refund = by_staff(desk, paid, effect=RefundEffect.SUSPEND)
    assert (refund.status, paid.status) == (RefundStatus.ASKED, OrderStatus.PAID)
    assert paid.subscription.status is SubscriptionStatus.SUSPENDED
    paid.subscription.resume(at=NOW)
    db.session.commit()

    desk.client.confirm_cancels()
    reconcile(desk, now=NOW + timedelta(hours=1))

    assert (refund.status, paid.invoice.status) == (RefundStatus.MADE, InvoiceStatus.REFUNDED)
    assert paid.subscription.status is SubscriptionStatus.ACTIVE  # the choice is applied once


def test_a_refund_that_the_service_refuses_changes_nothing(desk, paid):
    desk.client.raises["cancel"] = WILL_NOT

    refund = by_staff(desk, paid, effect=RefundEffect.END)
    for day in range(1, 30):
        reconcile(desk, now=NOW + timedelta(days=day))

    assert (refund.status, refund.refusal) == (RefundStatus.REFUSED, WILL_NOT.message)
    assert (paid.status, paid.subscription.status) == (OrderStatus.PAID, SubscriptionStatus.ACTIVE)


def test_a_console_refund_beside_ours_is_a_case_with_its_own_amount(desk, paid):
    by_staff(desk, paid, 1000)

    desk.client.cancel_in_console(paid.imp_uid, Decimal(2500))
    payments.settle(desk, merchant_uid=paid.merchant_uid, now=NOW)

    (case,) = reversals.open_cases()
    assert (case.amount, paid.refunded) == (2500, 3500)


def test_the_rest_that_the_console_refunded_suspends(desk, paid):
    by_staff(desk, paid, 1000)

    desk.client.cancel_in_console(paid.imp_uid)
    payments.settle(desk, merchant_uid=paid.merchant_uid, now=NOW)

    (case,) = reversals.open_cases()
    assert (case.amount, paid.subscription.status) == (18900, SubscriptionStatus.SUSPENDED)


@pytest.mark.parametrize("won", [0, -1, 19901])
def test_staff_refund_no_more_than_is_left(desk, paid, won):
    with pytest.raises(OutOfDate):
        by_staff(desk, paid, won)


def test_a_refund_larger_than_what_is_left_by_now_is_given_up_before_it_is_requested_again(desk, paid):
    desk.client.silent_call = "cancel"
    refund = by_staff(desk, paid, 10_000, effect=RefundEffect.SUSPEND)
    desk.client.cancel_in_console(paid.imp_uid, Decimal(9_950))
    desk.client.silent_call = ""

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert (refund.status, refund.exceeds_rest, refund.refusals) == (RefundStatus.REFUSED, True, 0)
    assert (list(refunds.for_staff()), events("refund.given_up")) == ([refund], 1)
    assert (desk.client.calls.count("cancel"), paid.subscription.status) == (1, SubscriptionStatus.ACTIVE)

    by_staff(desk, paid, 9_950, now=NOW + timedelta(minutes=4))
    assert (left(desk, paid), list(refunds.for_staff())) == (0, [])


def test_a_refund_that_crosses_one_in_the_console_is_refused_only_once(desk, paid):
    read_before = desk.client.payment(paid.imp_uid)
    desk.client.cancel_in_console(paid.imp_uid, Decimal(9_950))
    refund = by_staff(desk, paid, 10_000, payment=read_before)

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert (refund.status, refund.refusals, desk.client.calls.count("cancel")) == (RefundStatus.REFUSED, 1, 1)


def test_a_second_refund_waits_for_the_end_of_the_first(desk, paid):
    desk.client.silent_call = "cancel"
    by_staff(desk, paid, 1000)

    with pytest.raises(OutOfDate):
        by_staff(desk, paid, 1000)


def test_a_record_that_was_read_before_the_first_refund_allows_no_second(desk, paid):
    stale = desk.client.payment(paid.imp_uid)
    by_staff(desk, paid, 1000)

    with pytest.raises(OutOfDate):
        by_staff(desk, paid, 1000, payment=stale)


def test_what_is_not_paid_is_not_refunded_by_staff(desk, order):
    imp_uid = pay(desk, order, amount=1)
    arrive(desk, order, imp_uid)

    with pytest.raises(OutOfDate):
        by_staff(desk, order, payment=desk.client.payment(imp_uid))


def test_what_the_card_company_took_back_is_not_refunded_too(desk, paid):
    lock(paid.subscription)
    reversals.record_chargeback(paid, now=NOW)
    db.session.commit()

    with pytest.raises(OutOfDate):
        by_staff(desk, paid, 1000)
    assert "cancel" not in desk.client.calls
