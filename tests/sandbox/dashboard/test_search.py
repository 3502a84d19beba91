"""The console's search: what a record is found by, however it is spelt, and what is said when nothing is found."""

from unicodedata import normalize

import pytest

from tests.sandbox.console import HOME
from tests.sandbox.shop import APPROVED, Markup

BUYER = {"buyer_name": "José 홍길동", "buyer_email": "Gildong.Hong+1@Example.com", "buyer_tel": "010-1234-5678"}


@pytest.fixture
def found(client):
    """A function that returns the ids of the groups that a search finds, in the order of the page."""

    def found(text: str, code: str = "imp00000000") -> list[str]:
        answer = client.get(f"/console/{code}/search", query_string={"q": text, "lang": "en"})
        assert answer.status_code == 200
        groups = ("payments", "keys", "schedules", "checks", "prepared", "deliveries", "calls")
        return [one for one in Markup(answer.text.partition("<main")[2]).attribute("id") if one in groups]

    return found


@pytest.fixture
def bought(api, payer) -> str:
    """A payment whose window issued a key, and a schedule. The `imp_uid` of the payment."""
    now = api.client.get("/control/clock").json["now"]
    imp_uid = payer.approve(payer.open(merchant_uid="order_1%", customer_uid="card-1", **BUYER), APPROVED)
    entry = {"merchant_uid": "next-1", "schedule_at": now + 86_400, "amount": 9900, "name": "원두 두 달", **BUYER}
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry])
    return imp_uid


@pytest.mark.parametrize(
    "text",
    [
        "홍길동",
        normalize("NFD", "홍길동"),
        "JOSÉ",
        normalize("NFD", "josé"),
        "gildong.hong",
        "EXAMPLE.COM",
        "+1@",
        "010-1234",
        "01012345678",
        "010 1234 5678",
    ],
)
def test_a_buyer_is_found_however_their_name_is_spelt(found, bought, text):
    assert found(text)[:3] == ["payments", "keys", "schedules"]


def test_a_name_that_was_sent_letter_by_letter_is_found(found, payer):
    payer.open(merchant_uid="order-1", buyer_name=normalize("NFD", "홍길동"))

    assert found("홍길동") == ["payments"]


def test_a_card_is_found_by_the_digits_that_are_shown(found, bought):
    assert found("**4242") == ["payments", "keys"]
    assert found("424242******4242") == ["payments", "keys"]


@pytest.mark.parametrize(("text", "groups"), [("원두 두", ["schedules"]), ("NEXT", ["schedules", "calls"])])
def test_a_schedule_is_found_by_its_order(found, bought, text, groups):
    assert found(text) == groups


@pytest.mark.parametrize("text", ["%", "_1%", "order_1"])
def test_no_character_is_a_wildcard(found, bought, text):
    assert "payments" in found(text)
    assert found(text.replace("_", "x").replace("%", "%%")) == []


def test_an_identity_check_and_its_person_are_found(client, found, api):
    person = {"name": "홍길동", "phone": "010-1234-5678", "birth": "900101", "gender_digit": "1", "carrier": "SKT"}
    imp_uid = api.post("/certifications/otp/request", **person).response["imp_uid"]

    assert found("홍길") == ["checks"]
    assert found("12345678") == ["checks"]
    assert client.get(f"{HOME}/search?q={imp_uid}").location == f"{HOME}/checks/{imp_uid}"


def test_an_amount_that_was_prepared_is_found(found, api):
    api.post("/payments/prepare", merchant_uid="early-1", amount=9900)

    assert found("early") == ["prepared", "calls"]


def test_a_virtual_account_is_found_by_its_number_and_holder(client, found, api, clock):
    account = {
        "merchant_uid": "bank-1",
        "name": "원두",
        "amount": 9900,
        "vbank_code": "03",
        "vbank_holder": "매달상점",
        "pg_api_key": "key",
        "vbank_due": clock() + 3600,
        **BUYER,
    }
    number = api.post("/vbanks", **account).response["vbank_num"]

    assert found(number) == ["payments"]
    assert found("매달상") == ["payments"]


def test_another_merchant_s_buyer_is_pointed_to_only(client, found, bought):
    client.post("/control/merchants", json={"code": "imp_other"})

    assert found("홍길동", code="imp_other") == []
    page = client.get("/console/imp_other/search?q=홍길동&lang=en").text
    assert "Found at another merchant" in page


@pytest.mark.parametrize("text", ["nobody at all", "", "\0"])
def test_a_search_without_results_says_where_it_looked(client, bought, text):
    page = Markup(client.get(f"{HOME}/search", query_string={"q": text, "lang": "en"}).text).text

    assert "buyer’s name, e-mail and phone number" in page
    assert ("Nothing of this merchant contains “nobody at all”" in page) == (text == "nobody at all")
