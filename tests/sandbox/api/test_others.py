"""Resources besides cards and keys: virtual accounts, identity checks, cash receipts, escrow, calls of one wallet."""

import pytest

BUYER = {"name": "원두", "buyer_name": "김매달", "buyer_email": "mae@example.com", "buyer_tel": "010-0000-0000"}
IDENTIFIER = {"identifier": "010-0000-0000", "identifier_type": "phone", "type": "person"}
PERSON = {"name": "김매달", "phone": "010.1234.5678", "birth": "900101", "gender_digit": "1", "carrier": "SKT"}
PLACE = {"tel": "010-0000-0000", "addr": "서울특별시 강남구 테헤란로 1", "postcode": "06130"}
PARCEL = {
    "sender": {"name": "a", **PLACE},
    "receiver": {"name": "b", **PLACE},
    "logis": {"company": "LOGEN", "invoice": "1", "sent_at": 1},
}
NO_CHECK = (404, -1, "인증결과가 존재하지 않습니다.", None)


@pytest.fixture
def open_account(api, clock):
    """Return a function that opens a virtual account for an order of 11,000 won."""

    def open_account(merchant_uid: str = "order-1", **fields):
        account = {"vbank_code": "03", "vbank_due": clock() + 3600, "vbank_holder": "매달상점", "amount": 11_000}
        account["pg_api_key"] = "key"
        return api.post("/vbanks", merchant_uid=merchant_uid, **{**account, **BUYER, **fields})

    return open_account


@pytest.fixture
def deposit(client):
    """Return a function that pays into the account of an `imp_uid`, and returns the HTTP status."""
    return lambda imp_uid: client.post("/control/deposits", json={"imp_uid": imp_uid}).status_code


# Virtual accounts -----------------------------------------------------------------------------------------


def test_a_virtual_account_waits_for_its_deposit(api, clock, open_account, deposit):
    waiting = open_account(vbank_num="12345").response
    clock.advance(60)
    paid_in = deposit(waiting["imp_uid"])
    paid = api.get(f"/payments/{waiting['imp_uid']}").response

    assert paid_in == 200
    assert (waiting["status"], waiting["paid_at"], waiting["pay_method"]) == ("ready", 0, "vbank")
    assert (waiting["vbank_code"], waiting["vbank_name"], waiting["vbank_num"]) == ("003", "IBK기업은행", "12345")
    assert (waiting["vbank_holder"], waiting["vbank_date"]) == ("매달상점", clock() - 60 + 3600)
    assert (paid["status"], paid["paid_at"], paid["vbank_issued_at"]) == ("paid", clock(), clock() - 60)


def test_issue_and_deposit_are_announced(api, open_account, deposit, receiver, client):
    imp_uid = open_account(notice_url=receiver.url).response["imp_uid"]
    deposit(imp_uid)

    sent = [delivery["body"] for delivery in client.get("/control/webhooks/deliveries").json["deliveries"]]
    assert [body["status"] for body in reversed(sent)] == ["ready", "paid"]


def test_before_the_deposit_amount_and_term_can_change_or_the_account_be_closed(api, clock, open_account):
    changed, closed = (open_account(uid).response["imp_uid"] for uid in ("order-1", "order-2"))

    change = api.send("PUT", f"/vbanks/{changed}", json={"amount": 5000, "vbank_due": clock() + 60}).response
    close = api.send("DELETE", f"/vbanks/{closed}?pg_api_key=key").response

    assert (change["amount"], change["vbank_date"]) == (5000, clock() + 60)
    assert (close["status"], close["fail_reason"]) == ("failed", "가상계좌 말소")


def test_a_lever_leaves_the_payment_of_a_closed_account_ready(api, client, clock, open_account, deposit):
    client.post("/control/levers", json={"revoked_vbank": "ready"})
    imp_uid = open_account().response["imp_uid"]

    closed = api.send("DELETE", f"/vbanks/{imp_uid}?pg_api_key=key").response
    reopened = api.send("PUT", f"/vbanks/{imp_uid}", json={"vbank_due": clock() + 7200})

    assert closed["status"] == "ready"
    assert reopened.http == 400
    assert deposit(imp_uid) == 400
    assert api.send("DELETE", f"/vbanks/{imp_uid}?pg_api_key=key").http == 400
    assert api.get(f"/payments/{imp_uid}").response == closed


