"""`/subscribe/customers/{customer_uid}`: stored billing keys."""

import pytest


def unknown(customer_uid: str) -> tuple[int, int, str, None]:
    return (404, 1, f"요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.", None)


def test_a_key_is_shown_without_the_key(api, clock):
    api.issue(customer_name="김매달", customer_email="mae@example.com", customer_id="person-1")

    key = api.get("/subscribe/customers/card-1").response

    assert key == {
        "customer_uid": "card-1",
        "pg_provider": "html5_inicis",
        "pg_id": "INIBillTst",
        "sandbox": True,
        "card_code": "365",
        "card_name": "삼성카드",
        "card_number": "424242******4242",
        "card_type": None,
        "card_issuer_code": None,
        "card_issuer_name": None,
        "card_publisher_code": None,
        "card_publisher_name": None,
        "customer_id": "person-1",
        "customer_name": "김매달",
        "customer_tel": None,
        "customer_email": "mae@example.com",
        "customer_addr": None,
        "customer_postcode": None,
        "inserted": clock(),
        "updated": clock(),
    }


def test_a_key_of_the_window_knows_the_buyer(api, payer):
    window = payer.open(
        merchant_uid="issue-1", customer_uid="account-1", pg="chai", pay_method="trans",
        m_redirect_url="http://shop.test/landing", buyer_name="김매달", buyer_email="mae@example.com",
    )  # fmt: skip
    payer.approve(window, "110-4242-424242")

    key = api.get("/subscribe/customers/account-1").response

    assert (key["customer_name"], key["customer_email"]) == ("김매달", "mae@example.com")
    assert (key["card_name"], key["card_number"]) == ("신한은행", "110******4242")


def test_an_unknown_key_is_not_found(api):
    assert api.get("/subscribe/customers/nobody") == unknown("nobody")


def test_a_deleted_key_is_shown_once_more_and_then_unknown(api):
    api.issue()

    deleted = api.send("DELETE", "/subscribe/customers/card-1?reason=cancelled")

    assert (deleted.code, deleted.response["customer_uid"]) == (0, "card-1")
    assert api.get("/subscribe/customers/card-1") == unknown("card-1")
    assert api.send("DELETE", "/subscribe/customers/card-1") == unknown("card-1")
    assert api.charge("order-1").message == "등록되지 않은 구매자입니다."


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"card_number": "4000-0000-0000-0002"}, "카드사에서 승인을 거절하였습니다."),
        ({"card_number": "4000-0000-0000-0069"}, "유효기간이 만료된 카드입니다."),
        ({"card_number": "9999-9999-9999-9999"}, "unknown test instrument"),
        ({"card_number": "110-4242-424242"}, "unknown test instrument"),
        ({"pg": "nobody"}, "등록 된 PG 설정 정보를 찾을 수 없습니다."),
    ],
)
def test_a_card_that_is_turned_down_makes_no_key(api, fields, reason):
    answer = api.issue(**fields)

    assert (answer.http, answer.code, answer.response) == (200, -1, None)
    assert reason in answer.message
    assert api.get("/subscribe/customers/card-1").http == 404


def test_a_pg_that_takes_no_card_numbers_does_not_blame_the_card(api):
    answer = api.issue(pg="chai")

    assert (answer.http, answer.code) == (200, 1)
    assert answer.message == "비인증결제모듈 사용정보를 찾을 수 없습니다."
    assert api.get("/subscribe/customers/card-1").http == 404


@pytest.mark.parametrize("missing", ["card_number", "expiry"])
def test_issuing_needs_the_card(api, missing):
    answer = api.issue(**{missing: ""})

    assert (answer.http, answer.code) == (400, -1)
    assert missing in answer.message


def test_a_customer_uid_longer_than_eighty_characters_is_malformed(api):
    assert api.issue("x" * 81).http == 400
