"""My subscriptions: seen by their owner, charged once per click, ended for good."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

import clock
from clock import add_months
from models import db
from services import checkout, payments, renewals, reversals, subscriptions
from services.locks import lock
from states import InvoiceStatus, KeyStatus, SubscriptionStatus
from tests.conftest import signed_in
from tests.factories import NOW, make_user, place_order, subscribe
from tests.views.reading import page_of

JSON = {"Accept": "application/json"}


@pytest.fixture
def subscription(desk, user, plan):
    """A subscription that is paid for the present month."""
    return subscribe(desk, user, plan, now=clock.now())


def period_on(client, subscription) -> str:
    """Return the period that the page offers to charge, as its form sends it."""
    page = client.get(f"/subscriptions/{subscription.id}").text
    found = re.search(r'name="period_start"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


def button_of(page) -> str:
    """Return the label of the button that opens the payment window."""
    found = re.search(r'<button class="button button--wide" type="submit" disabled>([^<]+)</button>', page)
    assert found, page
    return found[1]


def charge(client, subscription, period_start, **options):
    return client.post(f"/subscriptions/{subscription.id}/charges", data={"period_start": period_start}, **options)


# Whose they are -------------------------------------------------------------------------------------------

PAGES = [
    ("GET", "/subscriptions/{}"),
    ("POST", "/subscriptions/{}/charges"),
    ("GET", "/subscriptions/{}/card"),
    ("GET", "/subscriptions/{}/cancellation"),
    ("POST", "/subscriptions/{}/cancellation"),
]


@pytest.mark.parametrize(
    ("method", "path", "is_staff"),
    # Staff are led from the page itself to their own page of it; tests/views/test_admin.py checks that.
    [*((*page, False) for page in PAGES), *((*page, True) for page in PAGES[1:])],
)
def test_a_subscription_does_not_exist_for_anybody_else(app, client, desk, subscription, method, path, is_staff):
    stranger = signed_in(app, make_user("minsu@example.com", is_staff=is_staff))
    charges = len(desk.client.charges)

    theirs = stranger.open(path.format(subscription.id), method=method)
    unknown = stranger.open(path.format(4711), method=method)
    visitors = client.open(path.format(subscription.id), method=method)

    assert (theirs.status_code, unknown.status_code, visitors.status_code) == (404, 404, 302)
    assert visitors.location.startswith("/account/sign-in?next=")
    assert subscription.status is SubscriptionStatus.ACTIVE
    assert len(desk.client.charges) == charges


@pytest.mark.parametrize("number", [0, 2**31, 10**30])
def test_a_number_no_subscription_has_is_not_found(shopper, number):
    assert shopper.get(f"/subscriptions/{number}").status_code == 404


def test_the_list_shows_my_own_only(app, shopper, desk, subscription, dollar_plan):
    theirs = subscribe(desk, make_user("minsu@example.com"), dollar_plan, "paymentwall", now=clock.now())

    page = shopper.get("/subscriptions").text

    assert f'href="/subscriptions/{subscription.id}"' in page
    assert f'href="/subscriptions/{theirs.id}"' not in page


def test_an_empty_list_leads_to_the_plans(shopper):
    page = shopper.get("/subscriptions?lang=en").text

    assert "You have no subscription yet." in page
    assert '<a class="button button--primary" href="/">' in page


def order_of_words(page, *words) -> list[str]:
    """Return the words by their place in the page's text. A word that is missing fails the test."""
    return sorted(words, key=page.text.index)


@pytest.mark.parametrize(("lang", "name"), [("ko", "결제대행사(PG) KG이니시스"), ("en", "Payment provider KG Inicis")])
def test_the_list_names_the_pg(shopper, subscription, lang, name):
    assert name in page_of(shopper, f"/subscriptions?lang={lang}").text


def test_running_subscriptions_to_a_plan_through_a_pg_share_a_heading(shopper, desk, user, plan, subscription):
    second = subscribe(desk, user, plan, now=clock.now())
    other_pg = subscribe(desk, user, plan, "jtnet", now=clock.now())

    page = page_of(shopper, "/subscriptions?lang=en")

    assert page.text.count("Beans every month") == 2
    assert order_of_words(page, "2 subscriptions", "KG Inicis", "JTNet") == ["JTNet", "2 subscriptions", "KG Inicis"]
    links = [link["href"] for link in page.all("a", **{"class": "card__link"})]
    assert links == [f"/subscriptions/{one.id}" for one in (other_pg, second, subscription)]


