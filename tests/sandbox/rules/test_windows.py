"""Which windows open and what comes of them, by PG, device and test instrument."""

import pytest

CARDS = {
    "approved": "4242-4242-4242-4242",
    "declined": "4000-0000-0000-0002",
    "later declined": "4000-0000-0000-0341",
    "first only": "4000-0000-0000-9995",
    "expired": "4000-0000-0000-0069",
}
ACCOUNTS = {
    "approved": "110-4242-424242",
    "declined": "110-0000-000002",
    "later declined": "110-0000-000341",
    "first only": "110-0000-009995",
    "expired": "110-0000-000069",
}
PARAMS = {
    "html5_inicis": {"pg": "html5_inicis"},
    "jtnet": {"pg": "jtnet", "amount": 0},
    "jtnet charging": {"pg": "jtnet"},
    "chai": {"pg": "chai", "pay_method": "trans", "m_redirect_url": "http://shop.test/landing"},
    "paymentwall": {
        "pg": "paymentwall",
        "amount": 49.99,
        "currency": "USD",
        "buyer_email": "mae@example.com",
        "buyer_name": "Mae Dal",
    },
}
AGAIN = {
    "paymentwall": {
        "amount": 49.99,
        "currency": "USD",
        "buyer_email": "mae@example.com",
        "browser_ip": "192.0.2.1",
    },
}


def numbers(guide: str) -> dict[str, str]:
    return ACCOUNTS if guide == "chai" else CARDS


@pytest.mark.parametrize(
    ("guide", "effect"),
    [
        ("html5_inicis", "shown"),
        ("jtnet", "shown"),
        ("jtnet charging", "charged"),
        ("chai", "shown"),
        ("paymentwall", "charged"),
    ],
)
@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_an_approved_window_issues_a_key_and_charges_what_its_pg_charges(api, payer, clock, guide, effect, device):
    params = {"merchant_uid": "issue-1", "customer_uid": "card-1", **PARAMS[guide]}

    imp_uid = payer.approve(payer.open(device, **params), numbers(guide)["approved"])

    payment = api.get(f"/payments/{imp_uid}").response
    assert payment["status"] == "paid"
    assert payment["paid_at"] == clock()
    assert payment["amount"] == params.get("amount", 9900)
    assert payment["customer_uid_usage"] == "issue"
    assert payment["channel"] == device
    assert bool(payment["apply_num"]) is (effect == "charged")
    assert api.get("/subscribe/customers/card-1").response["pg_provider"] == params["pg"]


@pytest.mark.parametrize("guide", PARAMS)
@pytest.mark.parametrize(
    ("outcome", "reason"), [("declined", "거절"), ("expired", ""), ("unknown", "unknown test instrument")]
)
def test_a_number_refused_at_issue_leaves_no_key_and_no_charge(api, payer, clock, guide, outcome, reason):
    number = numbers(guide).get(outcome, "9999-9999-9999-9999")
    window = payer.open(merchant_uid="issue-1", customer_uid="card-1", **PARAMS[guide])

    imp_uid = payer.approve(window, number)

    payment = api.get(f"/payments/{imp_uid}").response
    assert payment["status"] == "failed"
    assert payment["failed_at"] == clock()
    assert payment["fail_reason"]
    assert reason in payment["fail_reason"]
    assert payment["paid_at"] == 0
    assert api.get("/subscribe/customers/card-1").http == 404


@pytest.mark.parametrize("guide", PARAMS)
@pytest.mark.parametrize(
    ("outcome", "key_only", "after_a_charge"),
    [
        ("approved", ["paid", "paid", "paid"], ["paid", "paid", "paid"]),
        ("later declined", ["failed", "failed", "failed"], ["failed", "failed", "failed"]),
        ("first only", ["paid", "failed", "failed"], ["failed", "failed", "failed"]),
    ],
)
def test_the_instrument_decides_about_every_later_charge(api, payer, guide, outcome, key_only, after_a_charge):
    window = payer.open(merchant_uid="issue-1", customer_uid="card-1", **PARAMS[guide])
    payer.approve(window, numbers(guide)[outcome])

    answers = [api.charge(f"charge-{n}", **AGAIN.get(guide, {})) for n in range(3)]

    expected = after_a_charge if guide in ("paymentwall", "jtnet charging") else key_only
    assert [answer.response["status"] for answer in answers] == expected
    assert {answer.code for answer in answers} == {0}