def test_after_the_deposit_they_cannot(api, open_account, deposit):
    imp_uid = open_account().response["imp_uid"]
    deposit(imp_uid)

    assert api.send("PUT", f"/vbanks/{imp_uid}", json={"amount": 1}).http == 400
    assert api.send("DELETE", f"/vbanks/{imp_uid}?pg_api_key=key").http == 400
    assert deposit(imp_uid) == 400
    assert api.send("DELETE", "/vbanks/imp_0?pg_api_key=key").http == 404


REFUND = {"refund_holder": "김매달", "refund_bank": "088", "refund_account": "110123456789"}


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ({}, "refund_holder, refund_bank, refund_account"),
        ({**REFUND, "refund_bank": ""}, "refund_bank"),
        ({"refund_bank": "088"}, "refund_holder, refund_account"),
    ],
)
def test_a_deposit_is_refunded_only_to_a_named_account(api, open_account, deposit, sent, missing):
    imp_uid = open_account().response["imp_uid"]
    deposit(imp_uid)

    refused = api.post("/payments/cancel", imp_uid=imp_uid, **sent)
    cancelled = api.post("/payments/cancel", imp_uid=imp_uid, **REFUND)

    assert refused == (200, -1, f"결제취소에 실패하였습니다.(가상계좌 환불에 필요한 {missing} 누락)", None)
    assert (cancelled.code, cancelled.response["cancel_amount"]) == (0, 11_000)


def test_the_console_refunds_a_deposit_without_an_account(client, open_account, deposit):
    imp_uid = open_account().response["imp_uid"]
    deposit(imp_uid)

    assert client.post("/control/cancel", json={"imp_uid": imp_uid}).json["status"] == "cancelled"


def test_an_expired_account_takes_no_deposit(clock, open_account, deposit):
    imp_uid = open_account().response["imp_uid"]
    clock.advance(3601)

    assert deposit(imp_uid) == 400


def test_the_holder_of_an_account_is_known(api, open_account):
    open_account(vbank_num="12345")

    assert api.get("/vbanks/holder?bank_code=003&bank_num=12345").response == {"bank_holder": "매달상점"}
    assert api.get("/vbanks/holder?bank_code=003&bank_num=1").http == 404


@pytest.mark.parametrize(
    ("fields", "http", "about"),
    [
        ({"pg": "jtnet"}, 200, "계약이 필요합니다."),
        ({"pg": "nobody"}, 200, "등록 된 PG 설정 정보를 찾을 수 없습니다."),
        ({"vbank_code": "999"}, 400, "vbank_code"),
        ({"vbank_due": 1}, 400, "vbank_due"),
        ({"vbank_holder": None}, 400, "vbank_holder"),
        ({"amount": 0}, 400, "amount"),
    ],
)
def test_an_impossible_account_is_refused(open_account, fields, http, about):
    answer = open_account(**fields)

    assert (answer.http, answer.code, answer.response) == (http, -1, None)
    assert about in answer.message


def test_a_paid_order_gets_no_account(api, open_account):
    api.issue()
    api.charge("order-1")

    assert open_account()[:2] == (200, 1)


# Identity -------------------------------------------------------------------------------------------------


def test_a_repeated_code_proves_who_a_person_is(api, clock):
    imp_uid = api.post("/certifications/otp/request", **PERSON).response["imp_uid"]
    unknown = api.get(f"/certifications/{imp_uid}").response

    known = api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456").response

    assert (unknown["certified"], unknown["name"], unknown["unique_key"]) == (False, None, None)
    assert (known["certified"], known["certified_at"]) == (True, clock())
    assert (known["name"], known["birthday"], known["gender"]) == ("김매달", "1990-01-01", "male")
    assert (known["phone"], known["carrier"], known["foreigner"]) == ("01012345678", "SKT", False)
    assert api.get(f"/certifications/{imp_uid}").response == known
    assert api.send("DELETE", f"/certifications/{imp_uid}").response == known
    assert api.get(f"/certifications/{imp_uid}") == NO_CHECK
    assert api.send("DELETE", f"/certifications/{imp_uid}") == NO_CHECK


