"""The wire log: what it keeps of each call, for which merchant, and what it never keeps."""

import json
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from sandbox import wirelog
from sandbox.ledger.models import db
from sandbox.wirelog import WireEntry, masking
from tests.sandbox.conftest import Api

CARD = "4242-4242-4242-4242"
PLAIN = "4242424242424242"


def test_a_call_is_kept_with_both_bodies_and_how_it_went(api, calls):
    api.charge("order-1", customer_uid="nobody")

    call = calls()[-1]
    assert (call.kind, call.method, call.path) == ("rest", "POST", "/subscribe/payments/again")
    assert json.loads(call.request_body)["merchant_uid"] == "order-1"
    assert json.loads(call.response_body)["message"] == "등록되지 않은 구매자입니다."
    assert (call.http_status, call.code, call.message) == (200, 1, "등록되지 않은 구매자입니다.")
    assert call.took >= 0


def test_a_form_is_kept_as_what_it_says(api, calls):
    api.send("POST", "/payments/cancel", data={"merchant_uid": "order-1", "extra[requester]": "admin"})

    assert json.loads(calls()[-1].request_body) == {"merchant_uid": "order-1", "extra[requester]": "admin"}
    assert "form-urlencoded" in calls()[-1].headers["Content-Type"]


def test_the_script_the_windows_and_the_levers_are_logged_too_but_not_what_only_asks(client, payer, calls):
    payer.approve(payer.open(merchant_uid="order-1", customer_uid="card-1"), CARD)
    client.post("/control/levers", json={"latency": 0})
    client.get("/control/levers")
    client.get("/healthz")
    client.get("/v1/iamport.js")
    client.options("/sdk/payments")

    assert [(call.kind, call.method) for call in calls()] == [("sdk", "POST"), ("window", "POST"), ("control", "POST")]


def test_no_secret_no_token_and_no_whole_card_is_kept(app, api, client, payer, calls):
    api.issue(card_number=CARD, birth="900101")
    opened = payer.open(merchant_uid="order-1", customer_uid="card-2")
    payer.approve(opened, CARD)
    token = api.headers["Authorization"]
    client.get(f"/payments/imp_1?_token={token}")
    api.post("/vbanks?pg_api_key=key_of_inicis", pg_api_key="key_of_inicis")
    client.post("/users/getToken", data='{"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"', headers=JSON)
    client.post("/subscribe/payments/again", data=f"oops {CARD} {CARD.replace('-', '')}")

    kept = "\n".join(str(vars(call)) for call in calls())
    window_secret = opened.json["window_url"].split("k=")[1][:32]
    for secret in ("sandbox_secret", "key_of_inicis", token, window_secret, CARD, CARD.replace("-", ""), "900101"):
        assert secret not in kept, secret
    assert "424242******4242" in kept


def test_no_part_of_a_call_keeps_what_another_would_mask(api, client, calls):
    dotted, secret = "4242.4242.4242.4242", "s3cr3t-of-a-shop"
    api.get(f"/payments/imp_1?cardNumber={CARD}&imp_secret={secret}&memo=4242%204242%204242%204242")
    api.post("/subscribe/payments/again", customer_uid=dotted, merchant_uid="order-1", amount=1, cardNumber=int(PLAIN))
    api.send(
        "POST", "/subscribe/payments/again", data={"card[info][number]": CARD, "CardNo": dotted, "impSecret": secret}
    )
    api.send("POST", "/subscribe/payments/again", data={"card-number": CARD, "f": (BytesIO(b"x"), "f")})
    api.get(f"/subscribe/customers/{PLAIN}")
    client.get("/payments/imp_1", headers={"Authorization": secret, "User-Agent": f"shop {dotted}"})

    kept = "\n".join(str(vars(call)) for call in [*calls(), *calls(None)])
    for value in (CARD, PLAIN, dotted, "4242 4242", "4242%20", secret):
        assert value not in kept, value
    assert kept.count("424242******4242") >= 6


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"Authorization": "{}"}},
        {"headers": {"Authorization": "Bearer {} "}},
        {"headers": {"X-ImpTokenHeader": "{}"}},
        {"query_string": "_token={}"},
        {"query_string": "a=1&%5ftoken={}"},
    ],
)
def test_a_token_is_masked_wherever_it_is_sent(api, client, calls, sent):
    token = api.headers["Authorization"]
    filled = json.loads(json.dumps(sent).replace("{}", token))

    client.get("/payments/imp_1", **filled)

    kept = str(vars(calls()[-1]))
    assert token not in kept
    assert f"{token[:4]}***" in kept


