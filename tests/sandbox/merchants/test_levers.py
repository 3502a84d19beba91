"""The levers that are settings, and keep their value."""

import time

import pytest

from sandbox.merchants import levers
from tests.sandbox.conftest import Api


def test_every_lever_is_listed_with_its_default_and_what_it_may_be(client):
    listed = client.get("/control/levers").json

    assert list(listed["levers"]) == sorted(levers.LEVERS)
    for name, lever in levers.LEVERS.items():
        known = listed["choices"][name]
        assert listed["levers"][name] == known["default"] == lever.default
        assert known["title_ko"]
        assert known["title_en"]
        assert isinstance(lever.default, bool) or known.get("most") or lever.default in known["choices"]


@pytest.mark.parametrize("send", ["json", "data"])
def test_levers_are_put_as_json_or_as_a_form(client, send):
    wanted = {"strict": "true", "latency": "0.5", "webhook_copies": "2", "webhook_format": "form"}

    put = client.post("/control/levers", **{send: wanted}).json["levers"]

    assert put == client.get("/control/levers").json["levers"]
    assert {name: put[name] for name in wanted} == {
        "strict": True,
        "latency": 0.5,
        "webhook_copies": 2,
        "webhook_format": "form",
    }


def test_of_levers_put_together_none_moves_when_one_cannot(client):
    refused = client.post("/control/levers", json={"strict": True, "webhook_copies": 3})

    assert refused.status_code == 400
    assert client.get("/control/levers").json["levers"]["strict"] is False


def test_levers_of_one_merchant_move_no_other(client):
    other = client.post("/control/merchants", json={}).json["code"]

    client.post("/control/levers", json={"merchant_code": other, "strict": True})

    assert client.get("/control/levers").json["levers"]["strict"] is False
    assert client.get(f"/control/levers?merchant_code={other}").json["levers"]["strict"] is True


def test_a_reset_puts_levers_and_orders_back(client):
    client.post("/control/levers", json={"webhook_retries": 5})
    client.post("/control/outcomes", json={"outcome": "decline"})

    client.post("/control/reset")

    assert client.get("/control/levers").json["levers"]["webhook_retries"] == 0
    assert client.get("/control/outcomes").json["orders"] == []


def test_every_answer_of_the_api_is_late_by_the_latency_and_no_lever_is(client):
    client.post("/control/levers", json={"latency": 0.3})

    begun = time.monotonic()
    api = Api(client)
    signed_in = time.monotonic()
    api.get("/payments/imp_0")
    read = time.monotonic()
    client.get("/control/levers")
    levered = time.monotonic()

    assert signed_in - begun >= 0.3
    assert read - signed_in >= 0.3
    assert levered - read < 0.3


@pytest.mark.parametrize(("state", "http"), [("refuse", 403), ("error", 500), ("hang", 504)])
def test_an_outage_reaches_every_call_and_charges_nothing(api, client, state, http):
    api.issue()
    client.post("/control/levers", json={"service": state})

    answers = [api.charge("order-1"), api.get("/payments/imp_1"), api.issue("card-2")]
    token = client.post("/users/getToken", json={"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"})
    client.post("/control/levers", json={"service": "up"})

    assert [answer.http for answer in answers] == [http] * 3
    assert token.status_code == http
    assert (api.get("/payments/find/order-1").http, api.charge("order-1").code) == (404, 0)
