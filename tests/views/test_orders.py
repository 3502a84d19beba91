"""The result page of one payment attempt, for its owner alone."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

import clock
from models import db
from services import checkout, journal, orders, renewals, subscriptions
from services.checkout import Source
from services.iamport import Refused
from tests.conftest import signed_in
from tests.factories import WEBHOOK, make_user, place_order, receive, reconcile, subscribe, try_again
from tests.views.reading import page_of

UNKNOWN_UID = "order_00000000000000000000"


@pytest.fixture
def order(desk, user, plan):
    return place_order(desk, user, plan, now=clock.now())


def come_back(desk, order, *, card="approved", source=Source.CALLBACK, **forged):
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card=card, **forged)
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": clock.now()}
    return receive(desk, source=source, **news)


def page_without(merchant_uid, answer):
    """Return the page without the order's id and its forms' tokens, which carry the second they were made in."""
    return re.sub(r'(csrf[-_]token" (?:content|value)=)"[^"]+"', r"\1", answer.text).replace(merchant_uid, "")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/orders/{}"), ("GET", "/orders/{}/status"), ("POST", "/orders/{}/checks")]
)
def test_an_order_does_not_exist_for_anybody_else(app, client, order, method, path):
    stranger = signed_in(app, make_user("minsu@example.com"))
    calls = len(app.extensions["desk"].client.calls)

    theirs = stranger.open(path.format(order.merchant_uid), method=method)
    unknown = stranger.open(path.format(UNKNOWN_UID), method=method)
    visitors = client.open(path.format(order.merchant_uid), method=method)

    assert (theirs.status_code, unknown.status_code, visitors.status_code) == (404, 404, 302)
    assert page_without(order.merchant_uid, theirs) == page_without(UNKNOWN_UID, unknown)
    assert len(app.extensions["desk"].client.calls) == calls


def test_staff_are_led_from_a_shoppers_order_to_their_own_page_of_it(app, order):
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))

    assert staff.get(f"/orders/{order.merchant_uid}").location == f"/admin/orders/{order.merchant_uid}"
    assert staff.get(f"/orders/{order.merchant_uid}/status").status_code == 404
    assert staff.post(f"/orders/{order.merchant_uid}/checks").status_code == 404


@pytest.mark.parametrize(
    ("lang", "headline"),
    [
        ("ko", "결제수단을 등록하고 19,900원 결제까지 마쳤습니다."),
        ("en", "You registered the payment method, and paid ₩19,900 with it."),
    ],
)
def test_a_paid_order_says_so_and_shows_its_journal(shopper, desk, order, lang, headline):
    come_back(desk, order)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang={lang}").text

    assert orders.first_charge(order).merchant_uid in page
    for event in ("order.created", "callback.received", "payment.verified", "key.activated", "charge.sent"):
        assert f"<code>{event}</code>" in page
    assert headline in page


def test_two_thousand_entries_do_not_make_the_page_long(shopper, desk, order):
    usual = len(shopper.get(f"/orders/{order.merchant_uid}").data)
    for _ in range(2000):
        journal.record("webhook.received", at=clock.now(), lane=journal.PG, order=order)
    db.session.commit()

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en")
    link = re.search(r'<a href="([^"]+)">Show older entries \((\d+)\)</a>', page.text)
    older = shopper.get(unescape(link[1]))

    assert (page.text.count("<code>webhook.received</code>"), link[2]) == (50, "1951")
    assert len(page.data) < usual + 50 * 400
    assert older.text.count("<code>webhook.received</code>") == 50
    assert "Show the newest entries" in older.text


@pytest.mark.parametrize("before", ["", "one", "-1", "9" * 40, "1' OR 1=1"])
def test_no_place_in_the_journal_breaks_the_page(shopper, order, before):
    assert shopper.get(f"/orders/{order.merchant_uid}", query_string={"before": before}).status_code == 200


def test_a_declined_window_shows_the_reason_and_a_way_to_try_again(shopper, desk, order):
    come_back(desk, order, card="declined")

    page = shopper.get(f"/orders/{order.merchant_uid}").text

    assert "잔액이 부족합니다." in page
    again = f"guide=inicis&amp;order={order.merchant_uid}"
    assert f'href="/subscriptions/{order.subscription_id}/card?{again}"' in page


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("ko", "결제를 마치지 않았습니다. 청구된 금액은 없습니다."),
        ("en", "You did not complete the payment. Nothing was charged."),
    ],
)
def test_a_request_that_was_refused_is_not_called_a_closed_window(shopper, order, lang, sentence):
    refusal = {"merchant_uid": order.merchant_uid, "error_msg": "F0004:amount 파라메터는 숫자여야 합니다."}
    shopper.post("/payments/complete", json=refusal)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang={lang}").text

    assert sentence in page
    assert "F0004" in page


@pytest.mark.parametrize(
    ("lang", "sentence"), [("ko", "바로 다시 시도할 수 있습니다."), ("en", "You can try again immediately")]
)
def test_a_closed_window_that_may_be_under_review_offers_another_try(shopper, desk, user, dollar_plan, lang, sentence):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    imp_uid = desk.client.close(checkout.request(desk, order, language="ko"))
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "message": "cancelled", "now": clock.now()}
    receive(desk, source=Source.CALLBACK, **news)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang={lang}").text

    assert sentence in page
    assert (
        f'href="/subscriptions/{order.subscription_id}/card?guide={order.guide_id}&amp;order={order.merchant_uid}"'
        in page
    )
    assert shopper.get(f"/subscriptions/{order.subscription_id}/card").status_code == 200


def test_a_first_payment_that_was_declined_leads_to_another_card(shopper, desk, order):
    come_back(desk, order, card="no_money_later")

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "Registered, but the payment was declined" in page
    assert "잔액이 부족합니다." in page
    assert (
        f'href="/subscriptions/{order.subscription_id}/card?guide={order.guide_id}&amp;order={order.merchant_uid}"'
        in page
    )


def test_a_first_payment_that_was_declined_is_settled_once_another_card_has_paid(shopper, desk, order):
    come_back(desk, order, card="no_money_later")
    second = try_again(desk, order.subscription, now=clock.now())
    come_back(desk, second)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "The period has since been paid" in page
    assert "We will try again on" not in page
    assert "Pay with another payment method" not in page
    assert f'href="/subscriptions/{order.subscription_id}"' in page


def test_a_payment_that_was_refunded_is_not_to_be_tried_again(shopper, desk, order):
    come_back(desk, order)
    charge = orders.first_charge(order)
    desk.client.cancel_in_console(charge.imp_uid)
    receive(desk, source=WEBHOOK, merchant_uid=charge.merchant_uid, imp_uid=charge.imp_uid, now=clock.now())

    page = shopper.get(f"/orders/{charge.merchant_uid}?lang=en").text

    assert "The payment was refunded" in page
    assert "Refunded: ₩19,900" in page
    assert "The subscription is suspended" in page
    assert "Try again" not in page


def test_a_mismatch_is_stated_plainly(shopper, desk, order):
    come_back(desk, order, amount=1)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "The payment does not match the order" in page
    assert "Differs in: amount" in page


def test_what_a_pg_says_in_korean_is_marked_as_korean_where_the_page_is_not(shopper, desk, order):
    come_back(desk, order, card="declined")
    order.fail_reason = "카드사 거절 <b>"
    db.session.commit()

    english = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text
    korean = shopper.get(f"/orders/{order.merchant_uid}?lang=ko").text

    assert '<span lang="ko">카드사 거절 &lt;b&gt;</span>' in english
    assert "카드사 거절 &lt;b&gt;" in korean
    assert '<span lang="ko">' not in korean


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "The payment service refused to cancel the payment."),
        ("ko", "결제 서비스가 결제 취소를 거부했습니다."),
    ],
)
def test_money_that_is_not_back_yet_is_not_called_cancelled(shopper, desk, user, dollar_plan, lang, sentence):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    desk.client.raises["cancel"] = Refused("결제취소에 실패하였습니다.", code=-1)
    come_back(desk, order, amount=1)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang={lang}").text
    assert sentence in page
    assert "The charged amount was refunded." not in page

    desk.client.raises.clear()
    reconcile(desk, now=clock.now() + timedelta(minutes=3))
    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text
    assert "The charged amount was refunded." in page


def test_money_whose_return_was_refused_for_good_is_not_promised(shopper, desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    desk.client.raises["cancel"] = Refused("결제취소에 실패하였습니다.", code=-1)
    come_back(desk, order, amount=1)
    order.refunds[0].give_up()
    db.session.commit()

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "could not refund the charged amount automatically" in page
    assert "We are refunding" not in page


def test_a_second_payment_that_goes_back_is_mentioned_beside_the_first(shopper, desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    come_back(desk, order)
    desk.client.silent_call = "cancel"
    come_back(desk, order)

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "We are refunding another payment for this order" in page


def test_a_refused_test_payment_tells_its_developer_about_the_setting(shopper, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now())
    strict = replace(desk, takes_test_payments=False)
    request = checkout.request(desk, order, language="ko")
    desk.client.test_channels = {request["pg"]}
    imp_uid = desk.client.pay(request)
    receive(strict, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())

    assert "TEST_PAYMENTS=1" in shopper.get(f"/orders/{order.merchant_uid}").text


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


def test_a_partial_refund_stands_on_the_page_of_a_paid_order(shopper, desk, order):
    come_back(desk, order)
    charge = orders.first_charge(order)
    desk.client.cancel_in_console(charge.imp_uid, Decimal(1000))
    receive(desk, source=WEBHOOK, merchant_uid=charge.merchant_uid, imp_uid=charge.imp_uid, now=clock.now())

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "Refunded: ₩1,000" in page
    assert "Part of the payment was refunded." in shopper.get(f"/orders/{charge.merchant_uid}").text


def test_a_first_payment_that_will_never_be_made_is_not_waited_for(shopper, desk, order):
    come_back(desk, order, source=WEBHOOK)  # a webhook does not charge
    assert not shopper.get(f"/orders/{order.merchant_uid}/status").json["settled"]

    subscriptions.cancel(desk, subscription=order.subscription, now=clock.now())

    assert shopper.get(f"/orders/{order.merchant_uid}/status").json["settled"]
    assert "data-status-url" not in shopper.get(f"/guides/inicis?order={order.merchant_uid}").text


def test_a_first_payment_that_another_card_made_is_not_waited_for(shopper, desk, order, user):
    come_back(desk, order, source=WEBHOOK)  # a webhook does not charge

    other = try_again(desk, order.subscription, "jtnet", now=clock.now())
    come_back(desk, other)

    assert shopper.get(f"/orders/{order.merchant_uid}/status").json["settled"]
    assert "data-status-url" not in shopper.get(f"/orders/{order.merchant_uid}").text


def test_a_visitors_script_asking_for_the_status_gets_an_answer_it_can_read(client, order):
    page = f"/orders/{order.merchant_uid}"
    came_from = {"Accept": "application/json", "Referer": f"http://localhost{page}?source=redirect"}

    answer = client.get(f"{page}/status", headers=came_from)

    assert (answer.status_code, answer.json["code"]) == (401, "http_401")
    sign_in = urlsplit(answer.json["location"])
    assert (sign_in.path, parse_qs(sign_in.query)) == ("/account/sign-in", {"next": [f"{page}?source=redirect"]})


@pytest.mark.parametrize("card", ["declined", "no_money_later"])
def test_a_page_of_what_failed_can_notice_a_later_approval(shopper, desk, order, card):
    come_back(desk, order, card=card)

    page = page_of(shopper, f"/orders/{order.merchant_uid}")

    (watched,) = page.all("section", **{"data-module": "pages/orders-show"})
    assert json.loads(watched["data-status"]) == shopper.get(watched["data-status-url"]).json


def test_a_page_shows_its_own_order_and_no_other(shopper, desk, order):
    come_back(desk, order)
    subscription = order.subscription
    first = orders.first_charge(order)
    second = renewals.collect(
        desk, subscription_id=subscription.id, now=clock.now(), period_start=subscription.paid_until
    )

    sent = {one: shopper.get(f"/orders/{one.merchant_uid}?lang=en").text.count("charge.sent") for one in (order, first)}

    assert sent == {order: 1, first: 1}
    assert "callback.received" not in shopper.get(f"/orders/{second.merchant_uid}").text


def test_a_payment_of_a_subscription_that_has_ended_promises_no_other(shopper, desk, order):
    come_back(desk, order)
    subscriptions.cancel(desk, subscription=order.subscription, now=clock.now())

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "Nothing more will be charged" in page
    assert "new attempt" not in page


def test_a_payment_that_came_too_late_is_called_a_duplicate(shopper, desk, order):
    come_back(desk, order, card="no_money_later")
    late = orders.first_charge(order)
    other = try_again(desk, order.subscription, "jtnet", now=clock.now())
    come_back(desk, other)
    desk.client.approve_late(late.imp_uid)
    receive(desk, source=WEBHOOK, merchant_uid=late.merchant_uid, imp_uid=late.imp_uid, now=clock.now())

    page = shopper.get(f"/orders/{late.merchant_uid}?lang=en").text

    assert "Duplicate payment" in page
    assert "Differs in" not in page
    assert "Try again" not in page
    assert desk.client.payment(late.imp_uid).amount_left == 0


def test_a_page_of_what_succeeded_is_left_alone(shopper, desk, order):
    come_back(desk, order)

    assert "data-status" not in shopper.get(f"/orders/{order.merchant_uid}").text


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


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        ("en", ["so we have charged nothing", "Start the subscription", "Nothing will be charged until you pay."]),
        ("ko", ["아직 아무것도 청구하지 않았습니다", "구독 시작하기", "직접 결제하기 전에는 청구되지 않습니다."]),
    ],
)
def test_a_card_that_was_approved_days_late_is_offered_and_not_charged(shopper, desk, user, plan, lang, sentences):
    then = clock.now() - timedelta(days=3)
    order = place_order(desk, user, plan, now=then)
    declined = desk.client.pay(checkout.request(desk, order, language="ko"), card="declined")
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=declined, now=then)
    come_back(desk, order)

    page = shopper.get(f"/orders/{order.merchant_uid}", headers={"Accept-Language": lang}).text
    of_subscription = shopper.get(f"/subscriptions/{order.subscription_id}", headers={"Accept-Language": "en"}).text

    assert [sentence for sentence in sentences if sentence not in page] == []
    assert desk.client.charges == []
    assert "Pay now to start the subscription." in of_subscription


def test_a_card_that_was_approved_after_its_order_had_ended_is_not_kept(shopper, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now() - timedelta(days=2))
    subscriptions.cancel(desk, subscription=order.subscription, now=clock.now() - timedelta(days=1))
    order.mark_abandoned(at=clock.now() - timedelta(days=1))
    db.session.commit()
    come_back(desk, order)

    page = shopper.get(f"/orders/{order.merchant_uid}", headers={"Accept-Language": "en"}).text

    assert "do not keep the payment method" in page
    assert desk.client.keys == {}


@pytest.mark.parametrize(("lang", "label"), [("en", "Payment number (imp_uid)"), ("ko", "결제번호 (imp_uid)")])
def test_the_numbers_of_an_order_can_be_copied_once_they_are_known(shopper, desk, order, lang, label):
    address = f"/orders/{order.merchant_uid}?lang={lang}"
    assert label not in page_of(shopper, address).text

    come_back(desk, order)
    page = page_of(shopper, address)

    charge = orders.first_charge(order)
    for uid in (order.merchant_uid, order.imp_uid, charge.merchant_uid, charge.imp_uid):
        assert uid in page.text
    copied = [button["data-source"] for button in page.all("button", **{"data-module": "components/copy"})]
    assert copied == ["merchant-uid", "imp-uid", "charge-merchant-uid", "charge-imp-uid"]
    assert all(page.all("code", id=source) for source in copied)


def test_only_staff_are_led_to_the_services_console(app, desk, order, shopper, monkeypatch):
    come_back(desk, order)
    monkeypatch.setitem(app.extensions["slots"], "payment", [lambda order: f"https://console.test/{order.imp_uid}"])
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))

    assert f"https://console.test/{order.imp_uid}" in staff.get(f"/admin/orders/{order.merchant_uid}").text
    assert "https://console.test" not in shopper.get(f"/orders/{order.merchant_uid}").text
