"""One purchase, one subscription: two tabs, the Back button and a double POST buy a plan once."""

from datetime import timedelta

import pytest

from errors import AlreadySubscribed, StillPaid
from models import Order, Subscription, db
from services import checkout, purchases, subscriptions
from services.checkout import Source
from services.iamport import Unknown
from states import InvoiceStatus, OrderStatus, SubscriptionStatus
from tests.factories import NOW, make_user, place_order, reconcile, subscribe, try_again


def pay(desk, order: Order, *, now=NOW) -> str:
    """Pay in the window of an order and return to the shop."""
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)
    return imp_uid


def count_of_subscriptions() -> int:
    return db.session.query(Subscription).count()


# A plan that the buyer has --------------------------------------------------------------------------------


@pytest.mark.parametrize("card", ["approved", "no_money_later"])
def test_a_second_purchase_of_a_plan_asks_and_writes_nothing(desk, user, plan, card):
    subscription = subscribe(desk, user, plan, card=card)
    orders = db.session.query(Order).count()

    with pytest.raises(AlreadySubscribed) as asked:
        place_order(desk, user, plan, beside=None)

    assert asked.value.beside == subscription.id
    assert (db.session.query(Order).count(), count_of_subscriptions()) == (orders, 1)


def test_who_confirms_gets_a_second_subscription_and_is_asked_again_for_a_third(desk, user, plan):
    first = subscribe(desk, user, plan)

    pay(desk, place_order(desk, user, plan, beside=first.id))

    second = purchases.overlap(user, plan, now=NOW).subscription
    assert second is not first
    assert (first.status, second.status) == (SubscriptionStatus.ACTIVE, SubscriptionStatus.ACTIVE)
    with pytest.raises(AlreadySubscribed) as asked:
        place_order(desk, user, plan, beside=first.id)
    assert asked.value.beside == second.id


def test_the_yes_to_one_subscription_is_no_yes_to_another(desk, user, plan):
    theirs = subscribe(desk, make_user("minsu@example.com"), plan)
    subscribe(desk, user, plan)

    with pytest.raises(AlreadySubscribed):
        place_order(desk, user, plan, beside=theirs.id)


def test_another_plan_and_a_guide_run_are_not_asked_about(desk, user, plan, dollar_plan):
    subscribe(desk, user, plan)

    assert place_order(desk, user, dollar_plan, "paymentwall", beside=None).status is OrderStatus.READY
    assert place_order(desk, user, plan, beside=None, run_id="run_1").status is OrderStatus.READY


# A plan that is cancelled and still paid ------------------------------------------------------------------


