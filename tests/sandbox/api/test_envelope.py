"""The shape of answers and of bodies, whatever goes wrong."""

import pytest

from tests.sandbox.conftest import opened


@pytest.mark.parametrize(
    ("method", "path", "http"),
    [
        ("GET", "/payments/a/b/c/d", 404),
        ("GET", "/subscribe/nothing", 404),
        ("GET", "/users/getToken", 405),
        ("GET", "/payments/cancel/x/y", 404),
        ("DELETE", "/payments/prepare", 405),
    ],
)
def test_even_a_wrong_address_is_answered_in_the_envelope(api, method, path, http):
    answer = api.send(method, path)

    assert (answer.http, answer.code, answer.response) == (http, -1, None)


def test_a_crash_is_answered_in_the_envelope(app, api, monkeypatch):
    def crash() -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setitem(app.before_request_funcs, None, [crash])

    assert api.get("/payments/imp_0") == (500, -1, "Internal Server Error", None)


def test_a_wrong_address_elsewhere_is_a_page(client):
    answer = client.get("/nothing-here")

    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize(("lang", "heading"), [("ko", "페이지를 찾을 수 없습니다"), ("en", "Page not found")])
@pytest.mark.parametrize("path", ["/nothing-here", "/console/imp_nobody/", "/console/imp00000000/payments/imp_0"])
def test_a_missing_page_says_so_and_leads_to_the_console(client, path, lang, heading):
    answer = client.get(path, query_string={"lang": lang})

    assert answer.status_code == 404
    assert f"<h1>{heading}</h1>" in answer.text
    assert f'href="/?lang={lang}"' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_trailing_slash_is_tolerated(api):
    api.issue()

    answer = api.get("/subscribe/customers/card-1/")

    assert answer.code == 0


def test_keys_are_sorted_and_korean_is_escaped(api, client):
    answer = client.get("/payments/imp_0", headers=api.headers)

    assert answer.text.startswith('{"code":-1,"message":"\\uc874')


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff", b'{"amount": NaN}', b"[" * 100_000])
def test_a_body_that_is_not_a_json_object_is_malformed(api, body):
    answer = api.send("POST", "/payments/prepare", data=body, content_type="application/json")

    assert (answer.http, answer.code, answer.response) == (400, -1, None)


@pytest.mark.parametrize(
    "merchant_uid",
    [{"nested": True}, ["list"], True, "half a pair \ud800", "nul \0", "x" * 41],
    ids=["object", "list", "boolean", "surrogate", "nul", "too long"],
)
def test_text_that_cannot_be_an_id_is_malformed(api, merchant_uid):
    answer = api.charge(merchant_uid)

    assert (answer.http, answer.code) == (400, -1)


NO_NUMBERS = ["NaN", "Infinity", "1_000", "１０００", "1,000", " 1000", "1000\n", "+1000", "0x10", ".5", "5.", "1e"]
A_CRUMB = "100.00000000000000000000000000000000000001"
"""More digits than a `Decimal` can calculate with."""


@pytest.mark.parametrize(
    "amount",
    ["", None, "abc", True, {}, [], -1, 0, 0.5, A_CRUMB, "1e999999", "1e-999999", f"1e{10**30}", 10**30, *NO_NUMBERS],
)
def test_an_amount_that_is_not_a_positive_sum_of_won_is_malformed(api, amount):
    api.issue()

    answer = api.charge("order-1", amount=amount)

    assert (answer.http, answer.code) == (400, -1)


@pytest.mark.parametrize("amount", [A_CRUMB, "1_000", "1e+"])
def test_an_amount_of_a_form_or_a_json_number_is_held_to_the_same(api, amount):
    api.issue()
    form = {"customer_uid": "card-1", "merchant_uid": "order-1", "amount": amount, "name": "원두"}
    body = f'{{"customer_uid": "card-1", "merchant_uid": "order-1", "amount": {amount}, "name": "a"}}'

    assert api.send("POST", "/subscribe/payments/again", data=form).http == 400
    assert api.send("POST", "/subscribe/payments/again", data=body, content_type="application/json").http == 400


@pytest.mark.parametrize("amount", ["1000", "1000.00", "1e3", "1.0E+3", "00001000", 1000, 1e3])
def test_a_thousand_won_may_be_written_in_many_ways(api, amount):
    api.issue()

    assert api.charge("order-1", amount=amount).response["amount"] == 1000


def test_a_charge_may_come_as_a_form(api):
    api.issue()
    form = {
        "customer_uid": "card-1",
        "merchant_uid": "order-1",
        "amount": "9900",
        "name": "원두",
        "extra[requester]": "me",
    }

    answer = opened(api.client.post("/subscribe/payments/again", data=form, headers=api.headers))

    assert answer.response["status"] == "paid"
    assert answer.response["amount"] == 9900
