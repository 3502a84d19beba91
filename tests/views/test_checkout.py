"""From a plan to a payment window and back: prices, ids and outcomes are the server's."""

import re
from dataclasses import replace

import pytest
from babel.dates import format_date

import clock
from models import Order, db
from services import checkout, orders, payments, subscriptions
from states import OrderStatus, SubscriptionStatus
from tests.conftest import signed_in
from tests.factories import make_user, place_order, subscribe
from tests.views.reading import page_of

BUYER = {"guide": "inicis", "buyer_name": "Jisoo Kim", "buyer_email": "jisoo@example.com", "buyer_tel": "010-1234-5678"}
COFFEE = {"plan": "coffee-monthly", **BUYER}
WORLDWIDE = {**COFFEE, "plan": "global-monthly", "guide": "paymentwall"}

HANGUL = re.compile("[가-힣]")


def place(client, body, **options):
    return client.post("/orders", json=body, **options)


def order_of(answer) -> Order:
    return orders.by_uid(answer.json["merchant_uid"])


def problem_of(answer) -> tuple[int, str]:
    assert set(answer.json) <= {"code", "message", "fields", "location", "confirm"}
    return answer.status_code, answer.json["code"]


# The page before ------------------------------------------------------------------------------------------


def test_checkout_asks_to_sign_in_and_remembers_where_to(client):
    answer = client.get("/checkout/coffee-monthly")

    assert (answer.status_code, answer.location) == (302, "/account/sign-in?next=/checkout/coffee-monthly")


def test_checkout_is_filled_from_the_account(shopper):
    page = shopper.get("/checkout/coffee-monthly").text

    assert 'value="김지수"' in page
    assert 'value="jisoo@example.com"' in page
    assert '<script async src="http://payments.test/v1/iamport.js" data-sdk></script>' in page


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("ko", "이름과 성을 띄어 써 주세요. 예: Jisoo Kim"), ("en", "First and last name, e.g. Jisoo Kim")],
)
def test_a_pg_that_takes_a_name_of_two_words_says_so_beforehand(shopper, lang, sentence):
    page = shopper.get(f"/checkout/global-monthly?lang={lang}").text

    assert f'<p class="field__hint" id="buyer_name-hint">{sentence}</p>' in page
    assert 'aria-describedby="buyer_name-hint buyer_name-error"' in page


def test_a_name_that_the_only_pg_would_refuse_is_not_filled_in(shopper, user):
    before = shopper.get("/checkout/global-monthly").text
    user.name = "Jisoo Kim"
    db.session.commit()

    assert "김지수" not in before.split("</header>")[1]
    assert 'value="Jisoo Kim"' in shopper.get("/checkout/global-monthly").text


def test_who_subscribes_already_is_told_before_buying_again(shopper, desk, user, plan):
    before = shopper.get(f"/checkout/{plan.slug}?lang=en").text
    subscription = subscribe(desk, user, plan, now=clock.now())

    page = shopper.get(f"/checkout/{plan.slug}?lang=en").text

    assert "You already have this plan." not in before
    assert "You already have this plan." in page
    assert f'href="/subscriptions/{subscription.id}"' in page


