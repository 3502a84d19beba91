"""Late approvals without a webhook: reconcile finds each one, books it or refunds it, and stops looking in the end."""

from datetime import timedelta

import pytest

from clock import add_months
from models import LATE_LOOKS, db
from services import checkout, open_orders, renewals, subscriptions
from services.checkout import Source
from states import InvoiceStatus, KeyStatus, OrderStatus, SubscriptionStatus
from tests.factories import NOW, move_machine_clock, place_order, place_orders, reconcile, renew, subscribe, try_again

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)


def pay(desk, order, **how):
    return desk.client.pay(checkout.request(desk, order, language="ko"), **how)


def come_back(desk, order, imp_uid, *, now=NOW, message=None):
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "message": message}
    checkout.receive(desk, source=Source.CALLBACK, now=now, **news)


def decline(desk, order, *, now=NOW):
    """Decline the order's window, and return the `imp_uid`."""
    imp_uid = pay(desk, order, card="declined")
    come_back(desk, order, imp_uid, now=now)
    return imp_uid


def left(desk, imp_uid):
    return desk.client.payment(imp_uid).amount_left


def times_of_reads(desk, *, since, minutes):
    """Reconcile every minute, and return the minutes in which the service was read."""
    read_at = []
    for minute in range(1, minutes):
        calls = len(desk.client.calls)
        reconcile(desk, now=since + timedelta(minutes=minute))
        if len(desk.client.calls) > calls:
            read_at.append(timedelta(minutes=minute))
    return read_at


@pytest.mark.parametrize("after", [timedelta(minutes=1), timedelta(hours=5), timedelta(days=2, hours=23)], ids=str)
def test_a_charge_that_is_approved_late_pays_its_period(desk, user, plan, after):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    for look in LATE_LOOKS:
        if look < after:
            reconcile(desk, now=FEBRUARY + look)

    desk.client.approve_late(declined.imp_uid)
    reconcile(desk, now=FEBRUARY + next(look for look in LATE_LOOKS if look >= after))

    assert (declined.outcome, subscription.status) == ("paid", SubscriptionStatus.ACTIVE)
    assert (subscription.paid_until, len(desk.client.charges)) == (MARCH, 2)