def test_inicis_answers_as_in_life_though_nothing_was_charged(api, payer):
    imp_uid = payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), CARDS["approved"])

    payment = api.get(f"/payments/{imp_uid}").response

    assert payment["pg_tid"].startswith("StdpayBill")
    assert payment["apply_num"] == ""
    assert payment["card_number"] == "424242******4242"
    assert payment["card_type"] is None


@pytest.mark.parametrize(
    ("guide", "device", "status", "reason"),
    [
        ("html5_inicis", "pc", "failed", "사용자가 결제를 취소함"),
        ("html5_inicis", "mobile", "ready", None),
        ("jtnet", "pc", "ready", None),
        ("chai", "pc", "ready", None),
        ("paymentwall", "mobile", "ready", None),
    ],
)
def test_a_closed_window_stays_ready_or_fails_as_its_pg_has_it(api, payer, guide, device, status, reason):
    window = payer.open(device, merchant_uid="issue-1", customer_uid="card-1", **PARAMS[guide])

    imp_uid = payer.close(window)

    payment = api.get(f"/payments/{imp_uid}").response
    assert (payment["status"], payment["fail_reason"]) == (status, reason)


def test_a_decline_by_the_pg_fails_the_payment(api, payer):
    imp_uid = payer.decline(payer.open(merchant_uid="issue-1", customer_uid="card-1"))

    payment = api.get(f"/payments/{imp_uid}").response

    assert payment["status"] == "failed"
    assert payment["fail_reason"]


def test_an_approved_payment_cannot_be_declined_or_closed_any_more(api, payer):
    window = payer.open(merchant_uid="issue-1", customer_uid="card-1")
    imp_uid = payer.approve(window, CARDS["approved"])
    before = api.get(f"/payments/{imp_uid}").response

    payer.approve(window, CARDS["declined"])
    payer.decline(window)
    payer.close(window)

    assert api.get(f"/payments/{imp_uid}").response == before


@pytest.mark.parametrize(
    ("guide", "device", "result"),
    [
        ("html5_inicis", "pc", "callback"),
        ("html5_inicis", "mobile", "redirect"),
        ("jtnet", "pc", "callback"),
        ("jtnet", "mobile", "redirect"),
        ("chai", "pc", "redirect"),
        ("chai", "mobile", "redirect"),
        ("paymentwall", "pc", "callback"),
        ("paymentwall", "mobile", "redirect"),
    ],
)
def test_the_result_travels_as_the_pg_sends_it(payer, guide, device, result):
    window = payer.open(device, merchant_uid="issue-1", customer_uid="card-1", **PARAMS[guide])

    assert window.status_code == 201
    assert window.json["result"] == result


@pytest.mark.parametrize(
    ("params", "error_code", "error_msg"),
    [
        ({"amount": "9900"}, "F0004", "amount"),
        ({"amount": None}, "F0004", "amount"),
        ({"amount": True}, "F0004", "amount"),
        ({"amount": -1}, "F0004", "amount"),
        ({"amount": 99.5}, "F0004", "amount"),
        ({"merchant_uid": 1}, "F0004", "merchant_uid"),
        ({"merchant_uid": None}, "F0004", "merchant_uid"),
        ({"merchant_uid": ""}, "F0004", "merchant_uid"),
        ({"merchant_uid": "x" * 41}, "F0004", "merchant_uid"),
        ({"customer_uid": "x" * 81}, "F0004", "customer_uid"),
        ({"currency": "won"}, "F0004", "currency"),
        ({"notice_url": "javascript:alert(1)"}, "F0004", "notice_url"),
        ({"buyer_tel": ""}, "F0004", "buyer_tel"),
        ({"pay_method": "trans"}, "F0004", "pay_method"),
        ({"pg": "nobody"}, "NOT_READY", "등록 된 PG 설정 정보를 찾을 수 없습니다."),
        ({"pg": "inicis"}, "NOT_READY", "등록 된 PG 설정 정보를 찾을 수 없습니다."),
        ({"customer_uid": None, "amount": 0}, "F0004", "amount"),
        ({"pg": "chai"}, "F0004", "pay_method"),
        ({"pg": "chai", "pay_method": "trans"}, "F0004", "m_redirect_url"),
        ({**PARAMS["paymentwall"], "amount": 0}, "F0004", "amount"),
        ({**PARAMS["paymentwall"], "amount": 49.999}, "F0004", "amount"),
        ({**PARAMS["paymentwall"], "buyer_email": ""}, "F0004", "buyer_email"),
        ({**PARAMS["paymentwall"], "buyer_name": None}, "F0004", "buyer_name"),
    ],
)
def test_an_impossible_window_is_refused_and_not_recorded(api, payer, params, error_code, error_msg):
    refusal = payer.open(**{"merchant_uid": "issue-1", "customer_uid": "card-1", **params})

    assert refusal.status_code == 400
    assert refusal.json["imp_uid"] is None
    assert refusal.json["error_code"] == error_code
    assert error_msg in refusal.json["error_msg"]
    assert api.get("/payments/find/issue-1").http == 404


