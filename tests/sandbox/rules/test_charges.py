"""`POST /subscribe/payments/again`: charging a stored key, within the limits of its PG."""

import threading

import pytest

from tests.sandbox.conftest import Api
from tests.sandbox.guides import DAY
from tests.sandbox.rules.conftest import shops

DUPLICATE = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
USD_CHARGE = {
    "amount": 49.99,
    "currency": "USD",
    "buyer_email": "mae@example.com",
    "buyer_name": "Mae Dal",
    "browser_ip": "192.0.2.1",
}


@pytest.fixture
def usd_key(api) -> None:
    """Issue a key of Paymentwall in dollars."""
    api.issue(pg="paymentwall", cvc="123", currency="USD", customer_email="mae@example.com", customer_name="Mae Dal")


def test_a_charge_is_paid_and_says_so_in_full(api, clock):
    api.issue()

    answer = api.charge("order-1", buyer_name="김매달", buyer_email="mae@example.com", custom_data='{"a": 1}')

    assert (answer.http, answer.code, answer.message) == (200, 0, None)
    payment = answer.response
    assert payment["imp_uid"].startswith("imp_")
    assert payment["merchant_uid"] == "order-1"
    assert payment["customer_uid"] == "card-1"
    assert payment["customer_uid_usage"] == "payment"
    assert (payment["status"], payment["channel"]) == ("paid", "api")
    assert (payment["amount"], payment["currency"], payment["cancel_amount"]) == (9900, "KRW", 0)
    assert (payment["started_at"], payment["paid_at"]) == (clock(), clock())
    assert (payment["failed_at"], payment["cancelled_at"]) == (0, 0)
    assert payment["fail_reason"] is None
    assert (payment["card_name"], payment["card_number"]) == ("삼성카드", "424242******4242")
    assert (payment["buyer_name"], payment["buyer_tel"]) == ("김매달", None)
    assert payment["custom_data"] == '{"a": 1}'
    assert payment["cancel_history"] == []


def test_the_pg_of_the_key_takes_the_charge(api):
    api.issue(pg="jtnet.MyShop")

    payment = api.charge("order-1").response

    assert (payment["pg_provider"], payment["pg_id"]) == ("jtnet", "MyShop")


def test_a_decline_is_an_answer_and_leaves_the_merchant_uid_free(api, clock):
    api.issue("poor", card_number="4000-0000-0000-0341")
    api.issue("rich")

    declined = api.charge("order-1", customer_uid="poor")
    paid = api.charge("order-1", customer_uid="rich")

    assert (declined.http, declined.code) == (200, 0)
    assert declined.response["status"] == "failed"
    assert declined.response["fail_reason"] == "잔액이 부족하여 결제가 거절되었습니다."
    assert (declined.response["failed_at"], declined.response["paid_at"]) == (clock(), 0)
    assert paid.response["status"] == "paid"


def test_an_unknown_customer_uid_is_refused(api):
    assert api.charge("order-1", customer_uid="nobody") == (200, 1, "등록되지 않은 구매자입니다.", None)


def test_a_merchant_uid_is_paid_only_once(api):
    api.issue()
    api.charge("order-1")

    assert api.charge("order-1") == (200, 1, DUPLICATE, None)


def test_a_cancelled_merchant_uid_is_used_up_too(api):
    api.issue()
    api.charge("order-1")
    api.post("/payments/cancel", merchant_uid="order-1")

    assert api.charge("order-1") == (200, 1, DUPLICATE, None)


@pytest.mark.parametrize("missing", ["customer_uid", "merchant_uid", "amount", "name"])
def test_a_missing_field_is_malformed(api, missing):
    api.issue()
    fields = {"customer_uid": "card-1", "merchant_uid": "order-1", "amount": 9900, "name": "원두"}

    answer = api.post("/subscribe/payments/again", **{**fields, missing: None})

    assert (answer.http, answer.code) == (400, -1)
    assert missing in answer.message


@pytest.mark.parametrize(("strict", "http"), [(False, 200), (True, 400)])
def test_a_pg_that_needs_no_name_gets_one_only_from_a_strict_sandbox(api, strict, http):
    api.issue(pg="jtnet")
    api.client.post("/control/strictness", json={"strict": strict})

    assert api.charge("order-1", name=None).http == http


@pytest.mark.usefixtures("usd_key")
def test_paymentwall_takes_a_charge_that_repeats_the_issue(api):
    payment = api.charge("order-1", **USD_CHARGE).response

    assert (payment["status"], payment["amount"], payment["currency"]) == ("paid", 49.99, "USD")


def test_a_key_of_paymentwall_in_won_needs_no_currency(api):
    api.issue(pg="paymentwall", cvc="123", customer_email="mae@example.com")

    payment = api.charge("order-1", **{**USD_CHARGE, "amount": 3000, "currency": None}).response

    assert (payment["status"], payment["amount"], payment["currency"]) == ("paid", 3000, "KRW")


