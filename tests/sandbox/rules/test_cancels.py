"""`POST /payments/cancel`: full and partial cancels, and what is refused."""

import pytest

DAY = 86_400

TOO_MUCH = "결제취소에 실패하였습니다.(requested cancel amount is bigger than cancelable amount)"
WRONG_PARTS = "결제취소에 실패하였습니다.(tax_free, vat_amount가 취소 가능한 면세금액, 부가세와 맞지 않습니다)"


@pytest.fixture
def imp_uid(api) -> str:
    """Return the `imp_uid` of a payment of 9,900 won for order-1."""
    api.issue()
    return api.charge("order-1").response["imp_uid"]


def cancel(api, **fields):
    return api.post("/payments/cancel", **fields)


@pytest.mark.parametrize("amount", [{}, {"amount": 0}, {"amount": 9900}, {"amount": "9900"}])
def test_a_full_cancel_refunds_everything(api, clock, imp_uid, amount):
    clock.advance(60)

    payment = cancel(api, imp_uid=imp_uid, reason="고객 변심", **amount).response

    assert (payment["status"], payment["cancel_amount"]) == ("cancelled", 9900)
    assert (payment["cancelled_at"], payment["cancel_reason"]) == (clock(), "고객 변심")
    (entry,) = payment["cancel_history"]
    assert (entry["amount"], entry["reason"], entry["cancelled_at"]) == (9900, "고객 변심", clock())
    assert entry["pg_tid"] == payment["pg_tid"]
    assert entry["cancellation_id"]


def test_a_partial_cancel_is_called_cancelled_already(api, imp_uid):
    first = cancel(api, imp_uid=imp_uid, amount=3000).response
    second = cancel(api, imp_uid=imp_uid).response

    assert (first["status"], first["cancel_amount"]) == ("cancelled", 3000)
    assert (second["status"], second["cancel_amount"]) == ("cancelled", 9900)
    assert [entry["amount"] for entry in second["cancel_history"]] == [3000, 6900]


@pytest.mark.parametrize("days", [30, -30])
def test_a_cancel_comes_at_its_customers_time(api, client, clock, days):
    client.post("/control/clock", json={"customer_uid": "card-1", "offset": days * DAY})
    api.issue()
    paid = api.charge("order-1").response
    clock.advance(60)

    cancelled = cancel(api, merchant_uid="order-1").response

    assert cancelled["cancelled_at"] == paid["paid_at"] + 60 == clock() + days * DAY
    assert cancelled["cancel_history"][0]["cancelled_at"] == cancelled["cancelled_at"]


def test_a_cancel_by_merchant_uid_finds_the_paid_attempt(api, imp_uid):
    assert cancel(api, merchant_uid="order-1").response["imp_uid"] == imp_uid


def test_dollars_come_back_to_the_cent(api):
    api.issue("usd", pg="paymentwall", cvc="123", currency="USD", customer_email="mae@example.com")
    usd = {"amount": 49.99, "currency": "USD", "buyer_email": "mae@example.com", "browser_ip": "192.0.2.1"}
    api.charge("order-usd", customer_uid="usd", **usd)

    payment = cancel(api, merchant_uid="order-usd", amount=10.5, checksum=49.99).response

    assert payment["cancel_amount"] == 10.5


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"imp_uid": "imp_0"}, 1, "취소할 결제건이 존재하지 않습니다."),
        ({"merchant_uid": "nobody"}, 1, "취소할 결제건이 존재하지 않습니다."),
        ({"imp_uid": "imp_0", "merchant_uid": "order-1"}, 1, "취소할 결제건이 존재하지 않습니다."),
        ({"merchant_uid": "order-1", "amount": 9901}, -1, TOO_MUCH),
        ({"merchant_uid": "order-1", "checksum": 9899}, 1, "취소 가능한 금액이 checksum과 일치하지 않습니다."),
        ({"merchant_uid": "order-1", "checksum": 0}, 1, "취소 가능한 금액이 checksum과 일치하지 않습니다."),
    ],
)
@pytest.mark.usefixtures("imp_uid")
def test_a_cancel_that_does_not_add_up_is_refused_and_changes_nothing(api, fields, code, message):
    assert cancel(api, **fields) == (200, code, message, None)
    assert api.get("/payments/find/order-1").response["status"] == "paid"