def test_a_charge_that_is_approved_after_another_card_paid_its_period_is_refunded(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    other = try_again(desk, subscription, now=FEBRUARY)
    come_back(desk, other, pay(desk, other), now=FEBRUARY)
    assert subscription.paid_until == MARCH

    desk.client.approve_late(declined.imp_uid)
    reconcile(desk, now=FEBRUARY + timedelta(hours=1))

    assert (declined.mismatch, left(desk, declined.imp_uid)) == ("invoice", 0)
    assert subscription.paid_until == MARCH


@pytest.mark.parametrize("first_ends", ["declined", "closed", "abandoned"])
def test_the_first_of_two_windows_is_refunded_when_it_is_approved_after_the_second(desk, user, plan, first_ends):
    first = place_order(desk, user, plan, "jtnet")
    if first_ends == "declined":
        decline(desk, first)
    elif first_ends == "closed":
        come_back(desk, first, desk.client.close(checkout.request(desk, first, language="ko")), message="closed")
    second = try_again(desk, first.subscription, "jtnet")
    kept = pay(desk, second)
    come_back(desk, second, kept)
    if first_ends == "abandoned":
        reconcile(desk, now=NOW + timedelta(days=1, minutes=1))
        assert first.status is OrderStatus.CANCELLED

    surplus = pay(desk, first)
    reconcile(desk, now=NOW + timedelta(days=3))

    assert (second.outcome, first.mismatch) == ("paid", "invoice")
    assert (left(desk, kept), left(desk, surplus)) == (19900, 0)


def test_an_abandoned_window_that_is_approved_late_is_refunded(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    closed_at = NOW + timedelta(days=1, minutes=1)
    reconcile(desk, now=closed_at)
    assert (order.status, order.subscription.status) == (OrderStatus.CANCELLED, SubscriptionStatus.CANCELLED)

    imp_uid = pay(desk, order)
    reconcile(desk, now=closed_at + LATE_LOOKS[-1])

    assert left(desk, imp_uid) == 0
    assert order.subscription.paid_until is None


def test_a_charge_that_is_approved_after_its_subscription_was_cancelled_is_refunded(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    subscriptions.cancel(desk, subscription=subscription, now=FEBRUARY + timedelta(hours=1))

    desk.client.approve_late(declined.imp_uid)
    reconcile(desk, now=FEBRUARY + timedelta(hours=6))

    assert (declined.mismatch, left(desk, declined.imp_uid)) == ("invoice", 0)


def test_a_charge_that_is_approved_after_dunning_ended_its_subscription_is_refunded(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    for days in (0, 1, 3, 7):
        last = renew(desk, subscription, now=FEBRUARY + timedelta(days=days))
    (invoice, _) = subscription.invoices
    assert (invoice.status, subscription.is_alive) == (InvoiceStatus.UNCOLLECTIBLE, False)

    desk.client.approve_late(last.imp_uid)
    reconcile(desk, now=FEBRUARY + timedelta(days=8))

    assert (last.mismatch, left(desk, last.imp_uid)) == ("invoice", 0)
    assert invoice.status is InvoiceStatus.UNCOLLECTIBLE


def test_a_late_approval_pays_an_uncollectible_period_of_a_subscription_that_goes_on(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    declined.invoice.mark_uncollectible()
    db.session.commit()

    desk.client.approve_late(declined.imp_uid)
    reconcile(desk, now=FEBRUARY + timedelta(hours=1))

    assert (declined.outcome, declined.invoice.status) == ("paid", InvoiceStatus.PAID)
    assert (subscription.status, subscription.paid_until) == (SubscriptionStatus.ACTIVE, MARCH)


def test_a_late_approval_of_an_uncollectible_period_is_refunded_when_a_later_one_was_paid(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    declined.invoice.mark_uncollectible()
    subscription.renew(until=add_months(NOW, 3, anchor_day=31))
    db.session.commit()

    desk.client.approve_late(declined.imp_uid)
    reconcile(desk, now=FEBRUARY + timedelta(hours=1))

    assert (declined.mismatch, left(desk, declined.imp_uid)) == ("invoice", 0)


def test_a_payment_in_the_second_window_after_a_forged_first_one_is_refunded(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    come_back(desk, order, pay(desk, order, amount=1))
    assert order.mismatch == "amount"

    right = pay(desk, order)
    reconcile(desk, now=NOW + timedelta(hours=1))

    assert left(desk, right) == 0


def test_a_card_change_that_is_approved_late_does_not_replace_a_newer_card(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    abandoned = try_again(desk, subscription)
    closed_at = NOW + timedelta(days=1, minutes=1)
    reconcile(desk, now=closed_at)
    newer = try_again(desk, subscription, now=closed_at)
    come_back(desk, newer, pay(desk, newer), now=closed_at)

    pay(desk, abandoned)
    reconcile(desk, now=closed_at + timedelta(hours=1))

    assert subscription.billing_key is newer.billing_key
    assert (newer.billing_key.status, abandoned.billing_key.status) == (KeyStatus.ACTIVE, KeyStatus.REVOKED)


# A card that is approved late, without a payment ----------------------------------------------------------


@pytest.mark.parametrize(("after", "is_charged"), [(timedelta(hours=7), True), (timedelta(days=3), False)], ids=str)
def test_a_card_that_is_approved_late_is_charged_only_while_its_buyer_may_expect_it(
    desk, user, plan, after, is_charged
):
    order = place_order(desk, user, plan)
    decline(desk, order)
    pay(desk, order)

    reconcile(desk, now=NOW + after)
    charged = [renew(desk, order.subscription, now=NOW + after).outcome for _ in renewals.due(desk, now=NOW + after)]

    subscription = order.subscription
    assert (order.outcome, order.billing_key.is_usable) == ("registered", True)
    assert (charged, len(desk.client.charges)) == ((["paid"], 1) if is_charged else ([], 0))
    assert (subscription.waits_for_buyer, order.awaits_charge) == (not is_charged, False)


def test_a_buyer_starts_the_subscription_of_a_card_that_was_approved_late(desk, user, plan):
    order, later = place_order(desk, user, plan), NOW + timedelta(days=3)
    decline(desk, order)
    pay(desk, order)
    reconcile(desk, now=later)
    subscription = order.subscription

    first = renewals.collect(desk, subscription_id=subscription.id, period_start=later, now=later)

    assert (first.outcome, subscription.status) == ("paid", SubscriptionStatus.ACTIVE)
    assert subscription.waits_for_buyer is False


def test_a_card_that_is_approved_late_does_not_replace_a_newer_one_that_was_declined(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    earlier = try_again(desk, subscription)
    decline(desk, earlier)
    newer = try_again(desk, subscription)
    come_back(desk, newer, pay(desk, newer, card="no_money_later"))
    renew(desk, subscription, now=FEBRUARY)
    earlier.late_look_at = FEBRUARY
    db.session.commit()
    charges = len(desk.client.charges)

    pay(desk, earlier)
    reconcile(desk, now=FEBRUARY)

    assert (subscription.billing_key, len(desk.client.charges)) == (newer.billing_key, charges)
    assert earlier.billing_key.is_usable is False


def test_a_subscription_that_waits_for_its_buyer_outlives_an_abandoned_window(desk, user, plan):
    order, later = place_order(desk, user, plan), NOW + timedelta(days=3)
    decline(desk, order)
    pay(desk, order)
    reconcile(desk, now=later)
    try_again(desk, order.subscription, now=later)

    reconcile(desk, now=later + timedelta(days=1, minutes=1))

    assert order.subscription.is_alive


def test_a_charge_that_was_never_made_is_closed_when_a_late_approval_paid_its_period(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = "again"
    unknown = renew(desk, subscription, now=FEBRUARY + timedelta(days=1))
    desk.client.silent_call = ""
    desk.client.approve_late(declined.imp_uid)
    reconcile(desk, now=FEBRUARY + timedelta(days=1, minutes=1))
    assert (subscription.paid_until, unknown.outcome) == (MARCH, "checking")

    reconcile(desk, now=FEBRUARY + timedelta(days=2, minutes=2))

    assert (unknown.status, unknown.look_at) == (OrderStatus.CANCELLED, None)
    assert subscription.status is SubscriptionStatus.ACTIVE


def test_a_charge_that_was_never_made_stays_open_while_the_worker_may_repeat_it(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    unknown = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""

    reconcile(desk, now=FEBRUARY + timedelta(days=2))

    assert unknown.status is OrderStatus.READY


def test_a_failed_attempt_is_read_on_a_schedule_that_ends(desk, user, plan):
    decline(desk, place_order(desk, user, plan))

    read_at = times_of_reads(desk, since=NOW, minutes=15 * 24 * 60)

    assert read_at == list(LATE_LOOKS)
    assert LATE_LOOKS[-1] == timedelta(days=7)


def test_a_worker_that_was_down_for_the_whole_schedule_reads_once(desk, user, plan):
    order = place_order(desk, user, plan)
    decline(desk, order)
    imp_uid = pay(desk, order)
    later = NOW + timedelta(days=60)

    reconcile(desk, now=later)

    assert (order.outcome, order.imp_uid) == ("registered", imp_uid)
    assert open_orders.due(desk, now=later + timedelta(days=60)) == []


def test_a_look_without_an_answer_is_repeated_even_after_the_last_one(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    decline(desk, order)
    pay(desk, order)
    desk.client.silent = True
    reconcile(desk, now=NOW + LATE_LOOKS[-1])
    desk.client.silent = False

    reconcile(desk, now=NOW + LATE_LOOKS[-1] + timedelta(hours=1))

    assert order.outcome == "paid"


def test_the_last_look_is_repeated_when_its_process_dies_during_the_read(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    decline(desk, order)
    pay(desk, order)
    desk.client.raises["find"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        reconcile(desk, now=NOW + LATE_LOOKS[-1])
    db.session.rollback()
    desk.client.raises.clear()

    reconcile(desk, now=NOW + LATE_LOOKS[-1] + timedelta(minutes=2))

    assert order.outcome == "paid"


def test_a_payment_that_was_found_and_one_that_was_refunded_are_not_read_again(desk, plan):
    paid, refunded = place_orders(desk, plan, NOW, NOW, guide="jtnet")
    for order in (paid, refunded):
        decline(desk, order)
        come_back(desk, order, pay(desk, order))
    desk.client.cancel_in_console(refunded.imp_uid)
    come_back(desk, refunded, refunded.imp_uid)
    assert (paid.outcome, refunded.outcome) == ("paid", "cancelled")

    assert times_of_reads(desk, since=NOW, minutes=60) == []


def test_a_round_takes_a_batch_of_failed_attempts_beside_the_open_orders(desk, plan):
    failed = place_orders(desk, plan, NOW, NOW, NOW)
    for n, order in enumerate(failed):
        decline(desk, order, now=NOW + timedelta(seconds=n))
    waiting = place_orders(desk, plan, NOW, NOW, NOW)

    move_machine_clock(desk, NOW + timedelta(minutes=5))
    taken = open_orders.due(desk, now=NOW + timedelta(minutes=5), limit=2)

    assert taken == [order.id for order in (*waiting[:2], *failed[:2])]


def test_two_workers_with_the_same_list_read_an_attempt_once(desk, user, plan):
    order = place_order(desk, user, plan)
    decline(desk, order)
    later = NOW + timedelta(minutes=2)
    open_orders.process(desk, order_id=order.id, now=later)
    calls = len(desk.client.calls)

    open_orders.process(desk, order_id=order.id, now=later)

    assert len(desk.client.calls) == calls


def test_an_unanswered_charge_of_a_suspended_subscription_is_closed_after_a_day(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "again"
    order = renew(desk, subscription, now=FEBRUARY)
    desk.client.silent_call = ""
    subscription.suspend()
    db.session.commit()

    reconcile(desk, now=FEBRUARY + timedelta(days=2))

    assert order.status is OrderStatus.CANCELLED
