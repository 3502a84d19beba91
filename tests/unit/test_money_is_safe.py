"""Orders of events that would take money twice, lose it from sight, or grant a period for nothing."""

from datetime import timedelta

import pytest

from clock import add_months
from errors import NothingToCharge
from models import InvoiceStatus, KeyStatus, OrderPurpose, OrderStatus, SubscriptionStatus, db
from services import checkout, payments, renewals, subscriptions
from services.iamport import Unauthorized
from tests.factories import NOW, make_buyer, make_user, place_order, reconcile, renew, subscribe

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)


def request_of(desk, order):
    return checkout.request(desk, order, language="ko")


def arrive(desk, order, imp_uid, *, road="callback", now=NOW):
    return checkout.receive(desk, road=road, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)


def new_card(desk, user, subscription, guide="inicis", *, now=NOW):
    return checkout.place(desk, user=user, subscription=subscription, guide_id=guide, buyer=make_buyer(), now=now)


def test_a_worker_with_an_old_list_does_not_take_the_next_month_too(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    listed = renewals.due(now=FEBRUARY)

    renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=FEBRUARY)

    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=FEBRUARY)
    assert listed == [subscription.id]
    assert subscription.paid_until == MARCH


def test_an_unknown_charge_is_not_given_up_while_the_service_is_silent(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    unknown = renew(desk, subscription, now=FEBRUARY)

    desk.client.silent = True
    reconcile(desk, now=FEBRUARY + timedelta(days=2))
    assert unknown.status is OrderStatus.READY

    desk.client.silent = False
    assert renew(desk, subscription, now=FEBRUARY + timedelta(days=3)) is unknown
    assert (unknown.outcome, subscription.paid_until) == ("paid", MARCH)
    assert len(desk.client.charges) == 2


def test_an_early_charge_that_is_unknown_and_then_declined_waits_for_its_period(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW)

    renew(desk, subscription, now=NOW + timedelta(minutes=3))

    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.ACTIVE, FEBRUARY)


