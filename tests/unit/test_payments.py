"""Settling: only the service's record decides."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from models import Invoice, JournalEntry, Notice, db
from services import checkout, open_orders, orders
from services.checkout import Source
from services.iamport import Refused
from states import KeyStatus, OrderStatus, SubscriptionStatus
from tests.factories import (
    NOW,
    WEBHOOK,
    make_user,
    move_machine_clock,
    place_order,
    place_orders,
    receive,
    reconcile,
    subscribe,
)


def request_of(desk, order):
    return checkout.request(desk, order, language="ko")


def test_an_approved_issue_that_charges_is_the_first_payment(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")

    imp_uid = desk.client.pay(request_of(desk, order))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (order.status, order.imp_uid) == (OrderStatus.PAID, imp_uid)
    assert order.subscription.status is SubscriptionStatus.ACTIVE
    assert order.billing_key.status is KeyStatus.ACTIVE
    assert desk.client.charges == []


@pytest.mark.parametrize(("guide", "variant"), [("inicis", ""), ("chai", ""), ("jtnet", "2-1")])
def test_an_issue_that_charges_nothing_is_followed_by_one_charge(desk, user, plan, guide, variant):
    order = place_order(desk, user, plan, guide, variant_id=variant)

    imp_uid = desk.client.pay(request_of(desk, order))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    (charge,) = desk.client.charges
    assert charge["merchant_uid"] != order.merchant_uid
    assert charge["amount"] == Decimal(19900)
    assert charge["name"] == "원두 월간 구독"
    assert orders.first_charge(order).outcome == "paid"
    assert order.subscription.status is SubscriptionStatus.ACTIVE


def test_jtnet_with_an_amount_is_charged_in_the_window_only(desk, user, plan):
    subscription = subscribe(desk, user, plan, "jtnet")

    assert subscription.status is SubscriptionStatus.ACTIVE
    assert desk.client.charges == []
    assert [invoice.status.value for invoice in subscription.invoices] == ["paid"]


@pytest.mark.parametrize(
    "sources",
    [
        (Source.CALLBACK, WEBHOOK),
        (WEBHOOK, Source.LANDING),
        (WEBHOOK, WEBHOOK, Source.CALLBACK),
    ],
)
def test_news_may_come_in_any_order_and_twice(desk, user, plan, sources):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(request_of(desk, order))

    for source in sources:
        receive(desk, source=source, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert len(desk.client.charges) == 1
    assert db.session.query(Invoice).count() == 1
    assert order.subscription.paid_until.date().isoformat() == "2026-02-28"


def test_the_window_may_decline_without_leaving_a_key(desk, user, plan):
    order = place_order(desk, user, plan)

    imp_uid = desk.client.pay(request_of(desk, order), card="declined")
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (order.outcome, order.fail_reason) == ("declined", "잔액이 부족합니다.")
    assert order.billing_key.status is KeyStatus.PENDING
    assert order.subscription.status is SubscriptionStatus.INCOMPLETE


def test_a_closed_window_shows_as_closed_and_may_still_be_paid_later(desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.close(request_of(desk, order))
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": NOW}

    receive(desk, source=Source.CALLBACK, message="사용자가 결제를 취소하셨습니다", **news)
    assert order.outcome == "closed"

    desk.client.pay(request_of(desk, order))
    receive(desk, source=WEBHOOK, **news)
    assert order.outcome == "registered"


def test_a_failure_may_turn_into_a_late_approval(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    failed = desk.client.pay(request_of(desk, order), card="declined")
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=failed, now=NOW)

    desk.client.pay(request_of(desk, order))
    receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid=failed, now=NOW)

    assert order.status is OrderStatus.PAID
    assert order.subscription.status is SubscriptionStatus.ACTIVE


@pytest.mark.parametrize(
    ("forged", "field"),
    [({"amount": 1}, "amount"), ({"currency": "KRW"}, "currency"), ({"customer_uid": "cu_mine"}, "customer_uid")],
)
def test_a_charged_payment_that_is_not_ours_is_refunded(desk, user, dollar_plan, forged, field):
    order = place_order(desk, user, dollar_plan, "paymentwall")

    imp_uid = desk.client.pay(request_of(desk, order), **forged)
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (order.outcome, order.mismatch.split(",")[0]) == ("mismatch", field)
    assert desk.client.payment(imp_uid).amount_left == 0
    assert order.subscription.status is SubscriptionStatus.INCOMPLETE
    assert order.billing_key.status is not KeyStatus.ACTIVE


def test_a_forged_amount_that_was_only_shown_is_not_cancelled(desk, user, plan):
    order = place_order(desk, user, plan, "inicis")

    imp_uid = desk.client.pay(request_of(desk, order), amount=1)
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert order.mismatch == "amount"
    assert "cancel" not in desk.client.calls
    assert desk.client.charges == []
    assert desk.client.keys == {}


def test_somebody_elses_payment_pays_nothing_of_mine(desk, user, plan):
    mine, other = place_order(desk, user, plan), place_order(desk, make_user("minsu@example.com"), plan)
    imp_uid = desk.client.pay(request_of(desk, other))

    receive(desk, source=Source.CALLBACK, merchant_uid=mine.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (mine.outcome, mine.mismatch) == ("mismatch", "merchant_uid")
    assert mine.subscription.status is SubscriptionStatus.INCOMPLETE
    assert desk.client.payment(imp_uid).status == "paid"


def test_a_foreign_imp_uid_in_a_webhook_does_not_spoil_the_order(desk, user, plan):
    mine, other = place_order(desk, user, plan), place_order(desk, user, plan)
    foreign, own = desk.client.pay(request_of(desk, other)), desk.client.pay(request_of(desk, mine))

    for imp_uid in (foreign, own):
        receive(desk, source=WEBHOOK, merchant_uid=mine.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert mine.outcome == "registered"


def test_a_foreign_imp_uid_keeps_no_refunded_order_open(desk, user, plan):
    mine, other = place_order(desk, user, plan), place_order(desk, make_user("minsu@example.com"), plan)
    foreign = desk.client.pay(request_of(desk, other))
    receive(desk, source=WEBHOOK, merchant_uid=mine.merchant_uid, imp_uid=foreign, now=NOW)

    desk.client.cancel_in_console(desk.client.pay(request_of(desk, mine)))
    reconcile(desk, now=NOW + timedelta(minutes=5))

    assert (mine.status, mine.outcome) == (OrderStatus.CANCELLED, "cancelled")


def test_approved_without_a_key_grants_nothing(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    imp_uid = desk.client.pay(request_of(desk, order))
    desk.client.keys.clear()

    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert order.mismatch == "billing_key"
    assert order.subscription.status is SubscriptionStatus.INCOMPLETE
    assert desk.client.payment(imp_uid).amount_left == 0


def test_silence_changes_nothing_and_is_looked_at_again(desk, user, plan):
    order = place_order(desk, user, plan)
    desk.client.pay(request_of(desk, order))

    desk.client.silent = True
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=None, now=NOW)
    assert (order.outcome, order.checked_at) == ("checking", NOW)

    desk.client.silent = False
    reconcile(desk, now=NOW + timedelta(minutes=3))
    assert order.outcome == "registered"


def news_in_silence(desk, order, imp_uid, *, now):
    """Receive a webhook while the service does not answer, and reconcile after it answers again."""
    desk.client.silent = True
    receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)
    desk.client.silent = False
    reconcile(desk, now=now + timedelta(minutes=3))


def test_a_late_approval_is_not_lost_when_the_service_is_silent_at_its_webhook(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    failed = desk.client.pay(request_of(desk, order), card="declined")
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=failed, now=NOW)

    approved = desk.client.pay(request_of(desk, order))
    news_in_silence(desk, order, approved, now=NOW + timedelta(days=3))

    assert (order.status, order.subscription.status) == (OrderStatus.PAID, SubscriptionStatus.ACTIVE)


def test_what_is_approved_in_silence_after_its_window_was_closed_is_refunded(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    reconcile(desk, now=NOW + timedelta(days=2))
    assert order.outcome == "cancelled"

    approved = desk.client.pay(request_of(desk, order))
    news_in_silence(desk, order, approved, now=NOW + timedelta(days=3))

    assert desk.client.payment(approved).amount_left == 0


@pytest.mark.parametrize("granted", [0, 1], ids=["newer", "older"])
def test_another_payment_that_was_reported_in_silence_is_refunded(desk, user, dollar_plan, granted):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    uids = [desk.client.pay(request_of(desk, order)) for _ in range(2)]
    ours, surplus = uids[granted], uids[1 - granted]
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=ours, now=NOW)

    news_in_silence(desk, order, surplus, now=NOW + timedelta(hours=1))

    assert order.imp_uid == ours
    assert desk.client.payment(ours).status == "paid"
    assert desk.client.payment(surplus).amount_left == 0


def test_reading_one_payment_does_not_forget_another_that_was_reported_in_silence(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    ours, surplus = (desk.client.pay(request_of(desk, order)) for _ in range(2))
    news = {"merchant_uid": order.merchant_uid, "now": NOW}
    receive(desk, source=Source.CALLBACK, imp_uid=ours, **news)
    desk.client.silent = True
    receive(desk, source=WEBHOOK, imp_uid=surplus, **news)
    desk.client.silent = False

    receive(desk, source=Source.LANDING, imp_uid=ours, **news)
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert [desk.client.payment(imp_uid).amount_left > 0 for imp_uid in (ours, surplus)] == [True, False]


def test_two_payments_that_were_reported_in_one_silence_are_both_looked_at(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    uids = [desk.client.pay(request_of(desk, order)) for _ in range(2)]
    desk.client.silent = True
    for imp_uid in uids:
        receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    desk.client.silent = False

    for _turn in uids:
        reconcile(desk, now=NOW + timedelta(minutes=3))

    assert order.outcome == "paid"
    assert sorted(desk.client.payment(imp_uid).amount_left > 0 for imp_uid in uids) == [False, True]
    assert (db.session.query(Notice).count(), order.look_at) == (0, None)


def test_a_reported_payment_that_the_service_refuses_does_not_hide_the_orders_own(desk, user, plan):
    order = place_order(desk, user, plan)
    desk.client.raises["payment"] = Refused("Method Not Allowed", code=-1, status=405)
    receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid="cancel", now=NOW)
    desk.client.pay(request_of(desk, order))

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert order.outcome == "registered"


def test_an_order_that_cannot_be_settled_does_not_keep_its_place(desk, user, plan):
    broken = place_order(desk, user, plan)
    broken.guide_id = "gone"
    sound = place_order(desk, user, plan, now=NOW + timedelta(seconds=1))
    later = NOW + timedelta(minutes=3)
    move_machine_clock(desk, later)

    with pytest.raises(KeyError):
        open_orders.process(desk, order_id=broken.id, now=later)
    db.session.rollback()

    assert open_orders.due(desk, now=later) == [sound.id]


def test_a_foreign_payment_that_was_reported_in_silence_is_noted_once(desk, user, plan):
    mine, other = place_order(desk, user, plan), place_order(desk, user, plan)
    news_in_silence(desk, mine, desk.client.pay(request_of(desk, other)), now=NOW)

    for hour in range(1, 20):
        reconcile(desk, now=NOW + timedelta(hours=hour))

    assert db.session.query(JournalEntry).filter_by(event="payment.mismatch").count() == 1


def hours_of_reads(desk, *, hours):
    """Reconcile every hour, and return the hours in which the service was read."""
    read_at = []
    for hour in range(1, hours):
        calls = len(desk.client.calls)
        reconcile(desk, now=NOW + timedelta(hours=hour))
        read_at += [hour] if len(desk.client.calls) > calls else []
    return read_at


def test_a_paid_order_is_not_asked_about_any_more(desk, user, plan):
    subscribe(desk, user, plan, "jtnet")

    assert hours_of_reads(desk, hours=50) == []


def test_a_rejected_order_is_asked_about_only_to_find_a_late_approval(desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(request_of(desk, order), amount=1)
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert hours_of_reads(desk, hours=300) == [1, 6, 24, 72, 168]
    assert order.outcome == "mismatch"


@pytest.mark.parametrize("silent", [False, True], ids=["unfinished", "silent"])
def test_an_open_window_is_checked_with_a_growing_back_off(desk, user, plan, silent):
    place_order(desk, user, plan)
    desk.client.silent_call = "find" if silent else ""

    looks = []
    for minute in range(1, 24 * 60):
        calls = len(desk.client.calls)
        reconcile(desk, now=NOW + timedelta(minutes=minute))
        looks += [minute] if len(desk.client.calls) > calls else []

    pauses = [later - earlier for earlier, later in pairwise([0, *looks])]
    assert pauses[:2] == [2, 2]
    assert all(full * 3 / 4 <= pause <= full for pause, full in zip(pauses[2:7], (4, 8, 16, 32, 60), strict=True))
    assert all(45 <= pause <= 60 for pause in pauses[7:])


def test_a_round_takes_the_orders_that_wait_longest_and_ends(desk, plan):
    waiting = place_orders(desk, plan, *(NOW + timedelta(seconds=n) for n in range(3)))

    move_machine_clock(desk, NOW + timedelta(minutes=5))
    taken = open_orders.due(desk, now=NOW + timedelta(minutes=5), limit=2)

    assert taken == [order.id for order in waiting[:2]]


def test_a_refund_that_got_no_answer_is_made_by_reconcile(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(request_of(desk, order), amount=1)
    desk.client.silent_call = "cancel"

    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    assert desk.client.payment(imp_uid).amount_left == 1

    desk.client.silent_call = ""
    reconcile(desk, now=NOW + timedelta(minutes=3))
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_window_paid_after_its_period_was_paid_is_refunded(desk, user, plan):
    first = place_order(desk, user, plan, "jtnet")
    second = place_order(desk, user, plan, "jtnet")
    second.subscription_id, second.invoice_id = first.subscription_id, first.invoice_id
    db.session.commit()

    uids = [desk.client.pay(request_of(desk, order)) for order in (first, second)]
    for order, imp_uid in zip((first, second), uids, strict=True):
        receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (first.outcome, second.mismatch) == ("paid", "invoice")
    assert desk.client.payment(uids[1]).amount_left == 0


def test_part_of_a_payment_refunded_in_the_console_leaves_the_order_paid(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    paid = subscription.orders[0]
    desk.client.cancel_in_console(paid.imp_uid, Decimal(1000))

    for _repeat in range(2):
        receive(desk, source=WEBHOOK, merchant_uid=paid.merchant_uid, imp_uid=paid.imp_uid, now=NOW)

    assert (paid.outcome, paid.refunded) == ("paid", 1000)
    assert desk.client.payment(paid.imp_uid).amount_left == 18900
    assert [entry.event for entry in db.session.query(JournalEntry)].count("payment.partly_cancelled") == 1


def test_what_was_refunded_in_two_parts_is_cancelled_in_the_end(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    paid = subscription.orders[0]

    for part in (Decimal(1000), None):
        desk.client.cancel_in_console(paid.imp_uid, part)
        receive(desk, source=WEBHOOK, merchant_uid=paid.merchant_uid, imp_uid=paid.imp_uid, now=NOW)

    assert (paid.outcome, paid.refunded) == ("cancelled", 19900)


def test_what_nobody_finished_in_a_day_is_closed(desk, user, plan):
    order = place_order(desk, user, plan)
    desk.client.close(request_of(desk, order))

    reconcile(desk, now=NOW + timedelta(days=1, minutes=1))

    assert order.outcome == "cancelled"
    assert order.subscription.status is SubscriptionStatus.CANCELLED


def test_the_journal_holds_no_card_number(desk, user, plan):
    subscribe(desk, user, plan)

    recorded = " ".join(str(entry.facts) for entry in db.session.query(JournalEntry))

    assert "4242" not in recorded