def test_who_waits_for_a_first_payment_is_not_told_to_have_the_plan(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later", now=clock.now())

    page = shopper.get(f"/checkout/{plan.slug}?lang=en").text

    assert "You have ordered this plan, and it has not started yet." in page
    assert "You already have this plan.<" not in page
    assert f'href="/subscriptions/{subscription.id}"' in page


@pytest.mark.parametrize(("lang", "sentence"), [("ko", "해지한 구독 보기"), ("en", "View your cancelled subscription")])
def test_who_cancelled_and_has_paid_on_is_told_until_when(shopper, desk, user, plan, lang, sentence):
    subscription = subscribe(desk, user, plan, now=clock.now())
    subscriptions.cancel(desk, subscription=subscription, now=clock.now())

    page = shopper.get(f"/checkout/{plan.slug}?lang={lang}").text

    assert sentence in page
    assert page.count(format_date(clock.in_seoul(subscription.paid_until), "long", locale=lang)) == 1
    assert f'href="/subscriptions/{subscription.id}"' in page


def test_a_phone_number_is_taken_with_the_brackets_people_write(shopper):
    order = order_of(place(shopper, {**COFFEE, "buyer_tel": "+1 (212) 555-0100"}))

    assert order.buyer_tel == "+1212555-0100"


@pytest.mark.parametrize(("lang", "sentence"), [("ko", "100자 이하로"), ("en", "at most 100 characters")])
def test_a_name_that_is_too_long_for_the_shop_is_refused_and_never_cut(shopper, lang, sentence):
    page = shopper.get(f"/checkout/coffee-monthly?lang={lang}").text
    answer = place(shopper, {**COFFEE, "buyer_name": "x" * 101})

    assert "maxlength" not in page
    assert answer.status_code == 400
    assert sentence in answer.json["fields"]["buyer_name"][0]


def test_a_pg_that_takes_any_name_says_nothing_about_it(shopper):
    assert "buyer_name-hint" not in shopper.get("/checkout/coffee-monthly").text


def test_beside_other_pgs_a_hint_names_the_pg_it_is_for(shopper, desk, monkeypatch):
    worldwide = replace(desk.guides["paymentwall"], currencies=("USD", "KRW"))
    monkeypatch.setitem(desk.guides, "paymentwall", worldwide)

    page = shopper.get("/checkout/coffee-monthly?lang=en").text

    assert '<p class="field__hint" id="buyer_name-hint">Paymentwall: First and last name, e.g. Jisoo Kim</p>' in page


def chosen(page) -> list[str]:
    """Return the PGs that are chosen when the page opens."""
    return re.findall(r'name="guide" value="(\w+)"[^>]* checked>', page)


@pytest.fixture
def tried(with_retired_pgs, desk, user, plan) -> Order:
    """An order by another PG than the first one, and under another name than the account's."""
    return place_order(desk, user, plan, "chai", now=clock.now())


@pytest.mark.parametrize("path", ["/checkout/coffee-monthly", "/subscriptions/{}/card"])
def test_another_try_begins_as_the_last_one_was_sent(shopper, tried, path):
    query = {"guide": "chai", "order": tried.merchant_uid}

    page = shopper.get(path.format(tried.subscription_id), query_string=query).text

    assert chosen(page) == ["chai"]
    assert 'value="Jisoo Kim"' in page


def fieldsets_of(page) -> list[tuple[str, list[str]]]:
    """Return the legend of each group of choices, and the values of its radio buttons."""
    groups = re.findall(r"<fieldset.*?<legend>(.*?)</legend>(.*?)</fieldset>", page, re.S)
    return [(legend, re.findall(r'type="radio"[^>]* value="(\w+)"', group)) for legend, group in groups]


def test_a_method_without_a_pg_is_hidden(shopper):
    page = shopper.get("/checkout/coffee-monthly?lang=en").text

    assert fieldsets_of(page) == [
        ("How would you like to pay?", ["card"]),
        ("Payment provider for your card", ["inicis"]),
    ]


def test_card_or_account_comes_first_and_the_pg_second(with_retired_pgs, shopper):
    page = shopper.get("/checkout/coffee-monthly?lang=en&guide=chai").text

    assert fieldsets_of(page) == [
        ("How would you like to pay?", ["card", "trans"]),
        ("Payment provider for your card", ["inicis", "jtnet"]),
        ("Payment provider for your account", ["chai"]),
    ]
    assert re.findall(r'value="(\w+)"[^>]* checked>', page) == ["trans", "chai"]


@pytest.mark.parametrize("guide", ["jtnet", "chai"])
def test_a_retired_pg_takes_no_purchase_but_every_guide_run(shopper, guide):
    bought = place(shopper, {**COFFEE, "guide": guide})
    played = place(shopper, {**COFFEE, "guide": guide, "run": "run_1"})

    assert problem_of(bought) == (400, "invalid_request")
    assert (list(bought.json["fields"]), played.status_code) == (["guide"], 201)


@pytest.mark.parametrize("more", [{}, {"run": "run_1"}], ids=["plain", "as if it were a run"])
def test_a_retired_pg_takes_no_new_key_of_a_subscription(shopper, desk, user, plan, more):
    subscription = subscribe(desk, user, plan, now=clock.now())
    body = {"subscription": subscription.id, **BUYER, "guide": "jtnet", **more}

    assert problem_of(place(shopper, body)) == (400, "invalid_request")


@pytest.mark.parametrize("guide", ["paymentwall", "nobody", "", "<b>"])
@pytest.mark.parametrize("path", ["/checkout/coffee-monthly", "/subscriptions/{}/card"])
def test_a_pg_that_is_not_on_offer_is_not_chosen(shopper, tried, path, guide):
    page = shopper.get(path.format(tried.subscription_id), query_string={"guide": guide}).text

    assert chosen(page) == ["inicis"]


@pytest.mark.parametrize("path", ["/checkout/coffee-monthly", "/subscriptions/{}/card"])
def test_only_my_own_order_fills_the_form(app, desk, plan, shopper, tried, path):
    theirs = place_order(desk, make_user("minsu@example.com"), plan, now=clock.now())

    for uid in (theirs.merchant_uid, "order_00000000000000000000", ""):
        page = shopper.get(path.format(tried.subscription_id), query_string={"order": uid}).text
        assert 'value="김지수"' in page
        assert "Jisoo Kim" not in page


# POST /orders ---------------------------------------------------------------------------------------------


def test_an_order_answers_what_the_page_hands_to_the_window(shopper):
    answer = place(shopper, COFFEE)
    order = order_of(answer)

    assert answer.status_code == 201
    assert set(answer.json) == {"merchant_uid", "merchant_code", "request", "complete_url", "result_url"}
    assert answer.json["merchant_code"] == "imp_test"
    assert answer.json["complete_url"] == "/payments/complete"
    assert answer.json["result_url"] == f"/orders/{order.merchant_uid}"
    assert answer.json["request"]["merchant_uid"] == order.merchant_uid
    assert answer.json["request"]["customer_uid"] == order.billing_key.customer_uid
    assert answer.json["request"]["amount"] == 19900


def test_dollars_leave_in_major_units(shopper):
    answer = place(shopper, WORLDWIDE)

    assert answer.json["request"]["amount"] == 49.99
    assert answer.json["request"]["currency"] == "USD"
    assert order_of(answer).amount == 4999


def test_prices_and_ids_never_come_from_the_browser(shopper):
    forged = {
        "amount": 1,
        "price": 1,
        "currency": "USD",
        "merchant_uid": "mine",
        "customer_uid": "mine",
        "name": "gold",
        "notice_url": "https://evil.example",
        "user_id": 4711,
        "request": {"amount": 1},
    }

    answer = place(shopper, {**COFFEE, **forged})
    order = order_of(answer)

    assert (order.amount, order.currency, order.name) == (19900, "KRW", "원두 월간 구독 결제수단 등록")
    assert "mine" not in (order.merchant_uid, order.billing_key.customer_uid)
    assert answer.json["request"]["amount"] == 19900
    assert answer.json["request"]["notice_url"] == "http://shop.test/webhooks/iamport"


def test_no_two_orders_share_an_id(shopper):
    uids = {place(shopper, COFFEE).json["merchant_uid"] for _ in range(3)}

    assert len(uids) == 3


ASKS = {
    "already_subscribed": {
        "ko": "이미 구독 중인 상품입니다. 하나 더 구독하시겠습니까?",
        "en": "You already have this plan. Buy a second one?",
    },
    "still_paid": {"ko": "까지 결제되어 있습니다", "en": "and it is paid until "},
}


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("code", ASKS)
def test_a_second_purchase_asks_and_says_how_to_confirm(shopper, desk, user, plan, code, lang):
    subscription = subscribe(desk, user, plan, now=clock.now())
    if code == "still_paid":
        subscriptions.cancel(desk, subscription=subscription, now=clock.now())

    asked = place(shopper, COFFEE, headers={"Accept-Language": lang})

    assert problem_of(asked) == (409, code)
    assert ASKS[code][lang] in asked.json["message"]
    assert asked.json["confirm"] == {"beside": subscription.id}
    assert asked.json["location"] == f"/subscriptions/{subscription.id}"
    assert place(shopper, {**COFFEE, **asked.json["confirm"]}).status_code == 201


def test_a_guide_run_is_not_asked_about_a_second_purchase(shopper, desk, user, plan):
    subscribe(desk, user, plan, now=clock.now())

    assert place(shopper, {**COFFEE, "run": "run_1"}).status_code == 201


def test_the_page_holds_both_questions_with_two_answers_each(shopper):
    page = shopper.get("/checkout/coffee-monthly?lang=en").text
    places = re.findall(
        r'data-question="(\w+)" hidden>.*?<button[^>]*type="button">(.*?)</button>.*?<a[^>]*>(.*?)</a>', page, re.S
    )

    assert places == [
        ("already_subscribed", "Buy a second one", "View your current subscription"),
        ("still_paid", "Buy it now", "View your cancelled subscription"),
    ]


def test_only_the_order_of_a_guide_run_carries_the_runs_id(shopper):
    assert order_of(place(shopper, {**COFFEE, "run": "run_0123456789abcdef0123"})).run_id == "run_0123456789abcdef0123"
    assert order_of(place(shopper, COFFEE)).run_id is None


@pytest.mark.parametrize(("variant", "amount"), [("2-1", 0), ("2-2", 19900), ("", 19900), (None, 19900)])
def test_a_variant_of_the_guide_may_be_chosen(shopper, variant, amount):
    answer = place(shopper, {**COFFEE, "guide": "jtnet", "variant": variant, "run": "run_1"})

    assert answer.json["request"]["amount"] == amount


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"plan": "gold-bars"}, 404, "plan_unavailable"),
        ({"plan": None}, 404, "plan_unavailable"),
        ({"plan": {"a": 1}}, 404, "plan_unavailable"),
        ({"guide": "paymentwall"}, 400, "pg_unavailable"),
        ({"guide": "nobody"}, 400, "invalid_request"),
        ({"guide": None}, 400, "invalid_request"),
        ({"guide": 5}, 400, "invalid_request"),
        ({"variant": "no-such"}, 400, "pg_unavailable"),
        ({"buyer_name": ""}, 400, "invalid_request"),
        ({"buyer_name": ["Jisoo", "Kim"]}, 400, "invalid_request"),
        ({"subscription": 4711}, 404, "order_not_found"),
        ({"subscription": "1"}, 404, "order_not_found"),
        ({"subscription": 10**30}, 404, "order_not_found"),
        ({"subscription": -(10**30)}, 404, "order_not_found"),
        ({"subscription": True}, 404, "order_not_found"),
        ({"beside": "1"}, 400, "invalid_request"),
        ({"beside": True}, 400, "invalid_request"),
        ({"run": ""}, 400, "invalid_request"),
        ({"run": 5}, 400, "invalid_request"),
        ({"run": "x" * 41}, 400, "invalid_request"),
        ({"run": "a b"}, 400, "invalid_request"),
    ],
    ids=repr,
)
def test_a_bad_order_has_a_status_and_a_code_and_leaves_nothing(shopper, changes, status, code):
    answer = place(shopper, {**COFFEE, **changes})

    assert problem_of(answer) == (status, code)
    assert db.session.query(Order).count() == 0