def test_a_browser_that_picks_a_pg_which_only_shows_the_amount_gets_nothing(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")

    arrive(desk, order, desk.client.pay(request_of(desk, order), pg="html5_inicis.INIBillTst"))

    assert order.mismatch == "pg_provider"
    assert order.subscription.paid_until is None
    assert "cancel" not in desk.client.calls


def test_a_second_payment_under_one_merchant_uid_is_given_back(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    first, second = (desk.client.pay(request_of(desk, order)) for _ in range(2))

    for imp_uid in (first, second, second):
        arrive(desk, order, imp_uid, road="webhook")

    assert (order.status, order.imp_uid) == (OrderStatus.PAID, first)
    assert desk.client.payment(first).amount_left > 0
    assert desk.client.payment(second).amount_left == 0


def test_a_wrong_second_payment_does_not_spoil_a_paid_order(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    arrive(desk, order, desk.client.pay(request_of(desk, order)))

    wrong = desk.client.pay(request_of(desk, order), amount=1)
    arrive(desk, order, wrong, road="webhook")

    assert order.outcome == "paid"
    assert desk.client.payment(wrong).amount_left == 0


def test_a_right_payment_after_a_forged_one_is_given_back_and_stops_nobody(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    arrive(desk, order, desk.client.pay(request_of(desk, order), amount=1))

    right = desk.client.pay(request_of(desk, order))
    arrive(desk, order, right, road="webhook")
    reconcile(desk, now=NOW + timedelta(minutes=5))

    assert order.outcome == "mismatch"
    assert desk.client.payment(right).amount_left == 0


def test_a_charge_that_was_under_way_when_its_subscription_ended_is_given_back(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.before_charge = lambda: subscriptions.cancel(desk, subscription=subscription, now=FEBRUARY)

    order = renew(desk, subscription, now=FEBRUARY)

    # The key is deleted before the charge in this order of events, so the service refuses it.
    assert order.status is OrderStatus.FAILED
    assert subscription.status is SubscriptionStatus.CANCELLED


def test_a_charge_approved_after_its_subscription_ended_is_given_back(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    unknown = renew(desk, subscription, now=FEBRUARY)

    subscriptions.cancel(desk, subscription=subscription, now=FEBRUARY)
    reconcile(desk, now=FEBRUARY + timedelta(minutes=5))

    assert unknown.mismatch == "invoice"
    assert desk.client.payment(unknown.imp_uid).amount_left == 0
    assert unknown.refunded == 19900


def test_wrong_credentials_are_no_reason_to_give_a_good_payment_back(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(request_of(desk, order))
    desk.client.raises["customer_key"] = Unauthorized("Unauthorized")

    arrive(desk, order, imp_uid)
    assert (order.outcome, "cancel" in desk.client.calls) == ("checking", False)

    desk.client.raises.clear()
    arrive(desk, order, imp_uid, road="webhook")
    assert order.outcome == "paid"


def test_a_pg_that_confirms_by_webhook_may_be_slow_with_the_key(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(request_of(desk, order))
    slow = desk.client.keys.copy()
    desk.client.keys.clear()

    arrive(desk, order, imp_uid)
    assert (order.outcome, "cancel" in desk.client.calls) == ("checking", False)

    desk.client.keys.update(slow)
    arrive(desk, order, imp_uid, road="webhook")
    assert order.outcome == "paid"


def test_a_new_card_does_not_hide_what_the_old_one_paid_without_an_answer(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    unknown = renew(desk, subscription, now=FEBRUARY)

    order = new_card(desk, user, subscription, now=FEBRUARY)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=FEBRUARY + timedelta(minutes=3))

    assert unknown.outcome == "paid"
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)
    assert len(desk.client.charges) == 2


def test_a_new_card_is_charged_when_the_old_ones_lost_answer_was_a_decline(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    unknown = renew(desk, subscription, now=FEBRUARY)

    order = new_card(desk, user, subscription, now=FEBRUARY)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=FEBRUARY + timedelta(minutes=3))

    assert unknown.outcome == "declined"
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)


def test_the_first_period_is_a_whole_one_whenever_it_is_paid(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later")
    later = NOW + timedelta(days=8)  # 8 February

    order = new_card(desk, user, subscription, now=later)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=later)

    assert subscription.anchor_day == 8
    assert subscription.paid_until == add_months(later, 1, anchor_day=8)


def test_trying_again_by_hand_does_not_climb_the_ladder(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    renew(desk, subscription, now=FEBRUARY)

    for minute in range(1, 6):
        at = FEBRUARY + timedelta(minutes=minute)
        renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=at)

    assert subscription.invoices[0].declines == 1
    assert subscription.next_charge_at == FEBRUARY + timedelta(days=1)


def test_a_decline_that_reconcile_hears_of_makes_the_subscription_past_due(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    renew(desk, subscription, now=FEBRUARY)

    reconcile(desk, now=FEBRUARY + timedelta(minutes=5))

    assert subscription.status is SubscriptionStatus.PAST_DUE
    assert subscription.invoices[0].declines == 1


def test_a_claim_that_lapsed_is_not_taken_from_its_next_owner(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    theirs = FEBRUARY + timedelta(hours=1)

    def lapse_and_be_claimed():
        subscription.claimed_until = theirs
        db.session.commit()

    desk.client.before_charge = lapse_and_be_claimed
    renew(desk, subscription, now=FEBRUARY)

    assert subscription.claimed_until == theirs


def test_a_foreign_imp_uid_does_not_hide_a_refund_that_is_owed(desk, user, dollar_plan):
    order, other = (place_order(desk, user, dollar_plan, "paymentwall") for _ in range(2))
    imp_uid, foreign = desk.client.pay(request_of(desk, order), amount=1), desk.client.pay(request_of(desk, other))
    desk.client.deaf_to = "cancel"
    arrive(desk, order, imp_uid)

    arrive(desk, order, foreign, road="webhook")
    desk.client.deaf_to = ""
    reconcile(desk, now=NOW + timedelta(minutes=5))

    assert (order.outcome, order.refunded) == ("mismatch", 100)
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_refund_whose_answer_was_lost_is_known_afterwards(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(request_of(desk, order), amount=1)
    desk.client.lose_answer = True
    arrive(desk, order, imp_uid)
    assert (order.refunded, desk.client.payment(imp_uid).amount_left) == (0, 0)

    reconcile(desk, now=NOW + timedelta(minutes=5))

    assert order.refunded == 100
    assert payments.left_open(now=NOW + timedelta(minutes=6)) == []


def test_the_window_charges_what_the_open_bill_says(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    renew(desk, subscription, now=FEBRUARY)
    dollar_plan.amount = 9999
    db.session.commit()

    order = new_card(desk, user, subscription, "paymentwall", now=FEBRUARY)

    assert order.amount == order.invoice.amount == 4999


def test_changing_a_card_without_anything_due_is_followed_by_no_charge(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    order = new_card(desk, user, subscription)
    arrive(desk, order, desk.client.pay(request_of(desk, order)))

    renew(desk, subscription, now=FEBRUARY)

    assert checkout.first_charge(order) is None
    assert [o.purpose for o in subscription.orders].count(OrderPurpose.CHARGE) == 2


def test_a_webhook_that_is_a_moment_younger_does_not_hold_the_first_payment_back(desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(request_of(desk, order))

    arrive(desk, order, imp_uid, road="webhook", now=NOW + timedelta(milliseconds=20))
    arrive(desk, order, imp_uid, road="landing", now=NOW + timedelta(milliseconds=10))

    assert checkout.first_charge(order).outcome == "paid"


def test_what_one_buyer_leaves_behind_is_not_cleared_up_by_the_next(desk, user, plan):
    desk.client.deaf_to = "delete_customer_key"
    theirs = subscribe(desk, user, plan)
    subscriptions.cancel(desk, subscription=theirs, now=NOW)
    desk.client.deaf_to = ""
    subscribe(desk, make_user("other@example.com"), plan)

    assert theirs.billing_key.status is KeyStatus.REVOKED
    assert theirs.billing_key.deleted_at is None
    assert theirs.invoices[0].status is InvoiceStatus.PAID