@pytest.mark.parametrize(
    "body",
    ['{"merchant_uid": "\\ud800"}', '{"a":' * 700 + "1" + "}" * 700, "[]", "\x00\xff", "{", '{"imp_key": ["x"]}'],
)
@pytest.mark.parametrize("path", ["/users/getToken", "/subscribe/payments/again", "/sdk/payments", "/control/levers"])
def test_nonsense_is_logged_like_everything_else(client, api, calls, path, body):
    client.post(path, data=body, headers={**JSON, **api.headers})

    assert path in [call.path for call in [*calls(), *calls(None)]]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("card_number", "4242-4242-4242-4242", "424242******4242"),
        ("card_number", "424242******4242", "424242******4242"),
        ("number", "110-4242-424242", "110******4242"),
        ("imp_secret", "s3cret", "***"),
        ("access_token", "0123456789abcdef", "0123***"),
        ("expiry", "2030-12", "***"),
        ("pwd_2digit", "47", "***"),
        ("window_url", "http://s/windows/imp_1?k=0123456789&lang=ko", "http://s/windows/imp_1?k=0123***&lang=ko"),
        ("name", "paid with 4242 4242 4242 4242", "paid with 424242******4242"),
        ("merchant_uid", "1700000000000", "1700000000000"),
        ("amount", 9900, 9900),
        ("card_number", None, None),
        ("schedules", [{"card_number": "4242424242424242"}], [{"card_number": "424242******4242"}]),
    ],
)
def test_values_are_masked_by_their_name_and_their_look(name, value, kept):
    assert masking.masked({name: value}) == {name: kept}


def test_a_call_belongs_to_the_merchant_it_was_made_for(app, client, api, calls):
    other = client.post("/control/merchants", json={"code": "imp_other", "key": "other", "secret": "other"}).json
    theirs = Api(client, "other", "other")
    theirs.get("/payments/imp_1")
    client.post("/control/levers", json={"merchant_code": other["code"], "latency": 0})

    paths = [(call.kind, call.path) for call in calls("imp_other")]
    assert paths == [("rest", "/users/getToken"), ("rest", "/payments/imp_1"), ("control", "/control/levers")]


@pytest.mark.parametrize("what", ["payments", "certifications"])
def test_whatever_happens_in_a_window_belongs_to_its_merchant(client, calls, what):
    code = client.post("/control/merchants", json={}).json["code"]
    params = {"merchant_uid": "order-1", "pg": "jtnet", "amount": 100, "name": "Coffee"}
    opened = client.post(f"/sdk/{what}", json={"merchant_code": code, "params": params}).json

    client.get(opened["window_url"])
    client.post(opened["window_url"].replace("?", "/close?"))
    client.post(f"/sdk/{what}/{opened['imp_uid']}/close", json={"window_url": opened["window_url"]})

    paths = [call.path.split("?")[0] for call in calls(code)]
    window = opened["window_url"].removeprefix("http://localhost").split("?")[0]
    assert paths == [f"/sdk/{what}", window, f"{window}/close", f"/sdk/{what}/{opened['imp_uid']}/close"]


def test_a_call_with_unknown_credentials_belongs_to_no_merchant(client, calls):
    client.post("/users/getToken", json={"imp_key": "nobody", "imp_secret": "x"})

    assert calls() == []
    assert calls(None)[-1].http_status == 401


def test_a_call_is_found_by_every_id_in_it(app, api, calls):
    api.issue("card-1")
    imp_uid = api.charge("order-1").response["imp_uid"]
    api.get(f"/payments/{imp_uid}")
    calls()

    with app.app_context():
        found = {
            wanted: len(db.session.scalars(select(WireEntry).where(wirelog.mentions(wanted))).all())
            for wanted in (imp_uid, "order-1", "card-1", "order", imp_uid[:-1])
        }
    assert found == {imp_uid: 2, "order-1": 2, "card-1": 3, "order": 0, imp_uid[:-1]: 0}


def test_only_the_last_calls_of_each_merchant_are_kept(api, calls, monkeypatch):
    monkeypatch.setattr(wirelog, "KEPT", 5)
    for number in range(4):
        api.get(f"/payments/imp_{number}")
    calls()
    for number in range(4, 8):
        api.get(f"/payments/imp_{number}")

    assert [call.path for call in calls()] == [f"/payments/imp_{number}" for number in range(3, 8)]


def test_a_call_is_dated_by_its_merchant_s_clock(api, client, clock, calls):
    api.get("/payments/imp_before")
    client.post("/control/clock", json={"advance": 86_400})
    api.sign_in()

    kept = {call.path: call.at for call in calls()}
    assert kept["/payments/imp_before"] == clock.seconds
    assert kept["/users/getToken"] == clock.seconds + 86_400


def test_a_call_about_a_customer_is_dated_by_the_customer_s_clock(api, client, clock, calls):
    api.issue()
    client.post("/control/clock", json={"customer_uid": "card-1", "offset": 86_400})
    imp_uid = api.charge("order-1").response["imp_uid"]
    api.get(f"/payments/{imp_uid}")

    kept = {call.path: call.at for call in calls()}
    assert kept["/subscribe/customers/card-1"] == clock.seconds
    assert kept["/subscribe/payments/again"] == kept[f"/payments/{imp_uid}"] == clock.seconds + 86_400


def test_a_reset_forgets_the_log_of_its_merchant(api, client, calls):
    api.get("/payments/imp_1")

    client.post("/control/reset")

    assert [call.path for call in calls()] == ["/control/reset"]


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def calls(app: Flask) -> Callable[..., list[WireEntry]]:
    """Return a function that reads the calls of a merchant from the log, oldest first."""

    def read(code: str | None = "imp00000000") -> list[WireEntry]:
        with app.app_context():
            wirelog.flush()
            owner = select(wirelog.Merchant.id).where(wirelog.Merchant.code == code).scalar_subquery()
            mine = WireEntry.merchant_id == owner if code else WireEntry.merchant_id.is_(None)
            found = list(db.session.scalars(select(WireEntry).where(mine).order_by(WireEntry.id)))
            db.session.expunge_all()
            return found

    return read