@pytest.mark.parametrize("text", ["{", "", "[]", '"x"', "null", "7"])
def test_a_body_that_is_no_object_is_an_invalid_request(shopper, text):
    answer = shopper.post("/orders", data=text, content_type="application/json")

    assert problem_of(answer) == (400, "invalid_request")


FIELDS = [
    ("guide", ""),
    ("guide", "nobody"),
    ("buyer_name", " "),
    ("buyer_name", "x" * 101),
    ("buyer_email", "jisoo"),
    ("buyer_email", "j" * 60 + "@example.com"),
    ("buyer_tel", "call me"),
    ("buyer_tel", "0" * 17),
    ("buyer_tel", "0101234<b>x"),
]


@pytest.mark.parametrize(("field", "value"), FIELDS)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_field_error_names_its_field_in_the_readers_language(shopper, field, value, lang):
    answer = place(shopper, {**COFFEE, field: value}, headers={"Accept-Language": lang})
    sentences = [answer.json["message"], *answer.json["fields"][field]]

    assert problem_of(answer) == (400, "invalid_request")
    assert list(answer.json["fields"]) == [field]
    assert [bool(HANGUL.search(text)) for text in sentences] == [lang == "ko"] * len(sentences)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_paymentwall_asks_for_two_words_in_the_readers_language(shopper, lang):
    answer = place(shopper, {**WORLDWIDE, "buyer_name": "Jisoo"}, headers={"Accept-Language": lang})
    (hint,) = answer.json["fields"]["buyer_name"]

    assert answer.status_code == 400
    assert bool(HANGUL.search(hint)) is (lang == "ko")


