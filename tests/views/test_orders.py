"""The result page of one payment attempt, for its owner alone."""

from datetime import timedelta

import pytest

import clock
from services import checkout
from tests.conftest import signed_in
from tests.factories import make_user, place_order, subscribe

NOBODYS = "order_00000000000000000000"


@pytest.fixture
def order(desk, user, plan):
    return place_order(desk, user, plan, now=clock.now())


def come_back(desk, order, *, card="approved", **forged):
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card=card, **forged)
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": clock.now()}
    return checkout.receive(desk, road="callback", **news)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/orders/{}"), ("GET", "/orders/{}/status"), ("POST", "/orders/{}/checks")]
)
def test_an_order_does_not_exist_for_anybody_else(app, client, order, method, path):
    stranger = signed_in(app, make_user("minsu@example.com"))
    calls = len(app.extensions["desk"].client.calls)

    theirs = stranger.open(path.format(order.merchant_uid), method=method)
    nobodys = stranger.open(path.format(NOBODYS), method=method)
    visitors = client.open(path.format(order.merchant_uid), method=method)

    assert (theirs.status_code, nobodys.status_code, visitors.status_code) == (404, 404, 302)
    assert theirs.text.replace(order.merchant_uid, "") == nobodys.text.replace(NOBODYS, "")
    assert len(app.extensions["desk"].client.calls) == calls


def test_staff_have_no_window_into_a_shoppers_order(app, order):
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))

    assert staff.get(f"/orders/{order.merchant_uid}").status_code == 404


@pytest.mark.parametrize(
    ("lang", "headline"),
    [
        ("ko", "그 결제수단으로 ₩19,900을(를) 결제했습니다."),
        ("en", "Your payment method is registered, and ₩19,900 was paid with it."),
    ],
)
def test_a_paid_order_says_so_and_shows_its_journal(shopper, desk, order, lang, headline):
    come_back(desk, order)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang={lang}").text

    assert checkout.first_charge(order).merchant_uid in page
    for event in ("order.created", "callback.received", "payment.verified", "key.activated", "charge.sent"):
        assert f"<code>{event}</code>" in page
    assert headline in page


def test_a_declined_window_shows_the_reason_and_a_way_to_try_again(shopper, desk, order):
    come_back(desk, order, card="declined")

    page = shopper.get(f"/orders/{order.merchant_uid}").text

    assert "잔액이 부족합니다." in page
    assert 'href="/checkout/coffee-monthly"' in page


def test_a_first_payment_that_was_declined_leads_to_another_card(shopper, desk, order):
    come_back(desk, order, card="no_money_later")

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "Registered, but the first payment was declined" in page
    assert "잔액이 부족합니다." in page
    assert f'href="/subscriptions/{order.subscription_id}/card"' in page


def test_a_mismatch_is_told_plainly(shopper, desk, order):
    come_back(desk, order, amount=1)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "The payment does not match the order" in page
    assert "Differs in: amount" in page


@pytest.mark.parametrize(
    ("card", "answer"),
    [
        ("approved", {"outcome": "registered", "first_charge_outcome": "paid", "settled": True}),
        ("no_money_later", {"outcome": "registered", "first_charge_outcome": "declined", "settled": True}),
        ("declined", {"outcome": "declined", "first_charge_outcome": None, "settled": True}),
    ],
)
def test_the_status_tells_a_waiting_page_when_it_is_over(shopper, desk, order, card, answer):
    path = f"/orders/{order.merchant_uid}/status"
    assert shopper.get(path).json == {"outcome": "checking", "first_charge_outcome": None, "settled": False}

    come_back(desk, order, card=card)

    assert shopper.get(path).json == answer


def test_a_first_payment_without_an_answer_is_not_settled(shopper, desk, order):
    desk.client.lose_answer = True

    come_back(desk, order)

    assert shopper.get(f"/orders/{order.merchant_uid}/status").json == {
        "outcome": "registered",
        "first_charge_outcome": "checking",
        "settled": False,
    }


def test_a_visitors_script_asking_for_the_status_gets_an_answer_it_can_read(client, order):
    answer = client.get(f"/orders/{order.merchant_uid}/status", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json["code"]) == (401, "http_401")


def test_check_again_asks_the_payment_service_now(shopper, desk, order):
    desk.client.pay(checkout.request(desk, order, language="ko"))

    answer = shopper.post(f"/orders/{order.merchant_uid}/checks")

    assert (answer.status_code, answer.location) == (302, f"/orders/{order.merchant_uid}")
    assert order.outcome == "registered"


def test_check_again_on_a_settled_order_changes_nothing(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now() - timedelta(days=3))
    paid_until, charges = subscription.paid_until, len(desk.client.charges)

    for order in list(subscription.orders):
        shopper.post(f"/orders/{order.merchant_uid}/checks")

    assert (subscription.paid_until, len(desk.client.charges)) == (paid_until, charges)