def test_ended_subscriptions_are_folded(shopper, desk, user, plan, subscription):
    ended = subscribe(desk, user, plan, now=clock.now())
    subscriptions.cancel(desk, subscription=ended, now=clock.now())

    page = shopper.get("/subscriptions?lang=en").text
    before, _, folded = page.partition("<details")

    assert "2 subscriptions" not in page
    assert (f"/subscriptions/{subscription.id}" in before, f"/subscriptions/{ended.id}" in before) == (True, False)
    assert "Ended subscriptions (1)" in folded
    assert f"/subscriptions/{ended.id}" in folded


def test_who_has_only_ended_subscriptions_is_led_to_the_plans(shopper, desk, subscription):
    subscriptions.cancel(desk, subscription=subscription, now=clock.now())

    page = page_of(shopper, "/subscriptions?lang=en")

    assert "You have no running subscription. View plans" in page.text


@pytest.mark.parametrize(
    ("lang", "period"),
    [("ko", "2026년 1월 31일 – 2026년 2월 28일"), ("en", "January 31, 2026 – February 28, 2026")],
)
def test_the_history_says_which_period_a_payment_covers(shopper, desk, user, plan, lang, period):
    subscription = subscribe(desk, user, plan, now=NOW)

    page = page_of(shopper, f"/subscriptions/{subscription.id}?lang={lang}")

    assert page.text.count(period) == 1


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_page_shows_plan_state_card_and_history(shopper, subscription, lang):
    page = shopper.get(f"/subscriptions/{subscription.id}?lang={lang}").text

    assert subscription.plan.name(lang) in page
    assert "4242-42**-****-4242" in page
    assert [order.merchant_uid for order in subscription.orders if order.merchant_uid not in page] == []


# Pay now --------------------------------------------------------------------------------------------------


def test_pay_now_pays_the_next_period_and_answers_a_script(shopper, desk, subscription):
    until = subscription.paid_until

    answer = charge(shopper, subscription, period_on(shopper, subscription), headers=JSON)

    assert answer.status_code == 200
    assert answer.json["outcome"] == "paid"
    assert answer.json["order_url"] == f"/orders/{answer.json['merchant_uid']}"
    assert answer.json["message"]
    assert subscription.paid_until == add_months(until, 1, anchor_day=subscription.anchor_day)


def test_pay_now_without_a_script_leads_back_with_a_message(shopper, subscription):
    answer = charge(shopper, subscription, period_on(shopper, subscription), follow_redirects=True)

    assert answer.request.path == f"/subscriptions/{subscription.id}"
    assert "notice--success" in answer.text


@pytest.mark.parametrize("headers", [{}, JSON])
def test_pay_now_pressed_twice_pays_once(shopper, desk, subscription, headers):
    period_start, charges = period_on(shopper, subscription), len(desk.client.charges)

    first, second = (charge(shopper, subscription, period_start, headers=headers) for _ in range(2))

    assert first.status_code == second.status_code
    assert first.json == second.json
    assert len(desk.client.charges) == charges + 1
    assert [invoice.status for invoice in subscription.invoices] == [InvoiceStatus.PAID] * 2


def test_a_subscription_that_has_not_started_shows_no_day_on_which_it_started(shopper, desk, user, plan):
    subscribe(desk, user, plan, card="no_money_later", now=clock.now())

    page = shopper.get("/subscriptions?lang=en").text

    assert "Not started" in page
    assert "Ordered on" in page
    assert "Started on" not in page


