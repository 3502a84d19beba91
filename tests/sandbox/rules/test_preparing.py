"""`/payments/prepare`: amounts registered before their window opens."""

import pytest

REGISTERED = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."


def put(api, **fields):
    return api.send("PUT", "/payments/prepare", json=fields)


@pytest.mark.parametrize(
    ("fields", "registered"),
    [
        ({"amount": 9900}, {"amount": 9900, "currency": None}),
        ({"amount": "9900", "currency": "KRW"}, {"amount": 9900, "currency": "KRW"}),
        ({"amount": 10.5}, {"amount": 10.5, "currency": None}),
        ({"amount": 49.99, "currency": "USD"}, {"amount": 49.99, "currency": "USD"}),
    ],
)
def test_an_amount_is_registered_and_read_back(api, fields, registered):
    answer = api.post("/payments/prepare", merchant_uid="order-1", **fields)

    assert answer == (200, 0, None, {"merchant_uid": "order-1", **registered})
    assert api.get("/payments/prepare/order-1") == answer


def test_an_amount_is_registered_once_and_then_only_changed(api):
    api.post("/payments/prepare", merchant_uid="order-1", amount=9900)

    again = api.post("/payments/prepare", merchant_uid="order-1", amount=100)
    changed = put(api, merchant_uid="order-1", amount=100)

    assert again == (200, 1, REGISTERED, None)
    assert changed.response["amount"] == 100
    assert api.get("/payments/prepare/order-1").response["amount"] == 100


def test_what_was_never_registered_is_not_found(api):
    assert api.get("/payments/prepare/nobody").http == 404
    assert put(api, merchant_uid="nobody", amount=100).http == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 9900},
        {"merchant_uid": "order-1"},
        {"merchant_uid": "x" * 41, "amount": 9900},
        {"merchant_uid": "order-1", "amount": "x"},
        {"merchant_uid": "order-1", "amount": -1},
        {"merchant_uid": "order-1", "amount": 1.999},
        {"merchant_uid": "order-1", "amount": "NaN"},
        {"merchant_uid": "order-1", "amount": "1_000"},
        {"merchant_uid": "order-1", "amount": 10.5, "currency": "KRW"},
        {"merchant_uid": "order-1", "amount": 10.555, "currency": "USD"},
        {"merchant_uid": "order-1", "amount": 10**13},
        {"merchant_uid": "order-1", "amount": 1, "currency": "won"},
    ],
)
def test_an_invalid_amount_is_malformed(api, fields):
    assert api.post("/payments/prepare", **fields).http == 400
    assert put(api, **fields).http == 400


@pytest.mark.parametrize(
    ("registered", "status"),
    [
        ({"amount": 9900}, 201),
        ({"amount": 9900, "currency": "KRW"}, 201),
        ({"amount": 100}, 400),
        ({"amount": 9900, "currency": "USD"}, 400),
    ],
)
def test_a_window_with_another_amount_does_not_open(api, payer, registered, status):
    api.post("/payments/prepare", merchant_uid="order-1", **registered)

    assert payer.open(merchant_uid="order-1", customer_uid="card-1", amount=9900).status_code == status


def test_a_charge_by_key_may_differ_from_it(api):
    api.issue()
    api.post("/payments/prepare", merchant_uid="order-1", amount=100)

    assert api.charge("order-1", amount=9900).response["status"] == "paid"