def test_who_is_not_signed_in_gets_an_answer_a_script_can_read(client):
    assert problem_of(place(client, COFFEE)) == (401, "http_401")


def test_silence_before_the_window_is_reported(shopper, payments):
    payments.silent = True

    assert problem_of(place(shopper, WORLDWIDE)) == (503, "payment_service_down")


# CSRF -----------------------------------------------------------------------------------------------------


@pytest.fixture
def csrf(app, shopper) -> str:
    """Switch the CSRF protection on, and return the token in the page."""
    app.config["WTF_CSRF_ENABLED"] = True
    found = re.search(r'name="csrf-token" content="([^"]+)"', shopper.get("/").text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/orders", "/payments/complete"])
def test_json_without_the_token_is_refused(shopper, csrf, path):
    assert problem_of(shopper.post(path, json=COFFEE)) == (400, "csrf")
    assert problem_of(shopper.post(path, json=COFFEE, headers={"X-CSRFToken": "forged"})) == (400, "csrf")
    assert db.session.query(Order).count() == 0


def test_json_with_the_token_is_taken(shopper, csrf):
    headers = {"X-CSRFToken": csrf}

    placed = place(shopper, COFFEE, headers=headers)
    completed = shopper.post("/payments/complete", json={"merchant_uid": placed.json["merchant_uid"]}, headers=headers)

    assert (placed.status_code, completed.status_code) == (201, 200)


def test_the_token_of_another_visit_is_refused(app, csrf, user):
    other = signed_in(app, user)

    assert problem_of(place(other, COFFEE, headers={"X-CSRFToken": csrf})) == (400, "csrf")


# The callback -------------------------------------------------------------------------------------------


def test_the_callback_is_settled_by_the_record_and_answers_where_to_go(shopper, payments, desk):
    order = order_of(placed := place(shopper, COFFEE))
    imp_uid = payments.pay(placed.json["request"])

    answer = shopper.post("/payments/complete", json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid})

    assert (answer.status_code, answer.json) == (200, {"location": f"/orders/{order.merchant_uid}"})
    assert (order.status, order.subscription.status) == (OrderStatus.PAID, SubscriptionStatus.ACTIVE)
    assert len(payments.charges) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"success": True, "status": "paid", "paid_amount": 19900},
        {"imp_uid": "imp_of_nobody"},
        {"imp_uid": ""},
        {"imp_uid": None, "error_msg": None},
    ],
    ids=repr,
)
def test_claims_of_the_browser_pay_nothing(shopper, claims):
    order = order_of(place(shopper, COFFEE))

    shopper.post("/payments/complete", json={"merchant_uid": order.merchant_uid, **claims})

    assert (order.status, order.outcome) == (OrderStatus.READY, "checking")


