"""The file of the browser script, and the call that the script makes before a window opens."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.shop import request_pay, sdk_call


@pytest.mark.parametrize(
    "path",
    [
        "/v1/iamport.js",
        "/v1/iamport.js?device=mobile",
        "/js/iamport.payment-1.2.0.js",
        "/js/iamport.payment-1.1.5.js",
        "/js/iamport.payment.js",
        "/js/iamport.payment.subscribe.js",
    ],
)
def test_the_script_is_served_under_its_present_and_its_old_names(client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert "request_pay" in answer.text


def test_a_shop_of_any_origin_may_register_a_payment(client):
    preflight = client.options("/sdk/payments", headers={"Origin": "http://shop.test"})
    answer = client.post("/sdk/payments", json=sdk_call())

    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("pg", "device", "result"),
    [
        ("html5_inicis", "pc", "callback"),
        ("html5_inicis.INIBillTst", "mobile", "redirect"),
        ("jtnet", "pc", "callback"),
        ("jtnet", "mobile", "redirect"),
        ("paymentwall", "pc", "callback"),
        ("paymentwall", "mobile", "redirect"),
        ("chai", "pc", "redirect"),
        ("chai", "mobile", "redirect"),
    ],
)
def test_the_pg_and_the_device_decide_how_the_result_travels(client, pg, device, result):
    opened = client.post("/sdk/payments", json=sdk_call(device, pg=pg)).get_json()

    assert opened["result"] == result
    assert opened["imp_uid"].startswith("imp_")
    assert client.get(opened["window_url"]).status_code == 200


@pytest.mark.parametrize(
    ("params", "page_language", "lang"),
    [
        ({"language": "en"}, "ko", "en"),
        ({"language": "en-US"}, "ko", "en"),
        ({"language": "ko"}, "en", "ko"),
        ({"language": "fr"}, "en", "en"),
        ({}, "en", "en"),
        ({}, "ko-KR", "ko"),
    ],
)
def test_the_window_has_the_requested_language_else_the_page_s(client, params, page_language, lang):
    opened = client.post("/sdk/payments", json=sdk_call("pc", page_language, **params)).get_json()

    assert parse_qs(urlsplit(opened["window_url"]).query)["lang"] == [lang]


@pytest.mark.parametrize(
    ("wrong", "error_code"),
    [
        ({"amount": "9900"}, "F0004"),
        ({"amount": None}, "F0004"),
        ({"merchant_uid": 20240101}, "F0004"),
        ({"merchant_uid": "x" * 41}, "F0004"),
        ({"buyer_tel": ""}, "F0004"),
        ({"pay_method": "vbank"}, "F0004"),
        ({"pg": "nobody"}, "NOT_READY"),
    ],
)
def test_a_refused_request_opens_no_window_and_says_why(client, wrong, error_code):
    answer = client.post("/sdk/payments", json=sdk_call(**wrong))

    refusal = answer.get_json()
    assert answer.status_code == 400
    assert refusal["error_code"] == error_code
    assert refusal["error_msg"]
    assert refusal["imp_uid"] is None


def test_an_unknown_merchant_code_is_answered_like_a_shop_without_pg(client):
    answer = client.post("/sdk/payments", json={**sdk_call(), "merchant_code": "imp99999999"})

    assert answer.status_code == 400
    assert answer.get_json()["error_msg"] == "등록 된 PG 설정 정보를 찾을 수 없습니다."


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"params": request_pay()},
        {"merchant_code": 7, "params": request_pay()},
        {"merchant_code": "\ud800", "params": request_pay()},
        {"merchant_code": "imp00000000"},
        {"merchant_code": "imp00000000", "params": []},
    ],
)
def test_nonsense_is_refused_and_never_an_error_of_ours(client, body):
    answer = client.post("/sdk/payments", json=body)

    assert answer.status_code == 400
    assert answer.get_json()["error_code"]


@pytest.mark.parametrize("origin", ["null", "javascript:alert(1)", "http://shop.test/page", "\ud800", 7, None])
def test_an_invalid_origin_is_kept_as_none(client, origin):
    opened = client.post("/sdk/payments", json={**sdk_call(), "origin": origin}).get_json()

    assert 'data-opener=""' in client.get(opened["window_url"]).text


# What each script makes of the parameters ------------------------------------------------------------------

PRESENT = ["/v1/iamport.js", "/assets/copied.js", None, 7]
OLD = ["/js/iamport.payment-1.1.7.js", "/js/iamport.payment.js", "/js/iamport.payment.subscribe.js"]
LOOSE = [{"amount": "39000"}, {"merchant_uid": 20240101}, {"merchant_uid": None}, {"merchant_uid": ""}]


@pytest.mark.parametrize(
    ("script", "status"), [*((script, 400) for script in PRESENT), *((script, 201) for script in OLD)]
)
@pytest.mark.parametrize("loose", LOOSE)
def test_text_amounts_and_odd_order_numbers_pass_only_under_an_old_name(client, script, status, loose):
    answer = client.post("/sdk/payments", json={**sdk_call(**loose), "script": script})

    assert answer.status_code == status


def test_what_an_old_script_passes_on_is_recorded_as_the_service_has_it(client, api):
    params = {"amount": "39000", "merchant_uid": None}
    opened = client.post("/sdk/payments", json={**sdk_call(**params), "script": OLD[0]}).get_json()

    payment = api.get(f"/payments/{opened['imp_uid']}").response

    assert payment["amount"] == 39000
    assert payment["merchant_uid"].startswith("nobody_1")


@pytest.mark.parametrize("amount", ["", "many", "39,000", True, [39000]])
def test_an_amount_that_is_no_number_opens_no_window_under_any_name(client, amount):
    answer = client.post("/sdk/payments", json={**sdk_call(amount=amount), "script": OLD[0]})

    assert (answer.status_code, answer.get_json()["error_code"]) == (400, "F0004")


# Parameters without effect ---------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", [{}, {"pg": "nobody"}, {"amount": "39000"}])
def test_parameters_without_effect_are_named_whether_or_not_the_window_opens(client, refused):
    params = {"buyer_adrr": "Seoul", "vbank_due": "20301231", "display": {"card_quota": []}, **refused}

    answer = client.post("/sdk/payments", json=sdk_call(**params)).get_json()

    assert answer["unplayed"] == {"ignored": ["display", "vbank_due"], "unknown": ["buyer_adrr"]}


def test_the_parameters_of_an_identity_check_are_read_by_their_own_list(client):
    call = {**sdk_call(), "params": {"merchant_uid": "check-1", "company": "SIOT", "amount": 1, "min_age": 19}}

    answer = client.post("/sdk/certifications", json=call).get_json()

    assert answer["unplayed"] == {"ignored": ["company"], "unknown": ["amount"]}


def test_a_page_that_sends_a_thousand_parameters_reads_of_a_few(client):
    answer = client.post("/sdk/payments", json=sdk_call(**{"x" * 99 + str(n): n for n in range(1000)})).get_json()

    assert len(answer["unplayed"]["unknown"]) == 20
    assert max(map(len, answer["unplayed"]["unknown"])) == 40


def test_the_log_has_the_parameters_without_effect_and_no_card(client):
    card = {"info": {"number": "4242-4242-4242-4242", "expiry": "2030-12", "cvc": "123"}}
    client.post("/sdk/payments", json=sdk_call(pg="paymentwall", card=card, buyer_adrr="Seoul"))

    entry = client.get("/control/calls").json["calls"][0]

    assert entry["response"]["unplayed"] == {"ignored": ["card"], "unknown": ["buyer_adrr"]}
    assert entry["request"]["params"]["card"]["info"] == {
        "number": "424242******4242",
        "expiry": "***",
        "cvc": "***",
    }
