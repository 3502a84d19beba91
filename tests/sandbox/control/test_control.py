"""The levers, apart from those of the webhooks."""

from io import BytesIO

import pytest


def test_the_sandbox_says_that_it_is_alive(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_reset_forgets_everything_and_puts_the_levers_back(api, payer, client):
    api.issue()
    api.charge("order-1")
    payer.open(merchant_uid="order-2", customer_uid="card-2")
    api.post("/payments/prepare", merchant_uid="order-3", amount=100)
    client.post("/control/strictness", json={"strict": True})
    client.post("/control/webhooks", json={"copies": 2, "delay": 9})

    client.post("/control/reset")

    assert api.get("/payments/find/order-1").http == 401
    api.headers["Authorization"] = type(api)(client).headers["Authorization"]
    assert api.get("/payments/find/order-1").http == 404
    assert api.get("/payments/prepare/order-3").http == 404
    assert api.charge("order-1").message == "등록되지 않은 구매자입니다."
    assert client.post("/control/webhooks", json={}).json == {"copies": 1, "delay": 0}
    assert api.issue(pg="jtnet").code == 0
    assert api.charge("order-1", name=None).response["status"] == "paid"


def test_an_error_before_the_charge_took_nothing(api, client):
    api.issue()
    client.post("/control/faults", json={"kind": "error_before_charge"})

    broken = api.charge("order-1")

    assert (broken.http, broken.code, broken.response) == (500, -1, None)
    assert api.get("/payments/find/order-1").http == 404
    assert api.charge("order-1").response["status"] == "paid"


def test_an_error_after_the_charge_took_the_money(api, client):
    api.issue()
    client.post("/control/faults", json={"kind": "error_after_charge", "customer_uid": "card-1"})

    broken = api.charge("order-1")

    assert (broken.http, broken.code, broken.response) == (500, -1, None)
    assert api.get("/payments/find/order-1/paid").response["amount"] == 9900


def test_a_429_says_when_to_come_back_and_takes_nothing(api, client):
    api.issue()
    client.post("/control/outcomes", json={"outcome": "too_many_requests", "seconds": 7})

    charge = {"customer_uid": "card-1", "merchant_uid": "order-1", "amount": 9900, "name": "Coffee"}
    turned_away = client.post("/subscribe/payments/again", json=charge, headers=api.headers)

    assert (turned_away.status_code, turned_away.json["code"], turned_away.json["response"]) == (429, -1, None)
    assert turned_away.headers["Retry-After"] == "7"
    assert api.get("/payments/find/order-1").http == 404
    assert api.charge("order-1").response["status"] == "paid"


def test_a_fault_strikes_whom_it_was_meant_for_and_as_often_as_ordered(api, client):
    api.issue("card-1")
    api.issue("card-2")
    client.post("/control/faults", json={"kind": "error_after_charge", "customer_uid": "card-1", "times": 2})

    other = api.charge("order-1", customer_uid="card-2")
    struck = [api.charge(f"order-{n}").http for n in (2, 3, 4)]

    assert other.http == 200
    assert struck == [500, 500, 200]


@pytest.mark.parametrize(
    ("path", "body", "http"),
    [
        ("faults", {}, 400),
        ("faults", {"kind": "earthquake"}, 400),
        ("faults", {"kind": "error_after_charge", "times": -1}, 400),
        ("webhooks", {"copies": 3}, 400),
        ("webhooks", {"delay": "soon"}, 400),
        ("webhooks", {"merchant_code": "imp_nobody"}, 404),
        ("webhooks/deliver", {}, 400),
        ("webhooks/deliver", {"imp_uid": "imp_0"}, 404),
        ("webhooks", {"format": "xml"}, 400),
        ("webhooks", {"retries": 6}, 400),
        ("webhooks", {"copies": 1.5}, 400),
        ("webhooks", {"turn": "never"}, 400),
        ("webhooks", {"shuffle": "perhaps"}, 400),
        ("webhooks/forge", {"imp_uid": "imp_0", "kind": "wrong_amount"}, 404),
        ("webhooks/forge", {"kind": "wrong_amount"}, 400),
        ("webhooks/deliver", {"delivery": 1}, 404),
        ("webhooks/deliver", {"delivery": "first"}, 400),
        ("cancel", {"imp_uid": "imp_0"}, 404),
        ("levers", {"webhook_copies": 3}, 400),
        ("levers", {"gravity": 1}, 400),
        ("strictness", {"strict": "yes"}, 400),
    ],
)
def test_a_lever_pulled_wrongly_says_so(client, path, body, http):
    answer = client.post(f"/control/{path}", json=body)

    assert answer.status_code == http
    assert answer.json["error"]


def test_a_payment_without_any_address_cannot_be_announced_again(api, client):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    answer = client.post("/control/webhooks/deliver", json={"imp_uid": imp_uid})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "fields", "misspelt"),
    [
        ("POST", "/control/webhooks", {"copys": 2}, "copys"),
        ("POST", "/control/webhooks", {"copies": 2, "merchant": "other"}, "merchant"),
        ("POST", "/control/outcomes", {"outcome": "slow", "customer_id": "card-1"}, "customer_id"),
        ("POST", "/control/merchants", {"webhook": "http://shop.test"}, "webhook"),
        ("POST", "/control/levers", {"latncy": 1}, "latncy"),
        ("POST", "/control/clock", {"advance": 1, "merchnt_code": "imp00000000"}, "merchnt_code"),
        ("POST", "/control/reset", {"merchant": "other"}, "merchant"),
        ("GET", "/control/idle?merchant=other", None, "merchant"),
        ("PATCH", "/control/merchants/imp00000000", {"webhook": ""}, "webhook"),
    ],
)
def test_a_field_that_does_not_exist_is_refused_and_nothing_is_done(client, method, path, fields, misspelt):
    before = client.get("/control/webhooks").json

    answer = client.open(path, method=method, json=fields)

    assert answer.status_code == 400
    assert misspelt in answer.json["error"]
    assert client.get("/control/webhooks").json == before


def test_a_body_that_comes_in_chunks_is_read(client):
    client.post("/control/merchants", json={"code": "imp_other"})
    client.post("/control/levers", json={"latency": 0.5})

    answer = client.post(
        "/control/reset",
        input_stream=BytesIO(b'{"merchant_code": "imp_other"}'),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},  # set by a server that joins the chunks
    )

    assert answer.status_code == 200
    assert client.get("/control/levers").json["levers"]["latency"] == 0.5


@pytest.mark.parametrize(("method", "path", "http"), [("GET", "/control/reset", 405), ("POST", "/control/rest", 404)])
def test_a_lever_that_does_not_exist_is_an_error_in_json(client, method, path, http):
    answer = client.open(path, method=method)

    assert (answer.status_code, answer.is_json) == (http, True)
    assert answer.json["error"]


def test_a_body_of_another_kind_is_refused(client):
    made = client.post("/control/merchants", json={}).json

    refused = client.post("/control/reset", data=f'{{"merchant_code": "{made["code"]}"}}', content_type="text/plain")

    assert (refused.status_code, "application/json" in refused.json["error"]) == (400, True)