def test_a_closed_window_is_recorded_in_its_own_words(shopper, payments):
    order = order_of(placed := place(shopper, COFFEE))
    payments.close(placed.json["request"])

    shopper.post(
        "/payments/complete", json={"merchant_uid": order.merchant_uid, "error_msg": "사용자가 결제를 취소하셨습니다"}
    )

    assert (order.outcome, order.window_message) == ("closed", "사용자가 결제를 취소하셨습니다")


def test_an_error_code_alone_closes_too(shopper):
    order = order_of(place(shopper, COFFEE))

    shopper.post("/payments/complete", json={"merchant_uid": order.merchant_uid, "error_code": "F0004"})

    assert (order.outcome, order.window_message) == ("closed", "F0004")


@pytest.mark.parametrize("body", [{}, {"merchant_uid": "order_nobody"}, {"merchant_uid": 7}, {"merchant_uid": [1]}])
def test_a_callback_of_an_unknown_order_is_not_found(shopper, body):
    assert problem_of(shopper.post("/payments/complete", json=body)) == (404, "order_not_found")


def test_somebody_elses_callback_grants_its_sender_nothing(app, shopper, payments, desk, plan):
    other = make_user("minsu@example.com")
    theirs = place_order(desk, other, plan, now=clock.now())
    payments.pay(checkout.request(desk, theirs, language="ko"))

    shopper.post("/payments/complete", json={"merchant_uid": theirs.merchant_uid})

    assert theirs.subscription.user is other
    assert shopper.get(f"/orders/{theirs.merchant_uid}").status_code == 404


# The redirect -------------------------------------------------------------------------------------------


def test_the_landing_settles_and_leads_to_the_order(shopper, payments):
    order = order_of(placed := place(shopper, COFFEE))
    imp_uid = payments.pay(placed.json["request"])
    query = {"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "imp_success": "true"}

    answer = shopper.get("/payments/landing", query_string=query)

    assert (answer.status_code, answer.location) == (302, f"/orders/{order.merchant_uid}")
    assert order.outcome == "registered"


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        ({"imp_success": "false", "error_msg": "사용자가 결제를 취소하셨습니다"}, "closed"),
        ({"imp_success": "false", "error_code": "F400"}, "closed"),
        ({"imp_success": "true", "imp_uid": "imp_forged"}, "checking"),
        ({"imp_success": "true"}, "checking"),
        ({"success": "true", "status": "paid"}, "checking"),
        ({}, "checking"),
    ],
    ids=repr,
)
def test_a_landing_without_a_paid_record_pays_nothing(shopper, query, outcome):
    order = order_of(place(shopper, COFFEE))

    answer = shopper.get("/payments/landing", query_string={"merchant_uid": order.merchant_uid, **query})

    assert answer.location == f"/orders/{order.merchant_uid}"
    assert (order.status, order.outcome) == (OrderStatus.READY, outcome)


