"""A missing setting of the merchant is reported as that, whatever is wrong with the card that was sent."""

import pytest

from tests.sandbox.conftest import Api

NO_API_BILLING = (200, 1, "비인증결제모듈 사용정보를 찾을 수 없습니다.", None)

ORDER = {"merchant_uid": "order-1", "amount": 1000, "name": "Coffee"}
BUYER = {"buyer_name": "Mae", "buyer_email": "mae@example.com", "buyer_tel": "010-0000-0000"}
LATER = {"merchant_uid": "later-1", "schedule_at": 1_800_000_060, "amount": 1000, "name": "Coffee"}

BY_CARD = [
    ("/subscribe/payments/onetime", {**ORDER, **BUYER}),
    ("/subscribe/payments/foreign", {**ORDER, **BUYER}),
    ("/subscribe/customers/card-1", {}),
    ("/subscribe/payments/schedule", {"customer_uid": "card-1", "schedules": [LATER]}),
]
CARDS = ["4242-4242-4242-4242", "4000-0000-0000-0002", "9999-9999-9999-9999", "1"]

OTHERS = [
    ("/vbanks", {**ORDER, **BUYER, "vbank_code": "004", "vbank_due": 1_800_003_600, "vbank_holder": "Maedal"}),
    ("/receipts/external/till-1", {"name": "Coffee", "amount": 1100, "identifier": "010-0000-0000"}),
]


@pytest.fixture
def merchant_of(client):
    """Return a function that makes a merchant with these channels and returns its REST client."""

    def make(*channels: str) -> Api:
        made = client.post("/control/merchants", json={"channels": list(channels)}).json
        return Api(client, made["key"], made["secret"])

    return make


@pytest.mark.parametrize("number", CARDS)
@pytest.mark.parametrize(("path", "body"), BY_CARD)
@pytest.mark.parametrize("channels", [(), ("chai",), ("mobilians",)], ids=["none", "wallet", "phone"])
def test_a_merchant_that_cannot_bill_by_card_number_hears_so(merchant_of, channels, path, body, number):
    answer = merchant_of(*channels).post(path, **body, card_number=number, expiry="2030-12")

    assert answer == NO_API_BILLING


@pytest.mark.parametrize(("path", "body"), [*BY_CARD, *OTHERS])
def test_a_channel_that_the_merchant_does_not_have_is_named_as_missing(merchant_of, path, body):
    answer = merchant_of("jtnet").post(path, **body, pg="kcp_billing", card_number="1", expiry="2030-12")

    assert (answer.http, answer.code) == (200, -1)
    assert answer.message == "등록 된 PG 설정 정보를 찾을 수 없습니다."


@pytest.mark.parametrize(("path", "body"), OTHERS)
@pytest.mark.parametrize("channels", [(), ("jtnet",)], ids=["none", "without"])
def test_no_other_call_blames_the_buyer_for_it(merchant_of, channels, path, body):
    answer = merchant_of(*channels).post(path, **body)

    assert answer.code != 0
    assert "카드" not in answer.message


@pytest.mark.parametrize(("path", "body"), BY_CARD)
def test_the_first_channel_that_bills_by_card_number_is_the_default(merchant_of, path, body):
    answer = merchant_of("chai", "jtnet").post(path, **body, card_number=CARDS[0], expiry="2030-12")

    assert answer.code == 0
    assert (answer.response[0] if isinstance(answer.response, list) else answer.response)["pg_provider"] == "jtnet"


def test_a_window_without_any_channel_is_not_ready(client):
    code = client.post("/control/merchants", json={"channels": []}).json["code"]
    params = {"merchant_uid": "order-1", "amount": 1000, "customer_uid": "card-1"}

    refused = client.post("/sdk/payments", json={"merchant_code": code, "params": params})

    assert (refused.status_code, refused.json["error_code"]) == (400, "NOT_READY")
