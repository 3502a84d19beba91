"""Checkout: the order before the window opens, and the request that opens it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from errors import (
    ChargeInProgress,
    InvalidRequest,
    NothingToCharge,
    OrderNotFound,
    OutOfDate,
    PaymentServiceDown,
    PaymentServiceRefused,
    PgUnavailable,
)
from models import JournalEntry, Order, Subscription, db
from services import catalog, checkout, open_orders, orders, renewals, subscriptions
from services.checkout import Source
from services.iamport import Refused, Unknown
from states import OrderPurpose, OrderStatus, SubscriptionStatus
from tests.factories import NOW, WEBHOOK, make_buyer, place_order, receive, reconcile, subscribe, try_again


@pytest.mark.parametrize(
    ("guide", "variant", "slug", "purpose", "amount", "registered"),
    [
        ("inicis", "", "coffee-monthly", OrderPurpose.ISSUE, 19900, False),
        ("chai", "", "coffee-monthly", OrderPurpose.ISSUE, 19900, False),
        ("jtnet", "2-1", "coffee-monthly", OrderPurpose.ISSUE, 0, False),
        ("jtnet", "2-2", "coffee-monthly", OrderPurpose.ISSUE_AND_CHARGE, 19900, True),
        ("paymentwall", "", "global-monthly", OrderPurpose.ISSUE_AND_CHARGE, 4999, True),
    ],
)
def test_an_order_is_what_the_charge_rule_of_its_pg_makes_it(
    desk, user, guide, variant, slug, purpose, amount, registered
):
    plan = catalog.plan_on_sale(slug)

    order = place_order(desk, user, plan, guide, variant_id=variant)

    assert (order.purpose, order.amount, order.currency) == (purpose, amount, plan.currency)
    assert (order.invoice is not None) is registered
    assert (order.merchant_uid in desk.client.amounts) is registered


def test_the_registered_amount_is_in_major_units(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")

    assert desk.client.amounts == {order.merchant_uid: Decimal("49.99")}


@pytest.mark.parametrize(
    ("guide", "slug", "amount"), [("inicis", "plan", 19900), ("paymentwall", "dollar_plan", 49.99)]
)
def test_the_request_carries_our_ids_price_and_addresses(desk, user, request, guide, slug, amount):
    order = place_order(desk, user, request.getfixturevalue(slug), guide)

    sent = checkout.request(desk, order, language="ko")

    assert sent["merchant_uid"] == order.merchant_uid
    assert sent["customer_uid"] == order.billing_key.customer_uid
    assert (sent["amount"], type(sent["amount"])) == (amount, type(amount))
    assert sent["m_redirect_url"] == "http://shop.test/payments/landing"
    assert sent["notice_url"] == "http://shop.test/webhooks/iamport"


@pytest.mark.parametrize(
    ("purpose", "language", "name"),
    [
        ("issue", "ko", "원두 월간 구독 결제수단 등록"),
        ("issue", "en", "Beans every month – registration"),
        ("charge", "ko", "원두 월간 구독"),
    ],
)
def test_an_order_is_called_what_it_is(desk, user, plan, purpose, language, name):
    guide = "inicis" if purpose == "issue" else "jtnet"

    order = checkout.place(desk, user=user, plan=plan, guide_id=guide, buyer=make_buyer(language=language), now=NOW)

    assert order.name == name


def test_a_long_name_is_cut_to_what_the_service_takes(desk, user, plan):
    plan.name_en = "x" * 30
    db.session.commit()

    order = checkout.place(desk, user=user, plan=plan, guide_id="inicis", buyer=make_buyer(language="en"), now=NOW)

    assert len(order.name) == 40
    assert order.name.endswith(" – registration")


@pytest.mark.parametrize(
    ("guide", "variant", "error"),
    [
        ("paymentwall", "", PgUnavailable),
        ("nobody", "", PgUnavailable),
        ("", "", PgUnavailable),
        ("inicis", "no-such-variant", PgUnavailable),
    ],
)
def test_a_pg_that_cannot_take_the_plan_is_refused_before_anything_is_written(desk, user, plan, guide, variant, error):
    with pytest.raises(error):
        place_order(desk, user, plan, guide, variant_id=variant)

    assert db.session.query(Order).count() == 0


@pytest.mark.parametrize("name", ["Jisoo", "김지수"])
def test_paymentwall_wants_a_name_of_two_words(desk, user, dollar_plan, name):
    with pytest.raises(InvalidRequest) as caught:
        checkout.place(desk, user=user, plan=dollar_plan, guide_id="paymentwall", buyer=make_buyer(name=name), now=NOW)

    assert list(caught.value.facts["fields"]) == ["buyer_name"]
    assert caught.value.facts["fields"]["buyer_name"][0]


def test_other_pgs_take_any_name(desk, user, plan):
    order = checkout.place(desk, user=user, plan=plan, guide_id="inicis", buyer=make_buyer(name="김지수"), now=NOW)

    assert order.buyer_name == "김지수"


def test_an_order_needs_a_plan_or_a_subscription(desk, user):
    with pytest.raises(InvalidRequest):
        checkout.place(desk, user=user, guide_id="inicis", buyer=make_buyer(), now=NOW)


def test_an_ended_subscription_takes_no_other_card(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    with pytest.raises(NothingToCharge):
        try_again(desk, subscription)


def test_no_window_charges_a_period_whose_last_charge_is_unknown(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall")
    desk.client.lose_answer = True
    renewals.collect(desk, subscription_id=subscription.id, now=subscription.paid_until)

    with pytest.raises(ChargeInProgress):
        try_again(desk, subscription, "paymentwall", now=subscription.paid_until + timedelta(minutes=1))


def test_silence_while_registering_the_amount_says_so(desk, user, dollar_plan):
    desk.client.silent = True

    with pytest.raises(PaymentServiceDown):
        place_order(desk, user, dollar_plan, "paymentwall")


@pytest.mark.parametrize("answer", [Refused("한도를 초과하였습니다.", code=1), Unknown("ReadTimeout")])
def test_a_window_that_could_not_be_opened_holds_no_charge_back(desk, user, plan, answer):
    subscription = subscribe(desk, user, plan, "jtnet")
    due = subscription.paid_until
    desk.client.raises["prepare"] = answer
    with pytest.raises((PaymentServiceRefused, PaymentServiceDown)):
        try_again(desk, subscription, "jtnet", now=due)

    charged = renewals.collect(desk, subscription_id=subscription.id, now=due)

    assert (charged.outcome, subscription.status) == ("paid", SubscriptionStatus.ACTIVE)


def test_an_order_whose_window_could_not_be_opened_is_closed(desk, user, dollar_plan):
    desk.client.silent_call = "prepare"
    with pytest.raises(PaymentServiceDown):
        place_order(desk, user, dollar_plan, "paymentwall")

    order = db.session.scalars(db.select(Order)).one()

    assert (order.outcome, order.subscription.status) == ("cancelled", SubscriptionStatus.CANCELLED)
    assert order.fail_reason is None  # the page shows the service's words, and there are none


def test_a_refusal_while_registering_the_amount_keeps_its_sentence(desk, user, dollar_plan):
    def refuse(**_fields):
        raise Refused("한도를 초과하였습니다.", code=1)

    desk.client.prepare = refuse

    with pytest.raises(PaymentServiceRefused) as caught:
        place_order(desk, user, dollar_plan, "paymentwall")

    assert caught.value.detail == "한도를 초과하였습니다."


def test_news_of_an_unknown_order_is_no_news(desk):
    with pytest.raises(OrderNotFound):
        receive(desk, source=Source.LANDING, merchant_uid="order_nobody", imp_uid="imp_1", now=NOW)


def test_what_the_window_said_is_dropped_when_the_record_is_paid(desk, user, plan):
    order = place_order(desk, user, plan)
    desk.client.pay(checkout.request(desk, order, language="ko"))

    receive(
        desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=None, message="사용자가 취소", now=NOW
    )

    assert order.status is OrderStatus.PAID
    assert order.window_message is None


def test_a_window_that_says_it_ended_is_not_closed_while_the_service_is_silent(desk, user, plan):
    order = place_order(desk, user, plan, "jtnet")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "message": "사용자가 취소"}

    desk.client.silent = True
    receive(desk, source=Source.LANDING, now=NOW, **news)
    assert order.outcome == "checking"

    desk.client.silent = False
    reconcile(desk, now=NOW + timedelta(minutes=3))
    assert order.outcome == "paid"


def test_what_the_service_said_before_the_window_ended_does_not_close_it(desk, user, plan):
    order = place_order(desk, user, plan)
    news = {"merchant_uid": order.merchant_uid, "imp_uid": None, "message": "사용자가 취소"}
    receive(desk, source=Source.CALLBACK, now=NOW, **news)
    assert order.outcome == "closed"

    desk.client.silent = True
    receive(desk, source=Source.LANDING, now=NOW + timedelta(minutes=1), **news)

    assert order.outcome == "checking"


def close_window(desk, order, *, now=NOW):
    imp_uid = desk.client.close(checkout.request(desk, order, language="en"))
    receive(
        desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, message="cancelled", now=now
    )


def test_who_closed_a_window_may_try_again_and_what_is_approved_late_goes_back(desk, user, dollar_plan):
    first = place_order(desk, user, dollar_plan, "paymentwall")
    close_window(desk, first)
    assert first.outcome == "closed"

    second = try_again(desk, first.subscription, "paymentwall", now=NOW + timedelta(minutes=1))
    uids = [desk.client.pay(checkout.request(desk, order, language="en")) for order in (second, first)]
    for order, imp_uid in zip((second, first), uids, strict=True):
        receive(desk, source=WEBHOOK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert (second.outcome, first.mismatch) == ("paid", "invoice")
    assert [desk.client.payment(imp_uid).amount_left > 0 for imp_uid in uids] == [True, False]


def test_a_closed_window_holds_no_charge_back_where_payments_are_reviewed(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall")
    due = subscription.paid_until
    window = try_again(desk, subscription, "paymentwall", now=due)
    close_window(desk, window, now=due)

    charged = renewals.collect(desk, subscription_id=subscription.id, now=due + timedelta(minutes=1))

    assert (charged.outcome, subscription.status) == ("paid", SubscriptionStatus.ACTIVE)


def test_closing_what_was_left_a_day_ago_leaves_the_new_try_alone(desk, user, dollar_plan):
    first = place_order(desk, user, dollar_plan, "paymentwall")
    close_window(desk, first)
    second = try_again(desk, first.subscription, "paymentwall", now=NOW + timedelta(hours=24))

    later = NOW + timedelta(hours=25)
    reconcile(desk, now=later)
    imp_uid = desk.client.pay(checkout.request(desk, second, language="en"))
    receive(desk, source=Source.CALLBACK, merchant_uid=second.merchant_uid, imp_uid=imp_uid, now=later)

    assert (first.outcome, second.outcome) == ("cancelled", "paid")


def test_a_window_that_never_reached_its_pg_is_closed(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")

    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=None, message="F0004", now=NOW)

    assert order.outcome == "closed"


def test_a_long_message_is_cut(desk, user, plan):
    order = place_order(desk, user, plan)

    receive(desk, source=Source.LANDING, merchant_uid=order.merchant_uid, imp_uid=None, message="x" * 9000, now=NOW)

    assert len(order.window_message) == 500


def test_the_first_charge_is_found_from_its_issue(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    charge, issue = subscription.orders
    renewals.collect(desk, subscription_id=subscription.id, now=subscription.paid_until)

    assert orders.first_charge(issue) is charge
    assert orders.first_charge(charge) is None


def test_an_unfinished_order_is_no_subscription_yet(desk, user, plan):
    place_order(desk, user, plan)

    (subscription,) = db.session.query(Subscription)
    assert subscription.status is SubscriptionStatus.INCOMPLETE
    assert subscriptions.of_user(user) == []


def test_an_abandoned_order_never_was_a_subscription(desk, user, plan):
    open_orders.abandon(place_order(desk, user, plan), now=NOW)

    assert subscriptions.of_user(user) == []


def test_the_journal_tells_the_way_of_an_order(desk, user, dollar_plan):
    subscribe(desk, user, dollar_plan, "paymentwall")

    entries = [(entry.lane, entry.event) for entry in db.session.query(JournalEntry).order_by(JournalEntry.id)]

    assert entries == [
        ("shop", "order.created"),
        ("pg", "amount.registered"),
        ("browser", "callback.received"),
        ("shop", "payment.verified"),
        ("pg", "key.activated"),
        ("shop", "subscription.started"),
        ("pg", "webhook.received"),
        ("pg", "key.confirmed"),
    ]


# A card page that is out of date --------------------------------------------------------------------------


def test_a_card_page_from_before_the_first_payment_pays_for_no_further_period(desk, user, dollar_plan):
    first = place_order(desk, user, dollar_plan, "paymentwall")
    shown = first.subscription.paid_until
    imp_uid = desk.client.pay(checkout.request(desk, first, language="ko"))
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=first.merchant_uid, imp_uid=imp_uid, now=NOW)

    with pytest.raises(OutOfDate):
        try_again(desk, first.subscription, "paymentwall", paid_until=shown)

    assert (first.outcome, len(first.subscription.orders), len(first.subscription.invoices)) == ("paid", 1, 1)


def test_a_window_that_pays_for_the_period_of_its_page_opens(desk, user, dollar_plan):
    subscription = subscribe(desk, user, dollar_plan, "paymentwall")

    order = try_again(desk, subscription, "paymentwall", paid_until=subscription.paid_until)

    assert order.invoice.period_start == subscription.paid_until


def test_a_window_that_takes_no_money_opens_from_an_older_page_too(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    assert try_again(desk, subscription, paid_until=None).invoice is None