def test_the_same_person_has_the_same_key(api):
    checks = [api.post("/certifications/otp/request", **PERSON).response["imp_uid"] for _ in range(2)]
    people = [api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456").response for imp_uid in checks]

    assert people[0]["unique_key"] == people[1]["unique_key"]
    assert people[0]["unique_key"] != people[0]["unique_in_site"]


@pytest.mark.parametrize("otp", ["000000", "", None])
def test_a_wrong_code_proves_nothing(api, otp):
    imp_uid = api.post("/certifications/otp/request", **PERSON).response["imp_uid"]

    assert api.post(f"/certifications/otp/confirm/{imp_uid}", otp=otp).http == 400
    assert api.get(f"/certifications/{imp_uid}").response["certified"] is False


def test_a_code_works_once_and_for_its_own_check(api):
    imp_uid = api.post("/certifications/otp/request", **PERSON).response["imp_uid"]
    api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456")

    assert api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456").http == 400
    assert api.post("/certifications/otp/confirm/imp_0", otp="123456") == NO_CHECK


@pytest.mark.parametrize(
    ("birth", "digit", "birthday"),
    [("19851231", "2", "1985-12-31"), ("05-02-28", "3", "2005-02-28"), ("990101", "6", "1999-01-01")],
)
def test_the_seventh_digit_tells_the_century(api, birth, digit, birthday):
    imp_uid = api.post("/certifications/otp/request", **{**PERSON, "birth": birth, "gender_digit": digit}).response[
        "imp_uid"
    ]

    assert api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456").response["birthday"] == birthday


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"phone": "1"}, {"birth": "901301"}, {"gender_digit": "9"}, {"carrier": "KTF"}, {"carrier": None}],
)
def test_a_check_of_an_impossible_person_is_malformed(api, wrong):
    assert api.post("/certifications/otp/request", **{**PERSON, **wrong}).http == 400


# Cash receipts --------------------------------------------------------------------------------------------


def test_a_receipt_is_for_what_is_left_and_can_be_revoked(api, open_account, deposit):
    imp_uid = open_account().response["imp_uid"]
    deposit(imp_uid)

    receipt = api.post(f"/receipts/{imp_uid}", **IDENTIFIER).response
    read = api.get(f"/receipts/{imp_uid}").response
    issued = api.get(f"/payments/{imp_uid}").response["cash_receipt_issued"]
    revoked = api.send("DELETE", f"/receipts/{imp_uid}").response

    assert (receipt["amount"], receipt["vat"], receipt["type"]) == (11_000, 1000, "person")
    assert (read, issued) == (receipt, True)
    assert revoked["cancelled_at"] > 0
    assert api.get(f"/receipts/{imp_uid}").http == 404
    assert api.send("DELETE", f"/receipts/{imp_uid}").http == 400
    assert api.post(f"/receipts/{imp_uid}", **IDENTIFIER).http == 200


@pytest.mark.parametrize("case", ["unpaid", "twice", "card", "no identifier"])
def test_a_receipt_needs_a_paid_deposit_without_one(api, open_account, deposit, case):
    imp_uid = open_account().response["imp_uid"]
    if case != "unpaid":
        deposit(imp_uid)
    if case == "twice":
        api.post(f"/receipts/{imp_uid}", **IDENTIFIER)
    if case == "card":
        api.issue()
        imp_uid = api.charge("order-2").response["imp_uid"]

    answer = api.post(f"/receipts/{imp_uid}", **(IDENTIFIER if case != "no identifier" else {}))

    assert (answer.http, answer.code) == (400, -1)


def test_a_pg_without_receipts_is_not_implemented(api):
    api.issue(pg="jtnet")
    imp_uid = api.charge("order-1").response["imp_uid"]

    assert api.post(f"/receipts/{imp_uid}", **IDENTIFIER)[:2] == (501, -1)
    assert api.post("/receipts/external/till-1", pg="jtnet", name="a", amount=1, **IDENTIFIER).http == 501


def test_a_sale_made_elsewhere_has_a_receipt_by_its_own_number(api):
    sale = {"name": "원두", "amount": 1100, **IDENTIFIER}

    receipt = api.post("/receipts/external/till-1", **sale).response

    assert (receipt["merchant_uid"], receipt["amount"], receipt["vat"]) == ("till-1", 1100, 100)
    assert api.post("/receipts/external/till-1", **sale).http == 400
    assert api.get("/receipts/external/till-1").response == receipt
    assert api.send("DELETE", "/receipts/external/till-1").http == 200
    assert api.get("/receipts/external/till-1").http == 404
    assert api.send("DELETE", "/receipts/external/till-1").http == 404