def test_a_plan_that_is_cancelled_and_still_paid_names_the_overlap(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    paid_until = subscription.paid_until
    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    with pytest.raises(StillPaid) as asked:
        place_order(desk, user, plan, beside=None)

    assert (asked.value.beside, asked.value.until) == (subscription.id, paid_until)
    assert place_order(desk, user, plan, beside=subscription.id).status is OrderStatus.READY
    assert place_order(desk, user, plan, beside=None, now=paid_until).status is OrderStatus.READY


def test_a_plan_whose_access_ended_early_overlaps_with_nothing(desk, user, plan):
    subscriptions.cancel(desk, subscription=subscribe(desk, user, plan), access_ends=True, now=NOW)

    assert purchases.overlap(user, plan, now=NOW) is None


def test_a_refunded_period_overlaps_with_nothing(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    subscriptions.cancel(desk, subscription=subscription, now=NOW)
    subscription.invoices[0].mark_refunded()
    db.session.commit()

    assert place_order(desk, user, plan, beside=None).status is OrderStatus.READY


# A purchase that is not finished --------------------------------------------------------------------------


@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_another_window_for_a_plan_closes_the_earlier_one(desk, user, plan, guide):
    first = place_order(desk, user, plan, "jtnet")

    second = place_order(desk, user, plan, guide)

    assert (first.outcome, second.outcome) == ("cancelled", "checking")
    assert first.subscription is second.subscription
    assert first.subscription.is_alive


@pytest.mark.parametrize("first_paid", [0, 1], ids=["earlier window first", "later window first"])
def test_if_both_windows_are_paid_the_second_payment_goes_back(desk, user, plan, first_paid):
    windows = [place_order(desk, user, plan, "jtnet") for _ in range(2)]

    kept = pay(desk, windows[first_paid])
    surplus = pay(desk, windows[1 - first_paid])

    subscription = windows[0].subscription
    assert (windows[first_paid].outcome, windows[1 - first_paid].outcome) == ("paid", "mismatch")
    assert (desk.client.payment(kept).cancel_amount, desk.client.payment(surplus).amount_left) == (0, 0)
    assert [invoice.status for invoice in subscription.invoices] == [InvoiceStatus.PAID]
    assert subscription.billing_key is windows[first_paid].billing_key
    assert count_of_subscriptions() == 1


@pytest.mark.parametrize("first_paid", [0, 1], ids=["earlier window first", "later window first"])
def test_a_key_only_window_and_a_paid_one_take_one_payment(desk, user, plan, first_paid):
    windows = [place_order(desk, user, plan, guide) for guide in ("jtnet", "inicis")]

    pay(desk, windows[first_paid])
    pay(desk, windows[1 - first_paid])

    subscription = windows[0].subscription
    charging = {order.merchant_uid for order in subscription.orders if order.invoice is not None}
    kept = [p for p in desk.client.payments if p.merchant_uid in charging and p.amount_left > 0]
    assert [payment.amount_left for payment in kept] == [19900]
    assert [invoice.status for invoice in subscription.invoices] == [InvoiceStatus.PAID]


def test_a_card_of_a_closed_window_does_not_replace_the_one_that_paid(desk, user, plan):
    earlier, later = (place_order(desk, user, plan) for _ in range(2))

    pay(desk, later)
    pay(desk, earlier)

    assert earlier.subscription.billing_key is later.billing_key
    assert len(desk.client.charges) == 1
    assert set(desk.client.keys) == {later.billing_key.customer_uid}


def test_a_closed_window_that_was_paid_is_found_without_its_webhook(desk, user, plan):
    earlier = place_order(desk, user, plan, "jtnet")
    desk.client.pay(checkout.request(desk, earlier, language="ko"))
    place_order(desk, user, plan, "jtnet")

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert earlier.outcome == "paid"


def test_a_window_that_cannot_open_leaves_the_earlier_one_open(desk, user, plan):
    earlier = place_order(desk, user, plan, "jtnet")
    desk.client.raises["prepare"] = Unknown("no answer")

    with pytest.raises(Exception, match="no answer"):
        place_order(desk, user, plan, "jtnet")

    assert earlier.status is OrderStatus.READY
    assert earlier.subscription.is_alive


def test_a_new_price_begins_a_new_purchase(desk, user, plan):
    earlier = place_order(desk, user, plan, "jtnet")
    plan.amount += 1000
    db.session.commit()

    order = place_order(desk, user, plan, "jtnet")
    surplus = pay(desk, earlier)

    assert order.amount == plan.amount
    assert desk.client.payment(surplus).amount_left == 0


def test_a_purchase_never_continues_a_guide_run(desk, user, plan):
    run = place_order(desk, user, plan, run_id="run_1")

    order = place_order(desk, user, plan)

    assert order.subscription is not run.subscription
    assert run.status is OrderStatus.READY


# Try again on the page of an order, and another card ------------------------------------------------------


@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_trying_again_closes_the_earlier_window(desk, user, plan, guide):
    first = place_order(desk, user, plan, guide)

    again = try_again(desk, first.subscription, guide)

    assert (first.outcome, again.outcome) == ("cancelled", "checking")
    assert first.late_look_at is not None


@pytest.mark.parametrize("first_paid", [0, 1])
def test_if_both_tries_are_paid_the_second_payment_is_refunded(desk, user, plan, first_paid):
    first = place_order(desk, user, plan, "jtnet")
    orders = [first, try_again(desk, first.subscription, "jtnet")]

    kept = pay(desk, orders[first_paid])
    surplus = pay(desk, orders[1 - first_paid])

    assert (orders[first_paid].outcome, orders[1 - first_paid].mismatch) == ("paid", "invoice")
    assert (desk.client.payment(kept).cancel_amount, desk.client.payment(surplus).amount_left) == (0, 0)


def test_another_window_for_a_card_closes_the_earlier_one(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    first, second = (try_again(desk, subscription) for _ in range(2))

    assert (first.outcome, second.outcome) == ("cancelled", "checking")
    pay(desk, second)
    pay(desk, first)
    assert subscription.billing_key is second.billing_key