@pytest.mark.usefixtures("usd_key")
@pytest.mark.parametrize(
    ("change", "http", "about"),
    [
        ({"buyer_email": None}, 400, "buyer_email"),
        ({"buyer_email": "other@example.com"}, 200, "buyer_email"),
        ({"currency": None, "amount": 3000}, 200, "currency"),
        ({"currency": None}, 200, "currency"),
        ({"currency": "KRW", "amount": 3000}, 200, "currency"),
        ({"browser_ip": None}, 400, "browser_ip"),
    ],
)
def test_paymentwall_refuses_a_charge_that_does_not(api, change, http, about):
    answer = api.charge("order-1", **{**USD_CHARGE, **change})

    assert (answer.http, answer.code, answer.response) == (http, -1, None)
    assert about in answer.message
    assert api.get("/payments/find/order-1").http == 404


@pytest.mark.usefixtures("usd_key")
@pytest.mark.parametrize(
    ("strict", "buyer_name", "http"), [(False, "매달", 200), (True, "매달", 400), (True, "Mae Dal", 200)]
)
def test_a_strict_sandbox_wants_two_words_for_a_name_at_paymentwall(api, strict, buyer_name, http):
    api.client.post("/control/strictness", json={"strict": strict})

    assert api.charge("order-1", **{**USD_CHARGE, "buyer_name": buyer_name}).http == http


def test_of_many_simultaneous_charges_exactly_one_is_paid(app, api):
    api.issue()
    callers = [Api(app.test_client()) for _ in range(8)]
    start = threading.Barrier(len(callers))
    answers = []

    def charge(caller: Api) -> None:
        start.wait()
        answers.append(caller.charge("order-1"))

    threads = [threading.Thread(target=charge, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    paid = [answer for answer in answers if answer.code == 0]
    refused = [answer for answer in answers if answer.code != 0]
    assert [answer.response["status"] for answer in paid] == ["paid"]
    assert refused == [(200, 1, DUPLICATE, None)] * 7


# The limits of each PG ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shop", "change", "http", "about"),
    [
        ("inicis", {"name": None}, 400, "name"),
        ("danal-card", {"name": None}, 400, "name"),
        ("paymentwall", {"browser_ip": None}, 400, "browser_ip"),
        ("paymentwall", {"buyer_email": "other@example.com"}, 200, "buyer_email"),
        ("danal-phone", {"amount": 9901}, 200, "amount"),
        ("mobilians-phone", {"amount": 100}, 200, "amount"),
        ("smartro-v2", {"buyer_name": None}, 400, "buyer_name"),
        ("smartro-v2", {"buyer_email": None}, 400, "buyer_email"),
        ("smartro-v2", {"buyer_tel": None}, 400, "buyer_tel"),
        ("smartro-v2", {"merchant_uid": "charge-1"}, 400, "merchant_uid"),
        ("welcome-card", {"buyer_name": None}, 400, "buyer_name"),
        ("welcome-phone", {"buyer_name": None}, 400, "buyer_name"),
        ("paypal-rt", {"currency": None, "amount": 9900}, 400, "currency"),
        ("paypal-rt", {"currency": "KRW", "amount": 9900}, 400, "KRW"),
        ("payletter-global", {"currency": None, "amount": 9900}, 400, "currency"),
        ("naverpay", {"amount": 9}, 400, "amount"),
    ],
    indirect=["shop"],
)
def test_a_charge_that_its_pg_cannot_take_is_refused_and_leaves_no_record(shop, change, http, about):
    shop.issue()

    answer = shop.charge(**change)

    assert (answer.http, answer.code, answer.response) == (http, -1, None)
    assert about in answer.message
    assert shop.api.get("/payments/find/charge001").http == 404


@shops("danal-phone", "mobilians-phone")
@pytest.mark.parametrize(("days", "code"), [(0, 0), (5, 0), (6, -1), (24, -1), (26, 0), (31, 0), (36, 0), (37, -1)])
def test_a_phone_bill_is_charged_around_the_same_day_of_each_month(shop, days, code):
    shop.issue()
    shop.wait(days * DAY)

    assert shop.charge().code == code


@shops("danal-phone")
def test_the_day_of_the_month_can_be_left_out_of_account(shop):
    shop.pull(monthly_day=False)
    shop.issue()
    shop.wait(15 * DAY)

    assert shop.charge().code == 0


@shops("kakaopay")
def test_kakao_pay_caps_the_charges_of_a_month(shop):
    shop.pull(monthly_cap=3)
    shop.issue()

    codes = [shop.charge(f"charge{n}").code for n in range(3)]
    shop.wait(31 * DAY)

    assert codes == [0, 0, -1]
    assert shop.charge("next-month").code == 0


@shops("paymentwall")
def test_a_key_of_paymentwall_can_be_charged_once_its_webhook_has_gone(receiver, shop):
    shop.pull(webhook_delay=60)
    shop.issue(notice_url=receiver.url)

    early = shop.charge()
    shop.pull(again_after_webhook=False)

    assert (early.code, early.response) == (-1, None)
    assert "웹훅" in early.message
    assert shop.charge().response["status"] == "paid"


@shops("mobilians-v2-card")
def test_a_key_of_a_test_channel_that_is_for_show_cannot_be_charged(shop):
    shop.pull(live_channels=False)
    shop.issue()

    assert shop.charge().code == -1