def test_a_first_payment_asked_for_twice_is_made_once(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later", now=clock.now())
    desk.client.keys[subscription.billing_key.customer_uid] = "approved"
    period_start, charges = period_on(shopper, subscription), len(desk.client.charges)

    for _ in range(2):
        charge(shopper, subscription, period_start, headers=JSON)

    assert len(desk.client.charges) == charges + 1
    assert len(subscription.invoices) == 1


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        (
            "ko",
            "결제가 거절되어 청구된 금액이 없습니다. 다른 결제수단으로 결제할 수 있습니다. 사유: 잔액이 부족합니다.",
        ),
        (
            "en",
            "The payment was declined and nothing was charged. You can pay with another payment method. "
            "Reported reason: There is not enough money in the account. (잔액이 부족합니다.)",
        ),
    ],
)
def test_a_decline_is_shown_with_its_reason(shopper, desk, user, plan, long_ago, lang, sentence):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)
    shopper.get(f"/?lang={lang}")

    answer = charge(shopper, subscription, period_on(shopper, subscription), headers=JSON)
    page = shopper.get(f"/subscriptions/{subscription.id}").text

    assert answer.json["outcome"] == "declined"
    assert answer.json["message"] == sentence
    assert subscription.status is SubscriptionStatus.PAST_DUE
    assert "잔액이 부족합니다." in page
    assert f'href="/subscriptions/{subscription.id}/card"' in page


def test_the_page_of_an_earlier_order_tells_of_the_declined_renewal(shopper, desk, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)
    order = subscription.orders[0]

    charge(shopper, subscription, period_on(shopper, subscription), headers=JSON)
    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "The latest charge of this subscription was declined. We will try again on:" in page
    assert "will be charged automatically on" not in page