@pytest.mark.parametrize("success", ["false", "False", "0", "", "null", "true&imp_success=false"])
def test_what_the_query_says_of_success_is_not_believed(shopper, payments, success):
    order = order_of(placed := place(shopper, COFFEE))
    payments.pay(placed.json["request"])

    shopper.get(f"/payments/landing?merchant_uid={order.merchant_uid}&imp_success={success}&error_msg=no")

    assert order.outcome == "registered"


@pytest.mark.parametrize(
    "query", ["", "merchant_uid=", "merchant_uid=order_nobody", "imp_uid=imp_1&imp_success=true", "merchant_uid[]=a"]
)
def test_a_landing_of_no_order_leads_to_my_subscriptions(client, query):
    answer = client.get(f"/payments/landing?{query}")

    assert (answer.status_code, answer.location) == (302, "/subscriptions")


def test_somebody_elses_payment_does_not_pay_for_mine(shopper, payments, desk, plan):
    theirs = place_order(desk, make_user("minsu@example.com"), plan, now=clock.now())
    imp_uid = payments.pay(checkout.request(desk, theirs, language="ko"))
    mine = order_of(place(shopper, COFFEE))

    shopper.get("/payments/landing", query_string={"merchant_uid": mine.merchant_uid, "imp_uid": imp_uid})

    assert mine.outcome == "mismatch"
    assert theirs.billing_key_id != mine.billing_key_id


def test_what_the_window_said_cannot_become_markup(shopper):
    order = order_of(place(shopper, COFFEE))
    said = {"merchant_uid": order.merchant_uid, "error_msg": "<script>alert(1)</script>"}

    page = shopper.get(shopper.post("/payments/complete", json=said).json["location"]).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_forged_amount_is_refunded_and_reported(shopper, payments):
    order = order_of(placed := place(shopper, WORLDWIDE))
    imp_uid = payments.pay(placed.json["request"], amount=0.01)

    shopper.post("/payments/complete", json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid})
    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert payments.payment(imp_uid).amount_left == 0
    assert "Differs in: amount" in page
    assert "The charged amount was refunded." in page


# Another card ---------------------------------------------------------------------------------------------


def test_another_card_is_ordered_for_the_subscription_that_wants_it(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())

    answer = place(shopper, {**BUYER, "subscription": subscription.id})

    assert answer.status_code == 201
    assert order_of(answer).subscription_id == subscription.id


def test_the_card_page_of_a_period_that_is_paid_by_now_opens_no_window_that_pays(shopper, desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    path = f"/subscriptions/{order.subscription_id}/card"
    body = {**BUYER, "buyer_name": "Jisoo Kim", "guide": "paymentwall", "subscription": order.subscription_id}

    def shown():
        return {field["name"]: field["value"] for field in page_of(shopper, path).all("input", name="paid_until")}

    before = shown()
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    payments.settle(desk, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())
    after = shown()

    assert problem_of(place(shopper, {**body, **before})) == (409, "out_of_date")
    assert [problem_of(place(shopper, {**body, "paid_until": bad})) for bad in ("soon", 5)] == [
        (400, "invalid_request")
    ] * 2
    assert place(shopper, {**body, **after}).status_code == 201


def test_nobody_orders_a_card_for_somebody_elses_subscription(shopper, desk, plan):
    theirs = subscribe(desk, make_user("minsu@example.com"), plan, now=clock.now())

    answer = place(shopper, {**BUYER, "subscription": theirs.id})

    assert problem_of(answer) == (404, "order_not_found")
    assert theirs.billing_key.is_usable


def test_an_ended_subscription_gets_no_other_card(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())
    subscription.cancel(at=clock.now())
    db.session.commit()

    assert problem_of(place(shopper, {**BUYER, "subscription": subscription.id})) == (409, "nothing_to_charge")


@pytest.mark.parametrize("path", ["/plans/{}", "/checkout/{}"])
def test_a_plan_that_no_pg_takes_is_not_sold(shopper, plan, path):
    plan.currency = "JPY"
    db.session.commit()

    answer = shopper.get(path.format(plan.slug), headers={"Accept": "application/json"})

    assert problem_of(answer) == (404, "plan_unavailable")
