"""Sequences of events that could take money twice, lose track of it, or grant a period without payment."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from clock import add_months
from errors import ChargeInProgress, NothingToCharge
from models import db
from services import checkout, claims, open_orders, orders, renewals, subscriptions
from services.checkout import Source
from services.iamport import Unauthorized
from states import InvoiceStatus, KeyStatus, OrderPurpose, OrderStatus, SubscriptionStatus
from tests.factories import NOW, WEBHOOK, make_user, place_order, receive, reconcile, renew, subscribe, try_again

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)
INICIS = "html5_inicis.INIBillTst"


def request_of(desk, order):
    return checkout.request(desk, order, language="ko")


def arrive(desk, order, imp_uid, *, source=Source.CALLBACK, now=NOW):
    return receive(desk, source=source, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)


def test_a_worker_with_an_old_list_does_not_take_the_next_month_too(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    listed = renewals.due(desk, now=FEBRUARY)

    renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=FEBRUARY)

    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=FEBRUARY)
    assert listed == [subscription.id]
    assert subscription.paid_until == MARCH


def test_a_renewal_that_the_webhook_settled_while_its_answer_was_lost_is_the_only_one(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    desk.client.after_charge = lambda payment: receive(
        desk, source=WEBHOOK, merchant_uid=payment.merchant_uid, imp_uid=payment.imp_uid, now=FEBRUARY
    )
    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, subscription.next_charge_at) == ("paid", MARCH)
    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))
    assert subscription.paid_until == MARCH


def test_a_decline_that_the_webhook_brought_while_the_answer_was_lost_keeps_its_step_of_the_schedule(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    desk.client.after_charge = lambda payment: receive(
        desk, source=WEBHOOK, merchant_uid=payment.merchant_uid, imp_uid=payment.imp_uid, now=FEBRUARY
    )

    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, subscription.next_charge_at) == ("declined", FEBRUARY + timedelta(days=1))


def test_the_worker_opens_no_bill_for_a_period_that_has_not_begun(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    subscription.next_charge_at = NOW  # a wrong entry
    db.session.commit()

    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=NOW)

    assert subscription.paid_until == FEBRUARY


def test_a_refusal_that_comes_after_another_source_settled_changes_nothing(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    def settled_elsewhere():
        order = subscription.orders[0]
        order.mark_paid(at=FEBRUARY)
        db.session.commit()

    desk.client.before_charge = settled_elsewhere
    desk.client.keys.clear()
    order = renew(desk, subscription, now=FEBRUARY)

    assert order.outcome == "paid"


def test_a_window_that_takes_no_money_does_not_pay_a_declined_charge(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    window = {"merchant_uid": declined.merchant_uid, "customer_uid": declined.billing_key.customer_uid, "amount": 19900}

    imp_uid = desk.client.pay({**window, "pg": "html5_inicis.INIBillTst"})
    arrive(desk, declined, imp_uid, now=FEBRUARY)

    assert declined.mismatch == "customer_uid_usage"
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.PAST_DUE, FEBRUARY)
    assert "cancel" not in desk.client.calls


def test_a_browser_that_picks_another_account_at_the_pg_gets_nothing(desk, user, plan):
    order = place_order(desk, user, plan)

    arrive(desk, order, desk.client.pay(request_of(desk, order), pg="html5_inicis.MOIother"))

    assert order.mismatch == "pg_id"
    assert order.billing_key.status is KeyStatus.REVOKED


def test_a_key_stays_with_its_account_when_the_shop_moves_to_another(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    moved = replace(desk, channels={"inicis": "html5_inicis.MOInew"})

    assert renew(moved, subscription, now=FEBRUARY).outcome == "paid"


@pytest.mark.parametrize("channel", ["html5_inicis", "html5_inicis.MOIlive", "channel-key-live"])
def test_a_browser_that_picks_the_test_channel_gets_nothing(desk, user, plan, channel):
    desk = replace(desk, channels={"inicis": channel})
    desk.client.test_channels = {"html5_inicis.INIBillTst"}
    order = place_order(desk, user, plan)

    arrive(desk, order, desk.client.pay(request_of(desk, order), pg="html5_inicis.INIBillTst"))

    assert "test_channel" in order.mismatch
    assert desk.client.charges == []


def test_a_card_that_was_registered_again_at_the_test_channel_pays_no_period(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.test_channels = {"html5_inicis.test"}
    customer_uid = subscription.billing_key.customer_uid
    desk.client.pay({"merchant_uid": "order_x", "customer_uid": customer_uid, "amount": 1, "pg": "html5_inicis.test"})

    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.mismatch, subscription.paid_until) == ("test_channel", FEBRUARY)


def test_a_rejected_charge_is_not_asked_for_again_before_its_next_step(desk, user, plan):
    trying = replace(desk, takes_test_payments=True)
    desk.client.test_channels = {"html5_inicis.INIBillTst"}
    subscription = subscribe(trying, user, plan)

    rejected = renew(desk, subscription, now=FEBRUARY)

    assert (rejected.mismatch, subscription.status) == ("test_channel", SubscriptionStatus.PAST_DUE)
    assert desk.client.payment(rejected.imp_uid).amount_left == 0
    assert renewals.due(desk, now=FEBRUARY + timedelta(hours=23)) == []
    for days in (1, 3, 7):
        renew(desk, subscription, now=FEBRUARY + timedelta(days=days))
    assert subscription.status is SubscriptionStatus.CANCELLED
    assert subscription.invoices[0].status is InvoiceStatus.UNCOLLECTIBLE


def test_a_charge_that_was_rejected_once_moves_one_step_however_often_it_is_reported(desk, user, plan):
    subscription = subscribe(replace(desk, takes_test_payments=True), user, plan)
    desk.client.test_channels = {"html5_inicis.test"}
    customer_uid = subscription.billing_key.customer_uid
    desk.client.pay({"merchant_uid": "order_x", "customer_uid": customer_uid, "amount": 1, "pg": "html5_inicis.test"})
    rejected = renew(desk, subscription, now=FEBRUARY)

    arrive(desk, rejected, rejected.imp_uid, source=WEBHOOK, now=FEBRUARY + timedelta(days=1))

    assert subscription.invoices[0].declines == 1
    assert len(rejected.refunds) == 1


def test_a_charge_we_sent_pays_though_its_record_does_not_say_that_a_key_was_charged(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.names_usage = False

    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)


def test_an_ordinary_payment_under_a_declined_charge_is_refunded(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    window = {"merchant_uid": declined.merchant_uid, "customer_uid": declined.billing_key.customer_uid, "amount": 19900}
    desk.client.names_usage = False

    imp_uid = desk.client.pay({**window, "pg": "html5_inicis.INIBillTst"})
    arrive(desk, declined, imp_uid, now=FEBRUARY)

    assert declined.mismatch == "customer_uid_usage"
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_shop_that_is_being_tried_takes_payments_of_the_test_channel(desk, user, plan):
    desk.client.test_channels = {"html5_inicis.INIBillTst"}

    subscription = subscribe(replace(desk, takes_test_payments=True), user, plan)

    assert subscription.paid_until == FEBRUARY


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


def test_a_second_payment_under_one_merchant_uid_is_refunded(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    first, second = (desk.client.pay(request_of(desk, order)) for _ in range(2))

    for imp_uid in (first, second, second):
        arrive(desk, order, imp_uid, source=WEBHOOK)

    assert (order.status, order.imp_uid) == (OrderStatus.PAID, first)
    assert desk.client.payment(first).amount_left > 0
    assert desk.client.payment(second).amount_left == 0


def test_a_wrong_second_payment_does_not_spoil_a_paid_order(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    arrive(desk, order, desk.client.pay(request_of(desk, order)))

    wrong = desk.client.pay(request_of(desk, order), amount=1)
    arrive(desk, order, wrong, source=WEBHOOK)

    assert order.outcome == "paid"
    assert desk.client.payment(wrong).amount_left == 0


def test_a_right_payment_after_a_forged_one_is_refunded_and_stops_nobody(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    arrive(desk, order, desk.client.pay(request_of(desk, order), amount=1))

    right = desk.client.pay(request_of(desk, order))
    arrive(desk, order, right, source=WEBHOOK)
    reconcile(desk, now=NOW + timedelta(minutes=5))

    assert order.outcome == "mismatch"
    assert desk.client.payment(right).amount_left == 0


def test_a_charge_that_was_under_way_when_its_subscription_ended_is_refunded(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.before_charge = lambda: subscriptions.cancel(desk, subscription=subscription, now=FEBRUARY)

    order = renew(desk, subscription, now=FEBRUARY)

    # In this sequence the key is deleted before the charge, so the service refuses the charge.
    assert order.status is OrderStatus.FAILED
    assert subscription.status is SubscriptionStatus.CANCELLED


def test_a_charge_approved_after_its_subscription_ended_is_refunded(desk, user, plan):
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
    arrive(desk, order, imp_uid, source=WEBHOOK)
    assert order.outcome == "paid"


def test_a_pg_that_confirms_by_webhook_may_be_slow_with_the_key(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(request_of(desk, order))
    slow = desk.client.keys.copy()
    desk.client.keys.clear()

    arrive(desk, order, imp_uid)
    assert (order.outcome, "cancel" in desk.client.calls) == ("checking", False)

    desk.client.keys.update(slow)
    arrive(desk, order, imp_uid, source=WEBHOOK)
    assert order.outcome == "paid"


def test_a_new_card_does_not_hide_what_the_old_one_paid_without_an_answer(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    unknown = renew(desk, subscription, now=FEBRUARY)

    order = try_again(desk, subscription, now=FEBRUARY)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=FEBRUARY + timedelta(minutes=3))

    assert unknown.outcome == "paid"
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)
    assert len(desk.client.charges) == 2


def test_a_new_card_is_charged_when_the_old_ones_lost_answer_was_a_decline(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    unknown = renew(desk, subscription, now=FEBRUARY)

    order = try_again(desk, subscription, now=FEBRUARY)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=FEBRUARY + timedelta(minutes=3))

    assert unknown.outcome == "declined"
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)


def test_the_first_period_is_a_whole_one_whenever_it_is_paid(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later")
    later = NOW + timedelta(days=8)  # 8 February

    order = try_again(desk, subscription, now=later)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=later)

    assert subscription.anchor_day == 8
    assert subscription.paid_until == add_months(later, 1, anchor_day=8)


def test_retrying_by_hand_is_no_dunning_attempt(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    renew(desk, subscription, now=FEBRUARY)

    for minute in range(1, 6):
        at = FEBRUARY + timedelta(minutes=minute)
        renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=at)

    assert subscription.invoices[0].declines == 1
    assert subscription.next_charge_at == FEBRUARY + timedelta(days=1)


def test_other_cards_tried_between_two_retries_are_no_dunning_attempts(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    renew(desk, subscription, now=FEBRUARY)

    for minute in (5, 10, 15):
        at = FEBRUARY + timedelta(minutes=minute)
        order = try_again(desk, subscription, now=at)
        arrive(desk, order, desk.client.pay(request_of(desk, order), card="no_money_later"), now=at)

    assert (subscription.status, subscription.invoices[0].declines) == (SubscriptionStatus.PAST_DUE, 1)
    assert subscription.next_charge_at == FEBRUARY + timedelta(days=1)


def test_other_cards_tried_by_a_new_subscriber_are_no_dunning_attempts(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later")

    for minute in range(5, 30, 5):
        at = NOW + timedelta(minutes=minute)
        order = try_again(desk, subscription, now=at)
        arrive(desk, order, desk.client.pay(request_of(desk, order), card="no_money_later"), now=at)

    assert (subscription.status, subscription.invoices[0].declines) == (SubscriptionStatus.INCOMPLETE, 1)


def test_a_scheduled_attempt_that_was_unknown_counts_once_its_decline_is_known(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = "find"
    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=2))
    desk.client.silent_call = ""

    reconcile(desk, now=FEBRUARY + timedelta(minutes=3))

    assert (subscription.status, subscription.invoices[0].declines) == (SubscriptionStatus.PAST_DUE, 1)
    assert subscription.next_charge_at == FEBRUARY + timedelta(days=1, minutes=3)


def test_a_try_by_hand_that_was_unknown_leaves_the_next_step_where_it_is(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    renew(desk, subscription, now=FEBRUARY)
    desk.client.lose_answer = True
    at = FEBRUARY + timedelta(hours=1)
    renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=at)

    renew(desk, subscription, now=at + timedelta(minutes=2))

    assert subscription.invoices[0].declines == 1
    assert subscription.next_charge_at == FEBRUARY + timedelta(days=1)


def test_a_charge_the_pg_has_not_decided_about_is_not_asked_for_again(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.pending = True

    for minutes in (0, 2, 6):
        order = renew(desk, subscription, now=FEBRUARY + timedelta(minutes=minutes))
        assert (order.outcome, subscription.status) == ("checking", SubscriptionStatus.ACTIVE)
    assert len(desk.client.charges) == 2  # the first payment, and one for February
    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=FEBRUARY + timedelta(minutes=8))

    desk.client.decide()
    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=14))
    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)


def given_up(desk, user, plan):
    """Return a subscription and its renewal charge, which the PG has not decided within a day."""
    subscription = subscribe(desk, user, plan)
    desk.client.pending = True
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.pending = False
    renew(desk, subscription, now=FEBRUARY + timedelta(days=1))
    return subscription, order


def test_a_charge_the_pg_has_not_decided_about_in_a_day_is_declined(desk, user, plan):
    subscription, order = given_up(desk, user, plan)

    assert (order.outcome, subscription.status) == ("declined", SubscriptionStatus.PAST_DUE)
    assert subscription.next_charge_at > FEBRUARY + timedelta(days=1)
    following = renew(desk, subscription, now=subscription.next_charge_at)
    assert (following.merchant_uid[-2:], following.outcome, subscription.paid_until) == ("-2", "paid", MARCH)


def test_a_pg_that_never_decides_gives_no_period_away(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.pending = True

    for hours in range(24 * 14):
        desk.machine_now.move_to(FEBRUARY + timedelta(hours=hours))
        if renewals.due(desk, now=FEBRUARY + timedelta(hours=hours)):
            renew(desk, subscription, now=FEBRUARY + timedelta(hours=hours))

    assert subscription.status is SubscriptionStatus.CANCELLED
    assert len(desk.client.charges) == 1 + 4


@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_a_new_card_gets_past_a_charge_that_was_never_decided_about(desk, user, plan, guide):
    subscription, _ = given_up(desk, user, plan)

    at = FEBRUARY + timedelta(days=1, minutes=1)
    order = try_again(desk, subscription, guide, now=at)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=at)

    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)


@pytest.mark.parametrize("reported", [True, False], ids=["reported", "unreported"])
def test_a_charge_approved_after_it_was_given_up_pays_its_period(desk, user, plan, reported):
    subscription, order = given_up(desk, user, plan)
    desk.client.decide()

    if reported:
        arrive(desk, order, desk.client.payments[-1].imp_uid, source=WEBHOOK, now=FEBRUARY + timedelta(days=1))
    else:
        renew(desk, subscription, now=subscription.next_charge_at)

    assert (order.outcome, subscription.paid_until, len(desk.client.charges)) == ("paid", MARCH, 2)


def test_a_charge_approved_after_another_paid_its_period_is_refunded(desk, user, plan):
    subscription, order = given_up(desk, user, plan)
    renew(desk, subscription, now=subscription.next_charge_at)

    desk.client.decide()
    imp_uid = desk.client.find(order.merchant_uid).imp_uid
    arrive(desk, order, imp_uid, source=WEBHOOK, now=FEBRUARY + timedelta(days=5))

    assert (subscription.paid_until, desk.client.payment(imp_uid).amount_left) == (MARCH, 0)


def test_a_charge_that_was_given_up_is_not_followed_by_another_while_the_service_is_silent(desk, user, plan):
    subscription, _ = given_up(desk, user, plan)
    desk.client.silent_call = "find"

    with pytest.raises(ChargeInProgress):
        renew(desk, subscription, now=subscription.next_charge_at)

    assert len(desk.client.charges) == 2


def leave_a_window(desk, merchant_uid, key):
    desk.client.close({"merchant_uid": merchant_uid, "customer_uid": key.customer_uid, "amount": 19900, "pg": INICIS})


def test_a_window_left_under_a_charges_merchant_uid_is_not_taken_for_the_charge(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    leave_a_window(desk, declined.merchant_uid[:-1] + "2", declined.billing_key)
    desk.client.keys.clear()

    refused = renew(desk, subscription, now=FEBRUARY + timedelta(days=1))

    assert (refused.outcome, subscription.invoices[0].declines) == ("declined", 2)


def test_a_window_left_under_an_unknown_charge_does_not_keep_it_from_being_repeated(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""
    leave_a_window(desk, order.merchant_uid, order.billing_key)

    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=2))

    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)


def test_a_window_that_failed_under_an_unknown_charge_says_nothing_about_it(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""
    window = {"merchant_uid": order.merchant_uid, "customer_uid": "cu_x", "amount": 1, "pg": INICIS}

    arrive(desk, order, desk.client.pay(window, card="declined"), now=FEBRUARY)

    assert (order.outcome, subscription.status) == ("checking", SubscriptionStatus.ACTIVE)
    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=2))
    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)


def test_an_undecided_charge_whose_answer_was_lost_is_not_asked_for_again(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.pending = desk.client.lose_answer = True

    for minutes in (0, 3, 8):
        renew(desk, subscription, now=FEBRUARY + timedelta(minutes=minutes))

    assert len(desk.client.charges) == 2


def test_a_lost_charge_that_was_cancelled_in_the_console_is_cancelled_here(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.cancel_in_console(desk.client.find(order.merchant_uid).imp_uid)

    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))

    assert (order.outcome, order.fail_reason) == ("cancelled", None)
    assert len(desk.client.charges) == 2
    assert (subscription.status, subscription.next_charge_at) == (
        SubscriptionStatus.PAST_DUE,
        FEBRUARY + timedelta(days=1, minutes=3),
    )


def test_a_lost_charge_of_which_part_was_refunded_in_the_console_pays_its_period(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    order = renew(desk, subscription, now=FEBRUARY)
    imp_uid = desk.client.find(order.merchant_uid).imp_uid
    desk.client.cancel_in_console(imp_uid, Decimal(1000))

    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))

    assert (order.outcome, order.refunded, subscription.paid_until) == ("paid", 1000, MARCH)
    assert (len(desk.client.charges), desk.client.payment(imp_uid).amount_left) == (2, 18900)


def test_a_forged_payment_of_which_part_was_refunded_grants_nothing(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(request_of(desk, order), amount=2)
    desk.client.cancel_in_console(imp_uid, Decimal(1))

    arrive(desk, order, imp_uid)

    assert order.mismatch == "amount"
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_charge_whose_answer_took_long_to_be_lost_is_left_alone_from_then_on(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    desk.client.while_silent = lambda: desk.machine_now.move_to(FEBRUARY + timedelta(minutes=3))
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""

    assert renewals.due(desk, now=FEBRUARY + timedelta(minutes=4)) == []
    at = FEBRUARY + timedelta(minutes=4)
    renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=at)
    assert (order.outcome, len(desk.client.charges)) == ("checking", 1)

    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=5))
    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)


def test_pay_now_does_not_repeat_a_charge_that_may_still_be_running(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    order = renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW)
    desk.client.silent_call = ""

    at = NOW + timedelta(seconds=3)
    renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=at)
    assert (order.outcome, len(desk.client.charges)) == ("checking", 1)

    renew(desk, subscription, now=NOW + timedelta(minutes=2))
    assert (order.outcome, subscription.paid_until) == ("paid", MARCH)


def test_a_new_card_does_not_repeat_a_charge_that_may_still_be_running(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    unknown = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""

    soon = FEBRUARY + timedelta(minutes=1)
    order = try_again(desk, subscription, now=soon)
    arrive(desk, order, desk.client.pay(request_of(desk, order)), now=soon)
    assert (unknown.outcome, len(desk.client.charges)) == ("checking", 1)

    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=2))
    assert (unknown.outcome, unknown.billing_key) == ("paid", order.billing_key)


@pytest.mark.parametrize("days_late", [0, 1, 3, 7], ids=lambda days: f"day_{days}")
def test_a_card_registered_while_the_old_one_was_charged_is_tried_at_once(desk, user, plan, days_late):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    for days in (day for day in (0, 1, 3) if day < days_late):
        renew(desk, subscription, now=FEBRUARY + timedelta(days=days))
    at = FEBRUARY + timedelta(days=days_late)
    arrived = []

    def register_another():
        order = try_again(desk, subscription, now=at)
        arrive(desk, order, desk.client.pay(request_of(desk, order)), now=at)
        arrived.append(order)

    desk.client.after_charge = lambda payment: None if arrived else register_another()
    declined = renew(desk, subscription, now=at)
    assert (declined.outcome, renewals.due(desk, now=at)) == ("declined", [subscription.id])

    paid = renew(desk, subscription, now=at)
    assert (paid.outcome, paid.billing_key) == ("paid", arrived[0].billing_key)
    assert subscription.paid_until == MARCH


def test_looking_an_unknown_charge_up_does_not_postpone_its_repeat(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""

    reconcile(desk, now=FEBRUARY + timedelta(seconds=119))
    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=2))

    assert order.outcome == "paid"


def test_a_decline_that_reconcile_finds_makes_the_subscription_past_due(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    desk.client.lose_answer = True
    renew(desk, subscription, now=FEBRUARY)

    reconcile(desk, now=FEBRUARY + timedelta(minutes=5))

    assert subscription.status is SubscriptionStatus.PAST_DUE
    assert subscription.invoices[0].declines == 1


def test_a_claim_that_lapsed_is_not_taken_from_its_next_owner(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    theirs = []

    def lapse_and_be_claimed():
        desk.machine_now.move_to(FEBRUARY + desk.claim_lifetime + timedelta(seconds=1))
        theirs.append(claims.take(desk, subscription.id))

    desk.client.before_charge = lapse_and_be_claimed
    renew(desk, subscription, now=FEBRUARY)

    assert claims.is_current(theirs[0])


def test_a_foreign_imp_uid_does_not_hide_a_refund_that_is_owed(desk, user, dollar_plan):
    order, other = (place_order(desk, user, dollar_plan, "paymentwall") for _ in range(2))
    imp_uid, foreign = desk.client.pay(request_of(desk, order), amount=1), desk.client.pay(request_of(desk, other))
    desk.client.silent_call = "cancel"
    arrive(desk, order, imp_uid)

    arrive(desk, order, foreign, source=WEBHOOK)
    desk.client.silent_call = ""
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
    assert open_orders.due(desk, now=NOW + timedelta(minutes=6)) == []


def test_the_window_charges_what_the_open_bill_says(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    renew(desk, subscription, now=FEBRUARY)
    dollar_plan.amount = 9999
    db.session.commit()

    order = try_again(desk, subscription, "paymentwall", now=FEBRUARY)

    assert order.amount == order.invoice.amount == 4999


def test_changing_a_card_without_anything_due_is_followed_by_no_charge(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    order = try_again(desk, subscription)
    arrive(desk, order, desk.client.pay(request_of(desk, order)))

    renew(desk, subscription, now=FEBRUARY)

    assert orders.first_charge(order) is None
    assert [o.purpose for o in subscription.orders].count(OrderPurpose.CHARGE) == 2


def test_a_webhook_that_is_a_moment_younger_does_not_hold_the_first_payment_back(desk, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(request_of(desk, order))

    arrive(desk, order, imp_uid, source=WEBHOOK, now=NOW + timedelta(milliseconds=20))
    arrive(desk, order, imp_uid, source=Source.LANDING, now=NOW + timedelta(milliseconds=10))

    assert orders.first_charge(order).outcome == "paid"


def test_what_one_buyer_leaves_behind_is_not_cleared_up_by_the_next(desk, user, plan):
    desk.client.silent_call = "delete_customer_key"
    theirs = subscribe(desk, user, plan)
    subscriptions.cancel(desk, subscription=theirs, now=NOW)
    desk.client.silent_call = ""
    subscribe(desk, make_user("other@example.com"), plan)

    assert theirs.billing_key.status is KeyStatus.REVOKED
    assert theirs.billing_key.deleted_at is None
    assert theirs.invoices[0].status is InvoiceStatus.PAID


@pytest.mark.parametrize("guide", ["inicis", "chai"])
def test_a_first_card_that_is_approved_after_another_one_paid_is_let_go(desk, user, plan, guide):
    """The page reported that the first card failed, so the buyer tried another for the same subscription."""
    first = place_order(desk, user, plan, guide)
    failed = desk.client.pay(request_of(desk, first), card="declined")
    arrive(desk, first, failed)
    second = try_again(desk, first.subscription, guide)
    arrive(desk, second, desk.client.pay(request_of(desk, second)))

    desk.client.pay(request_of(desk, first))
    arrive(desk, first, failed, source=WEBHOOK)

    assert len(desk.client.charges) == 1
    assert first.subscription.billing_key is second.billing_key
    assert (second.billing_key.status, first.billing_key.status) == (KeyStatus.ACTIVE, KeyStatus.REVOKED)


def test_a_first_card_that_is_approved_late_is_taken_where_none_has_paid(desk, user, plan):
    first = place_order(desk, user, plan)
    failed = desk.client.pay(request_of(desk, first), card="declined")
    arrive(desk, first, failed)
    second = try_again(desk, first.subscription)
    arrive(desk, second, desk.client.pay(request_of(desk, second), card="declined"))

    desk.client.pay(request_of(desk, first))
    arrive(desk, first, failed)

    assert len(desk.client.charges) == 1
    assert first.subscription.billing_key is first.billing_key
    assert first.subscription.status is SubscriptionStatus.ACTIVE


def test_a_decline_that_was_approved_later_is_found_though_its_webhook_is_lost(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    declined = renew(desk, subscription, now=FEBRUARY)
    desk.client.approve_late(declined.imp_uid)

    found = renew(desk, subscription, now=subscription.next_charge_at)

    assert (found, declined.outcome, subscription.paid_until) == (declined, "paid", MARCH)
    assert len(desk.client.charges) == 1


def test_a_new_card_is_not_charged_early_for_what_the_old_one_was_asked_for(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    early = NOW + timedelta(days=5)
    desk.client.lose_answer = True
    renewals.collect(desk, subscription_id=subscription.id, now=early, period_start=FEBRUARY)
    change = try_again(desk, subscription, now=early)
    arrive(desk, change, desk.client.pay(request_of(desk, change)), now=early)
    charged = len(desk.client.charges)

    renew(desk, subscription, now=early + timedelta(minutes=3))

    assert len(desk.client.charges) == charged
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.ACTIVE, FEBRUARY)
