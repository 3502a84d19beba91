"""Recurring charges: once per period, whatever fails on the way."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from clock import add_months
from errors import ChargeInProgress, KeyNotConfirmed, NothingToCharge
from models import Order, db
from rounds import charge_due
from services import billing_keys, checkout, claims, renewals, subscriptions
from services.checkout import Source
from services.iamport import Refused
from services.processes import Process
from states import InvoiceStatus, KeyStatus, OrderPurpose, OrderStatus, SubscriptionStatus
from tests.factories import (
    NOW,
    WEBHOOK,
    make_user,
    move_machine_clock,
    place_order,
    receive,
    renew,
    subscribe,
    try_again,
)
from tests.fakes import DUPLICATE

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)


def charges_of(subscription):
    return [order for order in reversed(subscription.orders) if order.purpose is OrderPurpose.CHARGE]


def test_a_due_subscription_is_charged_for_the_next_period(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    assert renewals.due(desk, now=FEBRUARY) == [subscription.id]
    order = renew(desk, subscription, now=FEBRUARY)

    assert order.outcome == "paid"
    assert order.merchant_uid == f"{order.invoice.number}-1"
    assert subscription.paid_until == MARCH
    assert renewals.due(desk, now=FEBRUARY) == []


def test_nothing_is_due_before_its_time(desk, user, plan):
    subscribe(desk, user, plan)

    assert renewals.due(desk, now=FEBRUARY - timedelta(seconds=1)) == []


def test_paymentwall_gets_what_it_demands(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall")
    user.email, user.name = "new@example.com", "New Name"

    renew(desk, subscription, now=FEBRUARY)

    (charge,) = desk.client.charges
    assert charge["buyer_email"] == "jisoo@example.com"
    assert charge["buyer_name"] == "Jisoo Kim"
    assert charge["currency"] == "USD"
    assert charge["browser_ip"] == "203.0.113.7"
    assert str(charge["amount"]) == "49.99"


def test_paymentwall_is_not_charged_before_the_webhook_of_its_issue(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="en"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    early = {"subscription_id": order.subscription_id, "period_start": FEBRUARY, "now": NOW}

    with pytest.raises(KeyNotConfirmed):
        renewals.collect(desk, **early)

    receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    assert renewals.collect(desk, **early).outcome == "paid"


def test_a_declined_renewal_makes_the_subscription_past_due(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")

    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, order.fail_reason) == ("declined", "잔액이 부족합니다.")
    assert subscription.status is SubscriptionStatus.PAST_DUE
    assert subscription.next_charge_at == FEBRUARY + timedelta(days=1)
    assert subscriptions.last_decline(subscription) is order


def test_the_retry_schedule_takes_one_attempt_per_step_and_then_ends(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")

    days = []
    while subscription.next_charge_at:
        days.append((subscription.next_charge_at - FEBRUARY).days)
        renew(desk, subscription, now=subscription.next_charge_at)

    assert days == [0, 1, 3, 7]
    assert [order.merchant_uid[-2:] for order in charges_of(subscription)[1:]] == ["-1", "-2", "-3", "-4"]
    assert subscription.invoices[0].status is InvoiceStatus.UNCOLLECTIBLE
    assert (subscription.status, subscription.billing_key.status) == (SubscriptionStatus.CANCELLED, KeyStatus.REVOKED)


def test_a_declined_first_payment_leaves_a_way_to_pay_with_another_card(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later")
    assert (subscription.status, subscription.was_declined) == (SubscriptionStatus.INCOMPLETE, True)
    assert subscription.next_charge_at == NOW + timedelta(days=1)
    later = NOW + timedelta(days=2)

    order = try_again(desk, subscription, now=later)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=later)

    assert (subscription.status, subscription.was_declined) == (SubscriptionStatus.ACTIVE, False)
    assert subscription.billing_key is order.billing_key
    assert subscription.invoices[0].period_start == later
    assert len(desk.client.keys) == 1


def test_a_new_paymentwall_card_pays_the_period_that_is_due_in_the_window(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    renew(desk, subscription, now=FEBRUARY)

    order = try_again(desk, subscription, "paymentwall", now=FEBRUARY)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=FEBRUARY)

    assert order.merchant_uid.endswith("-2")
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)


def test_a_new_jtnet_card_is_registered_without_a_charge_while_nothing_is_due(desk, user, plan):
    subscription = subscribe(desk, user, plan, "jtnet")

    order = try_again(desk, subscription, "jtnet")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (order.amount, order.outcome) == (0, "registered")
    assert subscription.paid_until == FEBRUARY
    assert desk.client.charges == []


def test_an_early_decline_owes_nothing(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")

    order = renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW)

    assert order.outcome == "declined"
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.ACTIVE, FEBRUARY)


def test_charging_the_same_period_twice_answers_with_the_first_payment(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    first, second = (
        renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW) for _ in range(2)
    )

    assert first is second
    assert subscription.paid_until == MARCH


def test_a_lost_answer_is_unknown_and_never_charged_twice(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True

    unknown = renew(desk, subscription, now=FEBRUARY)
    assert (unknown.outcome, subscription.status) == ("checking", SubscriptionStatus.ACTIVE)

    again = renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))
    assert (again, again.outcome) == (unknown, "paid")
    assert len(desk.client.charges) == 2  # the first payment, and one for February


def test_a_charge_that_never_arrived_is_repeated_under_the_same_merchant_uid(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    unknown = renew(desk, subscription, now=FEBRUARY)

    desk.client.silent_call = ""
    again = renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))

    assert (again, again.outcome) == (unknown, "paid")
    assert db.session.query(Order).filter(Order.invoice == again.invoice).count() == 1


def test_the_duplicate_refusal_is_read_as_an_earlier_success(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.lose_answer = True
    order = renew(desk, subscription, now=FEBRUARY)
    order.checked_at = None  # as if the process had died before it recorded the unknown outcome
    db.session.commit()

    again = renew(desk, subscription, now=FEBRUARY + timedelta(minutes=6))

    assert again.outcome == "paid"
    assert DUPLICATE not in (again.fail_reason or "")


def test_two_callers_cannot_charge_one_subscription_at_once(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    refused = []

    def second_caller():
        with pytest.raises(ChargeInProgress) as caught:
            renew(desk, subscription, now=FEBRUARY)
        refused.append(caught.value.code)

    desk.client.before_charge = second_caller
    renew(desk, subscription, now=FEBRUARY)

    assert refused == ["charge_in_progress"]
    assert len(desk.client.charges) == 2


def test_a_claim_lapses_when_its_owner_died(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    claims.take(desk, subscription.id)
    taken_at = desk.machine_now()

    desk.machine_now.move_to(taken_at + desk.claim_lifetime)
    assert renewals.due(desk, now=FEBRUARY) == []

    desk.machine_now.move_to(taken_at + desk.claim_lifetime + timedelta(seconds=1))
    assert renewals.due(desk, now=FEBRUARY) == [subscription.id]


def test_an_open_window_for_the_period_holds_the_charge_back(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall")
    try_again(desk, subscription, "paymentwall", now=FEBRUARY)

    with pytest.raises(ChargeInProgress):
        renew(desk, subscription, now=FEBRUARY)

    assert renew(desk, subscription, now=FEBRUARY + timedelta(minutes=31)).outcome == "paid"


def test_one_window_after_the_other_holds_no_charge_back(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall")
    for minutes in (0, 25):
        at = FEBRUARY + timedelta(minutes=minutes)
        try_again(desk, subscription, "paymentwall", now=at)
        with pytest.raises(ChargeInProgress):
            renew(desk, subscription, now=at)

    assert renew(desk, subscription, now=FEBRUARY + timedelta(minutes=30)).outcome == "paid"


def test_a_window_of_the_last_attempt_leaves_the_next_one_time_for_another(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall", card="no_money_later")
    for _ in range(2):
        at = subscription.next_charge_at
        try_again(desk, subscription, "paymentwall", now=at)
        with pytest.raises(ChargeInProgress):
            renew(desk, subscription, now=at)
        renew(desk, subscription, now=at + timedelta(minutes=31))

    assert subscription.invoices[0].declines == 2


def test_a_cancelled_subscription_is_never_charged_and_its_key_is_deleted(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    assert renewals.due(desk, now=MARCH) == []
    assert desk.client.keys == {}
    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=FEBRUARY)


def test_a_key_whose_deletion_got_no_answer_is_deleted_later(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "delete_customer_key"
    subscriptions.cancel(desk, subscription=subscription, now=NOW)
    assert subscription.billing_key.deleted_at is None

    desk.client.silent_call = ""
    later = NOW + timedelta(minutes=3)
    move_machine_clock(desk, later)
    assert billing_keys.delete_revoked(desk, now=later, user=user) == 1
    assert desk.client.keys == {}


def test_a_worker_that_was_away_for_months_charges_one_period_a_day(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    back = MARCH + timedelta(days=5)

    paid = []
    for days in range(4):
        today = back + timedelta(days=days)
        while subscription.id in renewals.due(desk, now=today):
            paid.append((days, renew(desk, subscription, now=today).outcome))

    assert paid == [(0, "paid"), (1, "paid")]
    assert subscription.next_charge_at == subscription.paid_until > back


def test_a_retry_schedule_that_begins_late_is_as_long_as_any(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    at = FEBRUARY + timedelta(days=8)

    tries = []
    while subscription.is_alive:
        renew(desk, subscription, now=at)
        tries.append(at - FEBRUARY)
        at = subscription.next_charge_at or at

    assert [gap.days for gap in tries] == [8, 9, 11, 15]


@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_fault_of_ours_costs_no_subscriber_a_step(desk, user, plan, status):
    subscription = subscribe(desk, user, plan)
    desk.client.raises["again"] = Refused("IP address is not allowed", code=-1, status=status)
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.raises.clear()

    with pytest.raises(NothingToCharge):
        renew(desk, subscription, now=FEBRUARY + timedelta(minutes=59))
    renew(desk, subscription, now=FEBRUARY + timedelta(hours=1))

    assert (order.outcome, subscription.status) == ("paid", SubscriptionStatus.ACTIVE)


# Pauses ---------------------------------------------------------------------------------------------------


def silent_retries(desk, plan, count):
    """Return past-due subscriptions whose earlier attempt cannot be looked up."""
    made = [subscribe(desk, make_user(f"buyer{n}@example.com"), plan, card="no_money_at_renewal") for n in range(count)]
    for subscription in made:
        renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = "find"
    return made


def test_a_pause_is_machine_time_and_leaves_the_due_date_alone(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent = True
    renew(desk, subscription, now=FEBRUARY)

    assert subscription.next_charge_at == FEBRUARY
    assert renewals.due(desk, now=FEBRUARY + timedelta(days=30)) == []
    desk.machine_now.move_to(FEBRUARY + timedelta(minutes=2))
    assert renewals.due(desk, now=FEBRUARY) == [subscription.id]


def test_pauses_grow_to_a_quarter_of_an_hour(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent = True

    pauses = []
    for _ in range(8):
        renew(desk, subscription, now=subscription.charge_not_before or FEBRUARY)
        pauses.append((subscription.charge_not_before - desk.machine_now()) / timedelta(minutes=1))

    assert pauses[0] == 2
    assert all(full * 3 / 4 <= pause <= full for pause, full in zip(pauses, (2, 4, 8, 15, 15, 15, 15, 15), strict=True))


def test_an_outcome_ends_the_pause(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent = True
    renew(desk, subscription, now=FEBRUARY)
    desk.client.silent = False

    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=2))

    assert (subscription.charge_not_before, subscription.pauses) == (None, 0)


def test_an_unknown_outcome_of_an_earlier_attempt_pauses_the_retry(desk, plan):
    (subscription,) = silent_retries(desk, plan, 1)
    due_at = subscription.next_charge_at
    desk.client.calls.clear()

    for _ in range(20):
        for subscription_id in renewals.due(desk, now=due_at):
            with pytest.raises(ChargeInProgress):
                renewals.collect(desk, subscription_id=subscription_id, now=due_at)
        desk.machine_now.move_to(desk.machine_now() + timedelta(seconds=5))

    assert desk.client.calls.count("find") == 1
    assert subscription.next_charge_at == due_at


def test_subscriptions_that_fail_do_not_hold_up_the_others(app, desk, plan):
    failing = silent_retries(desk, plan, 12)
    at = FEBRUARY + timedelta(days=2)
    desk.client.silent_call = ""
    newer = [
        subscribe(desk, make_user(f"new{n}@example.com"), plan, now=add_months(at, -1, anchor_day=2)) for n in range(10)
    ]
    left, all_newer_tried, in_time = {one.id for one in newer}, Event(), []
    desk.client.silent_call = "find"
    desk.client.while_silent = lambda: in_time.append(all_newer_tried.wait(timeout=60))

    def report(attempt, _tally):
        left.discard(attempt.subscription_id)
        if not left:
            all_newer_tried.set()

    tally = charge_due(app, desk, threads=2, now=lambda: at, report=report)

    assert in_time == [True] * len(failing)
    assert (tally.paid, tally.unknown) == (len(newer), len(failing))
    assert renewals.due(desk, now=at) == []


def test_a_round_takes_over_from_a_worker_that_ends_during_it(app, desk, user, plan):
    first, second = (subscribe(desk, user, plan) for _ in range(2))
    another = replace(desk, process=Process())
    claims.take(another, second.id)
    desk.client.before_charge = another.process.leave

    tally = charge_due(app, desk, threads=1, now=lambda: FEBRUARY)

    db.session.expire_all()
    assert tally.paid == 2
    assert (first.paid_until, second.paid_until) == (MARCH, MARCH)


class Killed(BaseException):
    """Ends the process in the middle of a charge."""


def test_an_early_charge_that_a_crash_left_unsent_is_taken_up_by_the_worker(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    def kill() -> None:
        raise Killed

    desk.client.before_charge = kill
    with pytest.raises(Killed):
        renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW)
    desk.client.before_charge = lambda: None
    later = NOW + timedelta(hours=1)
    desk.machine_now.move_to(later)

    assert list(renewals.due(desk, now=later)) == [subscription.id]
    assert renew(desk, subscription, now=later).status is OrderStatus.PAID
    assert (subscription.paid_until, subscription.next_charge_at) == (MARCH, MARCH)
