"""The file of the browser script, and the call that the script makes before a window opens."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.shop import request_pay, sdk_call


@pytest.mark.parametrize(
    "path",
    ["/v1/iamport.js", "/js/iamport.payment-1.2.0.js", "/js/iamport.payment-1.1.5.js", "/v1/iamport.js?device=mobile"],
)
def test_the_script_is_served_under_its_present_and_its_old_name(client, path):
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
