"""All threads that may wait for the payment service do: pages go on, and nothing that was asked for is lost."""

import re
from datetime import timedelta

import pytest

import clock
from models import JournalEntry, db
from services import checkout, orders, renewals
from services.iamport import Refused
from states import OrderStatus, SubscriptionStatus
from tests.factories import place_order, reconcile, subscribe
from tests.views.test_checkout import WORLDWIDE, place
from tests.views.test_subscriptions import JSON, charge, period_on


@pytest.fixture
def subscription(desk, user, plan):
    return subscribe(desk, user, plan, now=clock.now())


@pytest.mark.parametrize("path", ["callback", "landing"])
def test_a_buyer_who_returns_sees_that_the_result_is_checked_and_reconcile_finds_it(
    shopper, desk, user, dollar_plan, path
):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="en"))
    report = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid}
    desk.client.busy = True

    if path == "callback":
        location = shopper.post("/payments/complete", json=report).json["location"]
    else:
        location = shopper.get("/payments/landing", query_string=report).location
    page = shopper.get(location, headers={"Accept-Language": "en"})

    assert "We are checking the result" in page.text
    assert order.outcome == "checking"
    desk.client.busy = False
    reconcile(desk, now=clock.now() + timedelta(minutes=3))
    assert order.outcome == "paid"


def test_pay_now_is_left_to_the_worker_who_charges_once(shopper, desk, subscription):
    charges, period_start = len(desk.client.charges), period_on(shopper, subscription)
    desk.client.busy = True

    answers = [charge(shopper, subscription, period_start, headers={**JSON, "Accept-Language": "en"}) for _ in range(2)]

    assert [answer.json["outcome"] for answer in answers] == ["checking"] * 2
    assert {answer.json["message"] for answer in answers} == {
        "The payment service is busy, so nothing has been charged yet. "
        "We charge the payment once, when the service responds."
    }
    assert len(desk.client.charges) == charges
    desk.client.busy = False
    assert renewals.due(desk, now=clock.now()) == [subscription.id]
    assert renewals.collect(desk, subscription_id=subscription.id, now=clock.now()).outcome == "paid"
    assert len(desk.client.charges) == charges + 1
    assert renewals.due(desk, now=clock.now()) == []


def test_the_page_of_a_queued_charge_says_that_nothing_was_charged(shopper, desk, subscription):
    period_start = period_on(shopper, subscription)
    desk.client.busy = True
    merchant_uid = charge(shopper, subscription, period_start, headers=JSON).json["merchant_uid"]

    page = shopper.get(f"/orders/{merchant_uid}", headers={"Accept-Language": "en"}).text

    assert "nothing has been charged yet" in page
    assert "charge.queued" in page
    assert "charge.sent" not in page


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "The payment service is busy."), ("ko", "결제 서비스가 혼잡합니다.")]
)
def test_an_order_that_needs_the_service_is_refused_with_a_sentence(shopper, desk, lang, words):
    desk.client.busy = True

    answer = place(shopper, WORLDWIDE, headers={"Accept-Language": lang})

    assert (answer.status_code, answer.json["code"]) == (503, "payment_service_busy")
    assert words in answer.json["message"]


@pytest.mark.parametrize("status", [403, 429])
def test_an_order_is_not_reported_as_refused_when_the_service_turned_us_away(shopper, desk, status):
    desk.client.raises["prepare"] = Refused("Too Many Requests", status=status)

    answer = place(shopper, WORLDWIDE)

    assert (answer.status_code, answer.json["code"]) == (503, "payment_service_down")


def test_an_order_that_does_not_need_the_service_is_placed(shopper, desk):
    desk.client.busy = True

    assert place(shopper, {**WORLDWIDE, "plan": "coffee-monthly", "guide": "inicis"}).status_code == 201


def test_a_cancellation_takes_effect_and_the_key_is_deleted_later(shopper, desk, subscription):
    desk.client.busy = True

    shopper.post(f"/subscriptions/{subscription.id}/cancellation")

    assert subscription.status is SubscriptionStatus.CANCELLED
    assert subscription.billing_key.deleted_at is None


@pytest.mark.parametrize(
    "path", ["/", "/guides", "/subscriptions", "/plans/coffee-monthly", "/checkout/coffee-monthly"]
)
def test_pages_do_not_need_the_service(shopper, desk, path):
    desk.client.busy = True

    assert shopper.get(path).status_code == 200


def test_what_repeats_is_recorded_once(shopper, desk, subscription):
    period_start = period_on(shopper, subscription)
    desk.client.busy = True
    merchant_uid = charge(shopper, subscription, period_start, headers=JSON).json["merchant_uid"]
    for _ in range(3):
        charge(shopper, subscription, period_start, headers=JSON)
        shopper.post(f"/orders/{merchant_uid}/checks")

    events = [entry.event for entry in db.session.query(JournalEntry).filter_by(merchant_uid=merchant_uid)]

    assert orders.by_uid(merchant_uid).status is OrderStatus.READY
    assert [events.count(event) for event in ("charge.queued", "payment.unread")] == [1, 1]
    assert not [event for event in events if re.match(r"charge\.(sent|unknown)", event)]


@pytest.mark.parametrize(
    ("lang", "headline", "sentence"),
    [
        ("en", "The payment was not made", "The subscription ended before we sent this payment. Nothing was charged."),
        ("ko", "결제하지 않았습니다", "이 결제를 요청하기 전에 구독이 종료되었습니다. 청구된 금액은 없습니다."),
    ],
)
def test_a_queued_charge_of_a_cancelled_subscription_says_so_immediately(
    shopper, desk, subscription, lang, headline, sentence
):
    period_start = period_on(shopper, subscription)
    desk.client.busy = True
    merchant_uid = charge(shopper, subscription, period_start, headers=JSON).json["merchant_uid"]

    shopper.post(f"/subscriptions/{subscription.id}/cancellation")
    page = shopper.get(f"/orders/{merchant_uid}", headers={"Accept-Language": lang}).text

    assert headline in page
    assert sentence in page
    assert "<progress" not in page