def test_the_checksum_is_what_is_left(api, imp_uid):
    cancel(api, imp_uid=imp_uid, amount=3000, checksum=9900)

    again = cancel(api, imp_uid=imp_uid, amount=3000, checksum=9900)
    rest = cancel(api, imp_uid=imp_uid, checksum=6900)

    assert again == (200, 1, "취소 가능한 금액이 checksum과 일치하지 않습니다.", None)
    assert rest.response["cancel_amount"] == 9900


@pytest.fixture
def taxed(api):
    """Return a function that charges 1,100 won at a PG that reports balances, and returns the `imp_uid`."""
    api.issue("kcp", pg="kcp_billing")
    return lambda **tax: api.charge("order-1", customer_uid="kcp", amount=1100, **tax).response["imp_uid"]


@pytest.mark.parametrize(
    ("paid", "refunded"),
    [
        ({}, {"amount": 500, "tax_free": 500}),
        ({}, {"tax_free": 1}),
        ({}, {"amount": 500, "vat_amount": 101}),
        ({}, {"amount": 1050, "vat": 0}),
        ({"tax_free": 800}, {"amount": 500, "tax_free": 0}),
        ({"vat_amount": 0}, {"amount": 500, "vat_amount": 1}),
    ],
)
def test_no_part_comes_back_that_was_not_paid(api, taxed, paid, refunded):
    imp_uid = taxed(**paid)

    assert cancel(api, imp_uid=imp_uid, **refunded) == (200, -1, WRONG_PARTS, None)
    assert api.get(f"/payments/{imp_uid}").response["cancel_amount"] == 0


@pytest.mark.parametrize(
    ("paid", "refunded", "left"),
    [
        ({}, [{"amount": 550}], (0, 500, 50)),
        ({}, [{"amount": 100}] * 5, (0, 545, 55)),
        ({"tax_free": 800}, [{"amount": 500, "tax_free": 500}], (300, 273, 27)),
        ({"tax_free": 800}, [{"amount": 500}], (600, 0, 0)),
        ({"tax_free": 800}, [{"amount": 500, "tax_free": 500}, {}], (0, 0, 0)),
        ({"vat_amount": 0}, [{"amount": 500}], (0, 600, 0)),
        ({}, [{"amount": 500, "vat_amount": 0}, {"amount": 100}], (0, 417, 83)),
    ],
)
def test_what_is_left_has_its_parts_still(api, taxed, paid, refunded, left):
    imp_uid = taxed(**paid)

    codes = {cancel(api, imp_uid=imp_uid, **fields).code for fields in refunded}

    balance = api.get(f"/payments/{imp_uid}/balance").response
    assert codes == {0}
    assert tuple(balance["primary"][part] for part in ("tax_free", "supply", "vat")) == left
    for part in ("tax_free", "supply", "vat"):
        assert balance["primary"][part] == sum(change["primary"][part] for change in balance["histories"])


def test_what_is_gone_cannot_go_twice(api, imp_uid):
    cancel(api, imp_uid=imp_uid)

    assert cancel(api, imp_uid=imp_uid) == (200, 1, "이미 전액취소된 주문입니다.", None)


def test_an_issue_that_charged_nothing_has_nothing_to_refund(api, payer):
    window = payer.open(merchant_uid="issue-1", customer_uid="card-1")
    imp_uid = payer.approve(window, "4242-4242-4242-4242")

    answer = cancel(api, imp_uid=imp_uid)

    assert (answer.http, answer.code) == (200, -1)
    assert answer.message.startswith("결제취소에 실패하였습니다.(")
    assert api.get(f"/payments/{imp_uid}").response["cancel_amount"] == 0


def test_a_failed_payment_cannot_be_cancelled(api):
    api.issue("poor", card_number="4000-0000-0000-0341")
    imp_uid = api.charge("order-1", customer_uid="poor").response["imp_uid"]

    assert cancel(api, imp_uid=imp_uid) == (200, 1, "취소할 결제건이 존재하지 않습니다.", None)


@pytest.mark.parametrize(
    "fields", [{}, {"merchant_uid": "order-1", "amount": "x"}, {"merchant_uid": "order-1", "amount": -1}]
)
@pytest.mark.usefixtures("imp_uid")
def test_a_cancel_of_nothing_or_of_no_number_is_malformed(api, fields):
    answer = cancel(api, **fields)

    assert (answer.http, answer.code) == (400, -1)