def test_a_subscription_whose_first_payment_was_declined_has_not_started(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later", now=clock.now())

    listed = shopper.get("/subscriptions?lang=en").text
    page = shopper.get(f"/subscriptions/{subscription.id}?lang=en").text

    assert "Not started" in listed
    assert f'href="/subscriptions/{subscription.id}/card">Pay with another payment method' in listed
    assert "the subscription has not started" in page
    assert "Reported reason: There is not enough money in the account. <small" in page
    assert '<small class="original"><span lang="ko">잔액이 부족합니다.</span></small>' in page


def test_what_has_ended_says_until_when_it_serves_and_leads_to_another(shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())
    subscriptions.cancel(desk, subscription=subscription, now=clock.now())

    listed = shopper.get("/subscriptions?lang=en").text
    page = shopper.get(f"/subscriptions/{subscription.id}?lang=en").text

    assert "Available until" in listed
    assert "Available until" in page
    assert f'href="/plans/{plan.slug}">Subscribe again' in page


def test_a_decline_without_a_script_is_flashed_as_an_error(shopper, desk, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)

    answer = charge(shopper, subscription, period_on(shopper, subscription), follow_redirects=True)

    assert "notice--error" in answer.text
    assert "잔액이 부족합니다." in answer.text


def test_a_charge_that_does_not_match_is_not_called_a_decline(shopper, desk, subscription):
    desk.client.test_channels = {"html5_inicis.test"}
    registered = {"merchant_uid": "order_x", "customer_uid": subscription.billing_key.customer_uid, "amount": 1}
    desk.client.pay({**registered, "pg": "html5_inicis.test"})

    answer = charge(shopper, subscription, period_on(shopper, subscription), headers=JSON)

    assert answer.json["outcome"] == "mismatch"
    assert "주문과 달라" in answer.json["message"]
    assert "거절" not in answer.json["message"]


def test_a_lost_answer_is_reported_as_unknown(shopper, desk, subscription):
    desk.client.lose_answer = True

    answer = charge(shopper, subscription, period_on(shopper, subscription), headers={**JSON, "Accept-Language": "en"})

    assert answer.json["outcome"] == "checking"
    assert "will not charge you twice" in answer.json["message"]


ENDS_OF_TIME = [
    f"{day}.000000{zone}" for day in ("0001-01-01T00:00:00", "9999-12-31T23:59:59") for zone in ("+2359", "-2359")
]


@pytest.mark.parametrize("period_start", ENDS_OF_TIME)
def test_a_period_at_the_ends_of_time_is_not_charged(shopper, desk, subscription, period_start):
    answer = charge(shopper, subscription, period_start, headers=JSON)

    assert answer.json["code"] in ("invalid_request", "nothing_to_charge")


@pytest.mark.parametrize("period_start", ["", "now", "2026-01-31", "2026-01-31T12:00:00.000000", None])
def test_a_charge_needs_the_period_the_person_saw(shopper, desk, subscription, period_start):
    charges = len(desk.client.charges)

    answer = charge(shopper, subscription, period_start, headers=JSON)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert len(desk.client.charges) == charges


def test_a_period_further_on_cannot_be_paid_before_the_next(shopper, desk, subscription):
    later = subscription.paid_until + timedelta(days=365)

    answer = charge(shopper, subscription, f"{later:%Y-%m-%dT%H:%M:%S.%f%z}", headers=JSON)

    assert (answer.status_code, answer.json["code"]) == (409, "nothing_to_charge")


def test_a_charge_needs_the_token_of_the_page(app, shopper, desk, subscription):
    period_start, charges = period_on(shopper, subscription), len(desk.client.charges)
    app.config["WTF_CSRF_ENABLED"] = True

    answer = charge(shopper, subscription, period_start, headers=JSON)

    assert (answer.status_code, answer.json["code"]) == (400, "csrf")
    assert len(desk.client.charges) == charges


def test_an_ended_subscription_is_not_charged_by_an_old_page(shopper, desk, subscription):
    period_start = period_on(shopper, subscription)
    shopper.post(f"/subscriptions/{subscription.id}/cancellation")
    charges = len(desk.client.charges)

    answer = charge(shopper, subscription, period_start, headers=JSON)

    assert (answer.status_code, answer.json["code"]) == (409, "nothing_to_charge")
    assert len(desk.client.charges) == charges


# Card and end ---------------------------------------------------------------------------------------------


def test_another_card_is_offered_with_the_pgs_that_take_the_currency(with_retired_pgs, shopper, subscription):
    page = shopper.get(f"/subscriptions/{subscription.id}/card").text

    assert f'name="subscription" value="{subscription.id}"' in page
    assert [guide for guide in ("inicis", "jtnet", "chai") if f'value="{guide}"' not in page] == []
    assert 'value="paymentwall"' not in page


def test_who_has_paid_nothing_yet_is_not_told_that_a_payment_failed(shopper, desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())

    page = shopper.get(f"/subscriptions/{order.subscription.id}/card").text

    assert "아직 결제된 금액이 없습니다" in page
    assert "지난 결제에 실패했습니다" not in page


def test_who_has_paid_nothing_yet_finds_a_checkout(shopper, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now())

    page = shopper.get(f"/subscriptions/{order.subscription.id}/card?lang=en").text

    assert "<h1>Checkout</h1>" in page
    assert "Current payment method" not in page
    assert button_of(page) == "Pay ₩19,900"


def test_the_button_for_another_card_names_what_is_paid_now(shopper, desk, user, plan, dollar_plan, long_ago):
    paid = subscribe(desk, user, plan, now=clock.now())
    overdue = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)
    renewals.collect(desk, subscription_id=overdue.id, now=clock.now())
    only_with_a_payment = subscribe(desk, user, dollar_plan, "paymentwall", now=clock.now())
    plan.amount = 24900  # the open invoice keeps its amount
    db.session.commit()

    buttons = [
        button_of(shopper.get(f"/subscriptions/{subscription.id}/card?lang=en").text)
        for subscription in (paid, overdue, only_with_a_payment)
    ]

    assert buttons == ["Register payment method", "Pay ₩19,900", "Pay $49.99"]


def test_another_card_pays_what_is_overdue(shopper, desk, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)
    renewals.collect(desk, subscription_id=subscription.id, now=clock.now())
    buyer = {"guide": "inicis", "buyer_name": "김지수", "buyer_email": "j@example.com", "buyer_tel": "010-1234-5678"}

    placed = shopper.post("/orders", json={"subscription": subscription.id, **buyer}).json
    imp_uid = desk.client.pay(placed["request"])
    shopper.post("/payments/complete", json={"imp_uid": imp_uid, "merchant_uid": placed["merchant_uid"]})

    assert subscription.status is SubscriptionStatus.ACTIVE
    assert subscription.billing_key.customer_uid == placed["request"]["customer_uid"]
    assert subscription.paid_until > clock.now()


def test_the_cancellation_asks_first(shopper, subscription):
    answer = shopper.get(f"/subscriptions/{subscription.id}/cancellation")

    assert answer.status_code == 200
    assert subscription.status is SubscriptionStatus.ACTIVE


