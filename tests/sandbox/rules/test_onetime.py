"""`POST /subscribe/payments/onetime`: charging a card by its number."""

import pytest

DUPLICATE = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"

ORDER = {
    "card_number": "4242-4242-4242-4242",
    "expiry": "2099-12",
    "amount": 9900,
    "name": "원두 한 달",
    "buyer_name": "김매달",
    "buyer_email": "mae@example.com",
    "buyer_tel": "010-0000-0000",
}


def once(api, merchant_uid="once-1", address="onetime", **fields):
    return api.post(f"/subscribe/payments/{address}", merchant_uid=merchant_uid, **{**ORDER, **fields})


@pytest.mark.parametrize("address", ["onetime", "foreign"])
def test_a_card_is_charged_and_nothing_is_kept_of_it(api, clock, address):
    payment = once(api, address=address).response

    assert (payment["status"], payment["amount"], payment["channel"]) == ("paid", 9900, "api")
    assert (payment["customer_uid"], payment["customer_uid_usage"]) == (None, None)
    assert (payment["card_number"], payment["paid_at"]) == ("424242******4242", clock())
    assert payment["apply_num"]
    assert api.get("/payments/find/once-1").response == payment


def test_with_a_customer_uid_its_key_is_stored_with_the_buyer(api):
    payment = once(api, customer_uid="card-1").response

    key = api.get("/subscribe/customers/card-1").response
    assert (payment["customer_uid"], payment["customer_uid_usage"]) == ("card-1", "issue")
    assert (key["customer_name"], key["customer_email"]) == ("김매달", "mae@example.com")
    assert api.charge("order-1").response["status"] == "paid"


def test_the_charge_that_issued_a_key_counts(api):
    once(api, customer_uid="card-1", card_number="4000-0000-0000-9995")

    assert api.charge("order-1").response["status"] == "failed"


def test_a_decline_is_a_record_and_stores_no_key(api):
    payment = once(api, customer_uid="card-1", card_number="4000-0000-0000-0341").response

    assert (payment["status"], payment["paid_at"]) == ("failed", 0)
    assert payment["fail_reason"] == "잔액이 부족하여 결제가 거절되었습니다."
    assert api.get("/subscribe/customers/card-1").http == 404


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"card_number": "1234-1234-1234-1234"}, "유효하지않은 카드번호를 입력하셨습니다."),
        ({"card_number": "110-4242-424242"}, "유효하지않은 카드번호를 입력하셨습니다."),
        ({"card_number": "4000-0000-0000-0002"}, "카드정보 인증에 실패하였습니다. 카드사에서 승인을 거절하였습니다."),
        ({"card_number": "4000-0000-0000-0069"}, "카드정보 인증에 실패하였습니다. 유효기간이 만료된 카드입니다."),
        ({"pg": "nobody"}, "등록 된 PG 설정 정보를 찾을 수 없습니다."),
    ],
)
def test_a_card_that_does_not_exist_is_refused_without_a_record(api, fields, message):
    answer = once(api, **fields)

    assert (answer.http, answer.code, answer.response) == (200, -1, None)
    assert answer.message.startswith(message)
    assert api.get("/payments/find/once-1").http == 404


def test_a_lever_lets_the_default_pg_stand_in_for_an_unknown_one(api, client):
    client.post("/control/levers", json={"unknown_pg": "default"})

    assert once(api, pg="nobody").response["pg_provider"] == "html5_inicis"


def test_a_merchant_uid_is_paid_only_once(api):
    once(api)

    assert once(api) == (200, 1, DUPLICATE, None)


@pytest.mark.parametrize(
    "missing", ["merchant_uid", "amount", "card_number", "expiry", "name", "buyer_name", "buyer_tel"]
)
def test_a_missing_field_is_malformed(api, missing):
    answer = once(api, **{missing: None}) if missing != "merchant_uid" else once(api, merchant_uid=None)

    assert (answer.http, answer.code) == (400, -1)
    assert missing in answer.message


def test_a_pg_that_takes_no_card_numbers_does_not_blame_the_card(api):
    answer = once(api, pg="chai")

    assert (answer.http, answer.code, answer.message) == (200, 1, "비인증결제모듈 사용정보를 찾을 수 없습니다.")


def test_other_pgs_need_less(api):
    buyer = dict.fromkeys(("name", "buyer_name", "buyer_email", "buyer_tel"))

    assert once(api, pg="jtnet", **buyer).response["pg_provider"] == "jtnet"


def test_a_channel_key_names_the_pg(api):
    channels = api.get("/users/pg").response
    key = next(c["channel_key"] for c in channels if c["pg_provider"] == "jtnet" and c["type"] == "api_payment")

    assert once(api, channel_key=key).response["pg_provider"] == "jtnet"


@pytest.mark.parametrize("expiry", ["2030-13", "2030/12", "12-2030", "203012"])
def test_an_expiry_has_a_year_and_a_month(api, expiry):
    assert once(api, expiry=expiry).http == 400


@pytest.mark.parametrize(
    ("amount", "months", "http", "kept"),
    [(50_000, 3, 200, 3), (49_999, 3, 400, None), (9900, 0, 200, 0), (9900, 1, 200, 1)],
)
def test_instalments_begin_at_fifty_thousand_won(api, amount, months, http, kept):
    answer = once(api, amount=amount, card_quota=months)

    assert answer.http == http
    assert (answer.response or {}).get("card_quota") == kept


def test_a_charge_planned_to_break_before_takes_nothing(api, client):
    client.post("/control/faults", json={"kind": "error_before_charge"})

    assert once(api).http == 500
    assert api.get("/payments/find/once-1").http == 404
    assert once(api).response["status"] == "paid"


def test_a_charge_planned_to_break_after_takes_the_money(api, client):
    client.post("/control/faults", json={"kind": "error_after_charge"})

    assert once(api).http == 500
    assert api.get("/payments/find/once-1/paid").response["amount"] == 9900
