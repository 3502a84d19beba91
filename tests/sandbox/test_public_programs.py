"""Requests of public programs, replayed as they send them: headers, bodies and text values are theirs.

The programs themselves are not here. Clients that are published as packages run in `tests/contract`.
"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.sandbox.shop import APPROVED, action, sdk_call

MONTH = 31 * 86_400
CREDENTIALS = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}

WEB_VIEWS = {
    "React Native": "http://detectchangingwebview/iamport/rn",
    "Flutter": "http://detectchangingwebview/iamport/f",
    "Capacitor": "http://detectchangingwebview/iamport/capacitor",
    "Cordova": "http://localhost/iamport",
}
"""App wrapper → the address at which it takes the result from its web view; no server answers there."""


class Axios:
    """A shop in Express: JSON, and the token bare in `Authorization`."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def call(self, method: str, path: str, **data: object):
        """Send a request with a new token, as the samples of the guides do for each, and return `response`."""
        kept = {"Content-Type": "application/json"}
        token = self.client.post("/users/getToken", data=json.dumps(CREDENTIALS), headers=kept).json["response"]
        headers = {**kept, "Authorization": token["access_token"]}
        answer = self.client.open(path, method=method, data=json.dumps(data), headers=headers)
        assert (answer.status_code, answer.json["code"]) == (200, 0), answer.text
        return answer.json["response"]


def test_an_express_shop_chains_its_schedules_by_webhooks(client, clock, receiver):
    shop = Axios(client)
    card = {"card_number": APPROVED, "expiry": "2030-12", "birth": "900101", "pwd_2digit": "00"}
    shop.call("POST", "/subscribe/customers/gildong_0001_1234", **card)
    client.patch("/control/merchants/imp00000000", json={"webhook_url": receiver.url})
    order = {"amount": 8900, "name": "월간 이용권 정기결제"}
    shop.call(
        "POST",
        "/subscribe/payments/again",
        customer_uid="gildong_0001_1234",
        merchant_uid="order_monthly_0001",
        **order,
    )

    for month in range(1, 4):
        notice = receiver.next()
        payment = shop.call("GET", f"/payments/{notice['imp_uid']}")
        at = client.get("/control/clock").json["now"] + MONTH
        following = {"merchant_uid": f"order_monthly_{month + 1:04}", "schedule_at": at, **order}
        shop.call("POST", "/subscribe/payments/schedule", customer_uid=payment["customer_uid"], schedules=[following])
        client.post("/control/clock", json={"advance": MONTH + 60})

        assert (payment["status"], payment["merchant_uid"]) == ("paid", f"order_monthly_{month:04}")
        assert payment["merchant_uid"] == notice["merchant_uid"]

    charged = shop.call("GET", "/subscribe/customers/gildong_0001_1234/payments")
    assert [one["merchant_uid"] for one in charged["list"]] == [f"order_monthly_{month:04}" for month in (4, 3, 2, 1)]
    assert {one["amount"] for one in charged["list"]} == {8900}


def test_an_old_client_sends_forms_and_the_token_in_its_own_header(client):
    header = {"X-ImpTokenHeader": client.post("/users/getToken", data=CREDENTIALS).json["response"]["access_token"]}
    card = {"card_number": APPROVED, "expiry": "2030-12", "birth": "900101", "pwd_2digit": "00"}
    buyer = {"name": "Coffee", "buyer_name": "Mae", "buyer_email": "mae@example.com", "buyer_tel": "010-0000-0000"}
    sent = [
        ("POST", "/payments/prepare", {"merchant_uid": "once-1", "amount": "1004"}),
        ("POST", "/subscribe/payments/onetime", {"merchant_uid": "once-1", "amount": "1004", **card, **buyer}),
        ("GET", "/payments/find/once-1", {}),
        ("POST", "/payments/cancel", {"merchant_uid": "once-1", "reason": "변심", "amount": "1004"}),
        ("GET", "/payments/status/cancelled?page=1", {}),
    ]

    answers = [client.open(path, method=method, data=body, headers=header) for method, path, body in sent]

    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(200, 0)] * len(sent)
    assert answers[3].json["response"]["cancel_amount"] == 1004
    assert answers[4].json["response"]["list"][0]["merchant_uid"] == "once-1"


@pytest.mark.parametrize("redirect", WEB_VIEWS.values(), ids=WEB_VIEWS)
def test_an_app_takes_the_result_from_the_redirect_of_its_web_view(client, redirect):
    call = sdk_call("mobile", merchant_uid="mid_1700000000000", m_redirect_url=redirect, app_scheme="example")
    opened = client.post("/sdk/payments", json={**call, "origin": "null"}).json

    answer = client.post(action(opened["window_url"], "approve"), data={"number": APPROVED})

    query = parse_qs(urlsplit(answer.location).query)
    assert answer.location.startswith(f"{redirect}?")
    assert query["imp_success"] == ["true"]
    assert (query["imp_uid"], query["merchant_uid"]) == ([opened["imp_uid"]], ["mid_1700000000000"])
    assert Axios(client).call("GET", f"/payments/{opened['imp_uid']}")["status"] == "paid"


@pytest.mark.parametrize("redirect", WEB_VIEWS.values(), ids=WEB_VIEWS)
def test_an_app_takes_an_identity_check_in_the_same_way(client, redirect):
    params = {"merchant_uid": "mid_1", "company": "Maedal", "carrier": "SKT", "min_age": "", "m_redirect_url": redirect}
    call = {"merchant_code": "imp00000000", "params": params, "device": "mobile", "origin": "null"}
    opened = client.post("/sdk/certifications", json=call).json
    person = {"name": "김매달", "birth": "900101", "gender_digit": "1", "carrier": "SKT", "phone": "01000000000"}

    answer = client.post(action(opened["window_url"], "identify"), data={**person, "otp": "123456"})

    assert answer.location.startswith(f"{redirect}?")
    assert Axios(client).call("GET", f"/certifications/{opened['imp_uid']}")["name"] == "김매달"