def test_a_cancelled_subscription_ends_and_its_key_is_deleted(shopper, desk, subscription):
    answer = shopper.post(f"/subscriptions/{subscription.id}/cancellation")

    assert (answer.status_code, answer.location) == (302, f"/subscriptions/{subscription.id}")
    assert (subscription.status, subscription.billing_key.status) == (SubscriptionStatus.CANCELLED, KeyStatus.REVOKED)
    assert desk.client.keys == {}
    assert "/cancellation" not in shopper.get(f"/subscriptions/{subscription.id}").text


def test_a_second_cancellation_changes_nothing(shopper, subscription):
    shopper.post(f"/subscriptions/{subscription.id}/cancellation")
    cancelled_at = subscription.cancelled_at

    answer = shopper.post(f"/subscriptions/{subscription.id}/cancellation")

    assert (answer.status_code, answer.location) == (302, f"/subscriptions/{subscription.id}")
    assert subscription.cancelled_at == cancelled_at
    assert shopper.get(f"/subscriptions/{subscription.id}").text.count("notice--success") == 1


@pytest.mark.parametrize("page", ["card", "cancellation"])
def test_an_ended_subscription_has_no_form_left(shopper, subscription, page):
    shopper.post(f"/subscriptions/{subscription.id}/cancellation")

    answer = shopper.get(f"/subscriptions/{subscription.id}/{page}")

    assert (answer.status_code, answer.location) == (302, f"/subscriptions/{subscription.id}")


def test_a_cancellation_needs_the_token_of_the_page(app, shopper, subscription):
    app.config["WTF_CSRF_ENABLED"] = True

    answer = shopper.post(f"/subscriptions/{subscription.id}/cancellation")

    assert answer.status_code == 400
    assert subscription.status is SubscriptionStatus.ACTIVE


def test_an_unfinished_checkout_is_not_listed(shopper, desk, user, plan):
    order = checkout.place(
        desk,
        user=user,
        plan=plan,
        guide_id="inicis",
        buyer=checkout.Buyer(name="a", email="a@example.com", tel="010", ip="", language="ko"),
        now=clock.now(),
    )

    assert f"/subscriptions/{order.subscription_id}" not in shopper.get("/subscriptions").text


def test_a_charge_without_an_outcome_is_being_checked_and_promises_no_day(shopper, desk, subscription):
    desk.client.pending = True
    paid_until = subscription.paid_until
    renewals.collect(desk, subscription_id=subscription.id, now=clock.now(), period_start=paid_until)

    page = shopper.get(f"/subscriptions/{subscription.id}?lang=en").text

    assert "being checked" in page
    assert "do not charge you twice" in page


# Refunded -------------------------------------------------------------------------------------------------


def refund_in_console(desk, order, amount=None):
    desk.client.cancel_in_console(order.imp_uid, amount)
    payments.settle(desk, merchant_uid=order.merchant_uid, now=clock.now())


def test_a_refunded_period_suspends_and_offers_no_payment(shopper, desk, subscription):
    refund_in_console(desk, subscription.orders[0])

    page = shopper.get(f"/subscriptions/{subscription.id}?lang=en").text

    assert "Refunded</span>" in page
    assert "The subscription is suspended." in page
    assert "Suspended" in shopper.get("/subscriptions?lang=en").text
    for offer in ("Pay now", "Paid until", "Next payment", "Change payment method"):
        assert offer not in page
    assert "Cancel subscription" in page


def test_a_partial_refund_stands_in_the_history(shopper, desk, subscription):
    refund_in_console(desk, subscription.orders[0], Decimal(1000))

    page = shopper.get(f"/subscriptions/{subscription.id}?lang=en").text

    assert "Refunded: ₩1,000" in page
    assert "Pay now" in page


def test_a_payment_that_the_card_company_took_back_is_not_shown_as_paid(shopper, subscription):
    order = subscription.orders[0]
    lock(subscription)
    reversals.record_chargeback(order, now=clock.now())
    db.session.commit()

    page = shopper.get(f"/orders/{order.merchant_uid}?lang=en").text

    assert "The card company took the payment back" in page
    assert "Our staff decide whether it resumes." in page
    assert "Taken back" in shopper.get(f"/subscriptions/{subscription.id}?lang=en").text