def test_a_merchant_uid_that_was_paid_opens_no_second_window(payer):
    payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), CARDS["approved"])

    refusal = payer.open(merchant_uid="issue-1", customer_uid="card-2")

    assert refusal.json["error_code"] == "F1002"
    assert refusal.json["error_msg"] == "이미 결제가 이루어진 거래건입니다."


def test_of_two_windows_of_one_merchant_uid_the_second_approval_fails(api, payer):
    first, second = (payer.open(merchant_uid="issue-1", customer_uid=uid) for uid in ("card-1", "card-2"))
    payer.approve(first, CARDS["approved"])

    imp_uid = payer.approve(second, CARDS["approved"])

    payment = api.get(f"/payments/{imp_uid}").response
    assert (payment["status"], payment["fail_reason"]) == ("failed", "이미 결제가 이루어진 거래건입니다.")
    assert api.get("/subscribe/customers/card-2").http == 404


def test_a_failed_window_leaves_its_merchant_uid_free(api, payer):
    payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), CARDS["declined"])

    imp_uid = payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), CARDS["approved"])

    assert api.get("/payments/find/issue-1/paid").response["imp_uid"] == imp_uid


def test_the_mid_in_pg_reaches_the_record_and_the_key(api, payer):
    window = payer.open(pg="html5_inicis.MyShop", merchant_uid="issue-1", customer_uid="card-1")

    imp_uid = payer.approve(window, CARDS["approved"])

    assert api.get(f"/payments/{imp_uid}").response["pg_id"] == "MyShop"
    assert api.get("/subscribe/customers/card-1").response["pg_id"] == "MyShop"


def test_a_shop_that_names_no_pg_gets_the_default_one(payer, api):
    imp_uid = payer.approve(payer.open(pg=None, merchant_uid="issue-1", customer_uid="card-1"), CARDS["approved"])

    assert api.get(f"/payments/{imp_uid}").response["pg_provider"] == "html5_inicis"


def test_a_customer_uid_used_again_stands_for_the_new_card(api, payer):
    payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), CARDS["later declined"])
    payer.approve(payer.open(merchant_uid="issue-2", customer_uid="card-1"), CARDS["approved"])

    assert api.charge("charge-1").response["status"] == "paid"


def test_a_payment_without_customer_uid_is_charged_once_and_makes_no_key(api, payer):
    imp_uid = payer.approve(payer.open(merchant_uid="once-1"), CARDS["approved"])

    payment = api.get(f"/payments/{imp_uid}").response

    assert (payment["status"], payment["customer_uid_usage"]) == ("paid", None)
    assert payment["apply_num"]


def test_custom_data_that_is_an_object_is_kept_as_text(api, payer):
    window = payer.open(merchant_uid="issue-1", customer_uid="card-1", custom_data={"plan": "원두", "price": 49.99})

    payment = api.get(f"/payments/{window.json['imp_uid']}").response

    assert payment["status"] == "ready"
    assert payment["custom_data"] == '{"plan": "원두", "price": 49.99}'