# Escrow and wallets ---------------------------------------------------------------------------------------


def test_a_shipment_is_registered_once_and_then_replaced(api, payer):
    imp_uid = payer.approve(payer.open(merchant_uid="order-1", escrow=True), "4242-4242-4242-4242")

    registered = api.post(f"/escrows/logis/{imp_uid}", **PARCEL).response
    again = api.post(f"/escrows/logis/{imp_uid}", **PARCEL)
    replaced = api.send(
        "PUT", f"/escrows/logis/{imp_uid}", json={**PARCEL, "logis": {**PARCEL["logis"], "invoice": "2"}}
    )

    assert api.get(f"/payments/{imp_uid}").response["escrow"] is True
    assert (registered["company"], registered["invoice"], again.http) == ("LOGEN", "1", 409)
    assert api.get(f"/escrows/logis/{imp_uid}").response == replaced.response
    assert replaced.response["invoice"] == "2"


@pytest.mark.parametrize("missing", ["sender", "receiver", "logis"])
def test_a_parcel_has_a_sender_a_receiver_and_a_number(api, payer, missing):
    imp_uid = payer.approve(payer.open(merchant_uid="order-1", escrow=True), "4242-4242-4242-4242")

    assert api.post(f"/escrows/logis/{imp_uid}", **{**PARCEL, missing: None}).http == 400


def test_a_payment_without_escrow_has_no_parcel(api):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    assert api.post(f"/escrows/logis/{imp_uid}", **PARCEL).http == 409
    assert api.send("PUT", f"/escrows/logis/{imp_uid}", json=PARCEL).http == 404
    assert api.get(f"/escrows/logis/{imp_uid}").http == 404


@pytest.mark.parametrize("path", ["payco/orders/status/{}", "payments/{}/naver/point", "payments/{}/naver/confirm"])
def test_a_wallets_own_calls_know_only_its_payments(api, path):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    assert api.post(f"/{path.format(imp_uid)}", status="CANCELED")[:2] == (200, -1)
    assert api.post(f"/{path.format('imp_0')}", status="CANCELED").http == 404


@pytest.fixture
def charge_naver(api, payer):
    """Return a function that charges a key of Naver Pay, and returns the `imp_uid`."""
    landing = {"m_redirect_url": "http://shop.test/landing", "naverProductCode": "a", "naverProductCount": 1}
    payer.approve(payer.open(merchant_uid="issue-1", customer_uid="naver", pg="naverpay", **landing), "010-4242-4242")
    return lambda **fields: api.charge("order-1", customer_uid="naver", **fields).response["imp_uid"]


@pytest.mark.parametrize(
    ("method", "path", "answered"),
    [
        ("POST", "payments/{}/naver/point", None),
        ("POST", "payments/{}/naver/confirm", None),
        (
            "GET", "payments/{}/naver/cash-amount",
            {"amount_total": 1100, "amount_by_npoint": 0, "amount_by_primary": 1100, "amount_supply": 1000,
             "amount_vat": 100},
        ),
    ],
)  # fmt: skip
def test_naver_pay_answers_for_its_own_payments(api, charge_naver, method, path, answered):
    imp_uid = charge_naver(amount=1100)

    answer = api.send(method, f"/{path.format(imp_uid)}")

    assert (answer.http, answer.code, answer.response) == (200, 0, answered)


@pytest.mark.parametrize(
    ("refunded", "left"),
    [
        ({"amount": 500, "tax_free": 500}, {"amount_total": 500, "amount_supply": 482, "amount_vat": 18}),
        ({"amount": 200}, {"amount_total": 800, "amount_supply": 800, "amount_vat": 0}),
        ({}, {"amount_total": 0, "amount_supply": 0, "amount_vat": 0}),
    ],
)
def test_a_cash_receipt_is_for_the_parts_that_are_left(api, charge_naver, refunded, left):
    imp_uid = charge_naver(amount=1000, tax_free=800)
    api.post("/payments/cancel", imp_uid=imp_uid, reason="changed my mind", extra={"requester": "customer"}, **refunded)

    amounts = api.get(f"/payments/{imp_uid}/naver/cash-amount").response

    assert amounts == {**left, "amount_by_npoint": 0, "amount_by_primary": left["amount_total"]}
