"""The comparison of a day with the service's lists: every difference is found, named and repaired, and only once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clock import bounds
from models import Comparison, Difference, ListedPayment, db
from money import Money
from services import checkout, comparison, days, reversals, takings
from services.checkout import Source
from services.differences import left_of
from services.iamport import Refused, Unknown
from states import ComparisonStep, DifferenceKind, InvoiceStatus, OrderStatus, Repair, SubscriptionStatus
from tests.factories import NOW, move_machine_clock, place_order, renew, subscribe, try_again

DAY = date(2026, 1, 31)
"""The day of `NOW` in Seoul."""
NEXT = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def service_time(payments):
    """The service writes times into its records, and a test moves them."""
    payments.time = int(NOW.timestamp())


def move(desk, when):
    desk.client.time = int(when.timestamp())


def run(desk, day=DAY, *, now=NEXT, **more):
    move_machine_clock(desk, now)
    return comparison.run(desk, day, moment=lambda: now, **more)


def found(comparison):
    return [(d.kind.value, d.rule.value, d.imp_uid, d.repaired_at is not None) for d in comparison.differences]


def pay(desk, order, **forged):
    return desk.client.pay(checkout.request(desk, order, language="ko"), **forged)


def arrive(desk, order, imp_uid, *, now=NOW):
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)


# News that never came -------------------------------------------------------------------------------------


def test_a_day_on_which_both_agree_has_no_difference(desk, user, plan):
    subscribe(desk, user, plan, "jtnet")
    subscribe(desk, user, plan, "inicis")
    declined = place_order(desk, user, plan)
    arrive(desk, declined, pay(desk, declined, card="declined"))

    compared = run(desk)

    assert (compared.step, compared.finished_at, found(compared)) == (ComparisonStep.DONE, NEXT, [])
    assert (compared.listed, compared.foreign) == (4, 0)
    assert compared.totals == {"KRW": {"collected": 2 * 19900, "refunded": 0}}
    assert db.session.query(ListedPayment).count() == 0


def test_a_refund_in_the_console_is_found_although_its_webhook_was_lost(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    desk.client.cancel_in_console(order.imp_uid)

    compared = run(desk)

    assert found(compared) == [("refunded_there", "settle", order.imp_uid, True)]
    assert (order.status, order.refunded) == (OrderStatus.CANCELLED, 19900)
    assert compared.totals["KRW"] == {"collected": 19900, "refunded": 19900}


def test_a_partial_refund_in_the_console_is_found(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    desk.client.cancel_in_console(order.imp_uid, Decimal(900))

    compared = run(desk)

    assert found(compared) == [("refunded_there", "settle", order.imp_uid, True)]
    assert (order.status, order.refunded) == (OrderStatus.PAID, 900)
    assert compared.totals["KRW"] == {"collected": 19900, "refunded": 900}


@pytest.mark.parametrize("guide", ["jtnet", "inicis"])
def test_a_late_approval_of_a_window_is_found_although_its_webhook_was_lost(desk, user, plan, guide):
    order = place_order(desk, user, plan, guide)
    arrive(desk, order, pay(desk, order, card="declined"))
    imp_uid = pay(desk, order)

    compared = run(desk)

    assert found(compared) == [("paid_there", "settle", imp_uid, True)]
    assert order.status is OrderStatus.PAID


def test_a_late_approval_of_a_period_that_was_paid_with_another_card_is_refunded(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    renewal_day = subscription.paid_until
    move(desk, renewal_day)
    declined = renew(desk, subscription, now=renewal_day)
    other = try_again(desk, subscription, "jtnet", now=renewal_day)
    arrive(desk, other, pay(desk, other), now=renewal_day)
    desk.client.approve_late(declined.imp_uid)

    compared = run(desk, renewal_day.date(), now=renewal_day + timedelta(days=1))

    assert found(compared) == [("paid_there", "settle", declined.imp_uid, True)]
    assert desk.client.payment(declined.imp_uid).amount_left == 0
    assert [i.status for i in subscription.invoices] == [InvoiceStatus.PAID] * 2


def test_a_failure_whose_webhook_does_not_exist_is_found(desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = pay(desk, order, card="declined")

    compared = run(desk)

    assert found(compared) == [("failed_there", "settle", imp_uid, True)]
    assert order.status is OrderStatus.FAILED


def test_a_payment_refunded_on_a_later_day_is_found_from_both_days(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    move(desk, NOW + timedelta(days=3))
    desk.client.cancel_in_console(order.imp_uid)
    later = NOW + timedelta(days=4)

    first = run(desk, now=later, only_report=True)
    last = run(desk, DAY + timedelta(days=3), now=later)

    assert found(first) == found(last) == [("refunded_there", "settle", order.imp_uid, True)]
    assert first.totals == {"KRW": {"collected": 19900, "refunded": 0}}
    assert last.totals == {"KRW": {"collected": 0, "refunded": 19900}}
    assert order.status is OrderStatus.CANCELLED


def test_a_payment_that_the_service_does_not_have_is_left_to_staff(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    desk.client.payments.clear()

    compared = run(desk)

    assert found(compared) == [("paid_here", "staff", order.imp_uid, False)]
    (difference,) = left_of(compared)
    assert (difference.ours, difference.theirs) == (19900, None)
    assert order.status is OrderStatus.PAID


# Payments that are not what we ordered --------------------------------------------------------------------


def test_an_amount_that_differs_is_refunded(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = pay(desk, order, amount=1)

    compared = run(desk)

    assert found(compared) == [("amount", "settle", imp_uid, True)]
    assert order.mismatch == "amount"
    assert desk.client.payment(imp_uid).amount_left == 0


def test_an_amount_that_differs_from_a_paid_order_is_left_to_staff(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    order.amount = 100
    db.session.commit()

    compared = run(desk)

    assert found(compared) == [("amount", "staff", order.imp_uid, False)]
    assert (compared.differences[0].ours, compared.differences[0].theirs) == (100, 19900)


def test_a_second_payment_of_a_paid_order_is_refunded(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    second = pay(desk, order)

    compared = run(desk)

    assert found(compared) == [("surplus", "settle", second, True)]
    assert desk.client.payment(second).amount_left == 0
    assert order.status is OrderStatus.PAID


def test_an_unknown_id_of_our_form_is_listed_and_left_to_staff(desk, user, plan):
    subscribe(desk, user, plan, "jtnet")
    imp_uid = desk.client.pay({"merchant_uid": "inv_0123456789abcdef0123-1", "customer_uid": "cu", "amount": 500})

    compared = run(desk)

    assert found(compared) == [("unknown", "staff", imp_uid, False)]
    assert (compared.differences[0].ours, compared.differences[0].theirs) == (None, 500)


@pytest.mark.parametrize("merchant_uid", ["bakery-1", "order_1", "inv_0123456789abcdef0123", "주문"])
def test_an_id_of_another_shop_is_counted_and_not_listed(desk, user, plan, merchant_uid):
    subscribe(desk, user, plan, "jtnet")
    desk.client.pay({"merchant_uid": merchant_uid, "customer_uid": "cu", "amount": 500})

    compared = run(desk)

    assert (compared.foreign, compared.listed, found(compared)) == (1, 1, [])
    assert compared.totals == {"KRW": {"collected": 19900, "refunded": 0}}


@pytest.mark.parametrize("guide", ["inicis", "chai"])
def test_an_issue_that_only_shows_its_amount_is_no_money(desk, user, plan, guide):
    order = place_order(desk, user, plan, guide)
    arrive(desk, order, pay(desk, order, amount=1))

    compared = run(desk)

    assert order.mismatch == "amount"
    assert (found(compared), compared.totals) == ([], {})


# Refunds of ours ------------------------------------------------------------------------------------------


@pytest.fixture
def unmade(desk, user, dollar_plan):
    """The order of a refund whose request the service did not answer."""
    order = place_order(desk, user, dollar_plan, "paymentwall")
    desk.client.silent_call = "cancel"
    arrive(desk, order, pay(desk, order, amount=1))
    desk.client.silent_call = ""
    return order


def test_a_refund_that_was_not_made_is_requested_again(desk, unmade):
    imp_uid = unmade.refunds[0].imp_uid

    compared = run(desk)

    assert found(compared) == [("refund_open", "refund", imp_uid, True)]
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_refund_that_was_decided_on_a_day_without_payments_is_found(desk, unmade):
    (refund,) = unmade.refunds
    refund.created_at = NEXT
    db.session.commit()

    compared = run(desk, DAY + timedelta(days=1), now=NEXT + timedelta(days=1))

    assert found(compared) == [("refund_open", "refund", refund.imp_uid, True)]


def test_a_refund_that_the_pg_makes_later_stays_open_until_it_is_made(desk, unmade):
    desk.client.cancels_later = True

    assert [row[3] for row in found(run(desk))] == [False]
    desk.client.confirm_cancels()
    assert [row[3] for row in found(run(desk, now=NEXT + timedelta(days=1)))] == [True]


def test_a_refund_that_was_refused_for_good_is_left_to_staff_and_repaired_by_them(desk, unmade):
    (refund,) = unmade.refunds
    refund.give_up()
    db.session.commit()

    assert found(run(desk)) == [("refund_open", "staff", refund.imp_uid, False)]
    desk.client.cancel_in_console(refund.imp_uid)
    assert left_of(run(desk)) == []


# Which day ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "is_of_day"), [(0, True), (86_399, True), (-1, False), (86_400, False)])
def test_a_day_is_seouls_from_its_first_to_its_last_second(desk, user, plan, seconds, is_of_day):
    start, _ = bounds(DAY)
    move(desk, start + timedelta(seconds=seconds))
    order = place_order(desk, user, plan, "jtnet")
    pay(desk, order)

    compared = run(desk)

    assert len(compared.differences) == int(is_of_day)
    assert bool(compared.totals) is is_of_day


# Long days, interruptions, repeats ------------------------------------------------------------------------


def many(desk, count):
    return [
        desk.client.pay({"merchant_uid": f"inv_{n:020x}-1", "customer_uid": f"cu{n}", "amount": 1000 + n})
        for n in range(count)
    ]


def test_a_day_of_more_than_a_thousand_payments_is_read_page_by_page(desk):
    paid = many(desk, 2 * comparison.PAGE + 1)

    compared = run(desk)

    assert {difference.imp_uid for difference in compared.differences} == set(paid)
    assert compared.listed == len(paid)
    assert desk.client.calls.count("payments_by_status") == 1 + 3 + 2


def test_a_refund_while_we_read_makes_no_payment_skipped(desk):
    paid = many(desk, 2 * comparison.PAGE + 1)
    compared = comparison.begin(DAY)
    for refunded in (None, paid[-1], paid[0], paid[comparison.PAGE]):
        if refunded:
            desk.client.cancel_in_console(refunded)
        comparison.step(desk, compared, now=NEXT)

    compared = run(desk)

    assert {difference.imp_uid for difference in compared.differences} == set(paid)


def test_a_comparison_continues_where_the_service_fell_silent(desk, user, plan):
    paid = many(desk, comparison.PAGE + 1)
    order = place_order(desk, user, plan, "jtnet")
    imp_uid = pay(desk, order)
    compared = comparison.begin(DAY)
    for _ in range(2):
        comparison.step(desk, compared, now=NEXT)
    desk.client.silent = True
    with pytest.raises(Unknown):
        run(desk)
    desk.client.silent, desk.client.silent_call = False, "payment"
    with pytest.raises(Unknown):
        run(desk)
    desk.client.silent_call = ""

    compared = run(desk)

    assert compared.listed == len(paid) + 1
    assert ("paid_there", "settle", imp_uid, True) in found(compared)
    assert desk.client.calls.count("payments_by_status") == 1 + 2 + 2 + 1


def test_one_repair_that_raises_does_not_keep_the_others_from_theirs(desk, user, plan, caplog):
    broken, sound = (place_order(desk, user, plan, "jtnet") for _ in range(2))
    pay(desk, broken)
    imp_uid = pay(desk, sound)
    broken.guide_id = "gone"
    db.session.commit()
    compared = comparison.begin(DAY)
    db.session.add_all(
        Difference(
            comparison=compared,
            kind=DifferenceKind.PAID_THERE,
            rule=Repair.SETTLE,
            merchant_uid=order.merchant_uid,
            imp_uid=f"imp_{n:012}",
            currency="KRW",
        )
        for n, order in enumerate((broken, sound), start=1)
    )
    compared.step = ComparisonStep.REPAIR
    db.session.commit()

    compared = run(desk)

    assert [row[2:] for row in found(compared)] == [("imp_000000000001", False), (imp_uid, True)]
    assert "was not repaired" in caplog.text


def test_a_difference_of_an_earlier_day_is_tried_again_for_ninety_days(desk, unmade):
    desk.client.cancels_later = True
    run(desk)
    desk.client.confirm_cancels()

    def still_open(day):
        run(desk, day, now=NOW + timedelta(days=200))
        return len(left_of(db.session.query(Comparison).filter_by(day=DAY).one()))

    assert [still_open(DAY + timedelta(days=n)) for n in (91, 90)] == [1, 0]


def test_a_report_repairs_nothing_and_a_run_after_it_repairs(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    desk.client.cancel_in_console(order.imp_uid)

    reported = run(desk, only_report=True)
    assert (order.status, len(left_of(reported)), reported.finished_at) == (OrderStatus.PAID, 1, None)
    assert len(left_of(run(desk, only_report=True))) == 1

    assert left_of(run(desk)) == []
    assert order.status is OrderStatus.CANCELLED


def test_a_report_of_a_day_that_was_compared_leaves_it_compared(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    ended_at = run(desk).finished_at
    desk.client.cancel_in_console(order.imp_uid)

    reported = run(desk, now=NEXT + timedelta(hours=1), only_report=True)

    assert (reported.step, reported.finished_at) == (ComparisonStep.DONE, ended_at)
    assert (len(left_of(reported)), db.session.query(ListedPayment).count()) == (1, 0)
    assert left_of(run(desk)) == []


def test_a_day_may_be_compared_again_and_nothing_happens_twice(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    pay(desk, order)
    first = found(run(desk))
    totals, calls = run(desk).totals, len(desk.client.calls)

    again = run(desk, now=NEXT + timedelta(days=1))

    assert (found(again), again.totals) == (first, totals)
    assert len(desk.client.calls) - calls == 3
    assert order.subscription.status is SubscriptionStatus.ACTIVE
    assert db.session.query(Comparison).count() == 1


def test_a_service_that_refuses_the_list_leaves_the_day_unfinished(desk, user, plan):
    desk.client.raises["payments_by_status"] = Refused("too many requests", status=429)

    with pytest.raises(Refused):
        run(desk)

    assert db.session.query(Comparison).one().finished_at is None


# The worker -----------------------------------------------------------------------------------------------


def catch_up(desk, *, now):
    days.catch_up(desk, moment=lambda: now, goes_on=lambda: True)
    return sorted(day for (day,) in db.session.query(Comparison.day))


def test_the_worker_compares_yesterday_an_hour_after_midnight(desk, user, plan):
    subscribe(desk, user, plan, "jtnet")
    _, midnight = bounds(DAY)

    assert catch_up(desk, now=midnight + timedelta(minutes=59)) == []
    assert catch_up(desk, now=midnight + timedelta(minutes=61)) == [DAY]
    calls = len(desk.client.calls)
    assert catch_up(desk, now=midnight + timedelta(minutes=62)) == [DAY]
    assert len(desk.client.calls) == calls


def test_the_worker_catches_up_on_the_days_it_missed(desk, user, plan):
    subscribe(desk, user, plan, "jtnet")

    compared = catch_up(desk, now=NOW + timedelta(days=3))

    assert compared == [DAY + timedelta(days=n) for n in range(3)]


def test_the_worker_stops_when_its_time_is_over_and_continues_later(desk, user, plan):
    subscribe(desk, user, plan, "jtnet")
    has_time = iter([True, True, True, False, False])

    days.catch_up(desk, moment=lambda: NEXT, goes_on=lambda: next(has_time))
    (compared,) = db.session.query(Comparison)
    assert compared.finished_at is None

    assert catch_up(desk, now=NEXT) == [DAY]
    assert compared.finished_at == NEXT


def test_a_shop_without_orders_compares_nothing(desk):
    assert catch_up(desk, now=NEXT) == []


# Takings --------------------------------------------------------------------------------------------------


def test_the_takings_of_a_day_are_kept_by_currency(desk, user, plan, dollar_plan):
    subscribe(desk, user, plan, "jtnet")
    dollars = subscribe(desk, user, dollar_plan, "paymentwall").orders[0]
    desk.client.cancel_in_console(dollars.imp_uid, Decimal("9.00"))
    run(desk, only_report=True)

    today, before = takings.latest(now=NEXT, days=2)

    assert [(t.collected, t.refunded, t.reversed, t.open) for t in today.takings] == [
        (Money(19900, "KRW"), Money(0, "KRW"), Money(0, "KRW"), Money(0, "KRW")),
        (dollars.price, Money(900, "USD"), Money(0, "USD"), Money(900, "USD")),
    ]
    assert (today.day, today.differences_left, before.day, before.comparison) == (DAY, 1, date(2026, 1, 30), None)


def test_a_chargeback_counts_on_the_day_on_which_staff_recorded_it(desk, user, plan):
    order = subscribe(desk, user, plan, "jtnet", now=NOW - timedelta(days=1)).orders[0]
    reversals.record_chargeback(order, now=NOW)
    db.session.commit()

    (day,) = takings.between(DAY, DAY)

    assert [(t.collected, t.reversed) for t in day.takings] == [(Money(0, "KRW"), Money(19900, "KRW"))]
