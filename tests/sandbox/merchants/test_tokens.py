"""Tokens: how a merchant obtains, keeps, extends and loses one."""

import re

import pytest

from tests.sandbox.conftest import opened

CREDENTIALS = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}


def test_the_right_credentials_earn_a_token_for_half_an_hour(client, clock):
    answer = opened(client.post("/users/getToken", json=CREDENTIALS))

    assert (answer.http, answer.code, answer.message) == (200, 0, None)
    assert re.fullmatch("[0-9a-f]{40}", answer.response["access_token"])
    assert answer.response["now"] == clock()
    assert answer.response["expired_at"] == clock() + 1800


@pytest.mark.parametrize("body", [{"json": CREDENTIALS}, {"data": CREDENTIALS}], ids=["json", "form"])
def test_credentials_come_as_json_or_as_a_form(client, body):
    answer = opened(client.post("/users/getToken", **body))

    assert answer.code == 0


@pytest.mark.parametrize(
    ("credentials", "http", "message"),
    [
        ({}, 400, "imp_key, imp_secret 파라메터가 누락되었습니다."),
        ({"imp_key": "sandbox_key"}, 400, "imp_key, imp_secret 파라메터가 누락되었습니다."),
        ({"imp_key": "", "imp_secret": ""}, 400, "imp_key, imp_secret 파라메터가 누락되었습니다."),
        ({"imp_key": "sandbox_key", "imp_secret": "wrong"}, 401, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
        ({"imp_key": "wrong", "imp_secret": "비밀"}, 401, "인증에 실패하였습니다. API키와 secret을 확인하세요."),
    ],
)
def test_other_credentials_are_refused(client, credentials, http, message):
    answer = opened(client.post("/users/getToken", json=credentials))

    assert answer == (http, -1, message, None)


@pytest.mark.parametrize(
    ("seconds_later", "same_token", "expires_after"),
    [
        (0, True, 1800),
        (1739, True, 1800),
        (1740, True, 1800),
        (1741, True, 2100),
        (1799, True, 2100),
        (1800, False, 3600),
    ],
)
def test_asking_again_keeps_prolongs_or_replaces_the_token(client, clock, seconds_later, same_token, expires_after):
    start = clock()
    first = opened(client.post("/users/getToken", json=CREDENTIALS)).response

    clock.advance(seconds_later)
    second = opened(client.post("/users/getToken", json=CREDENTIALS)).response

    assert (second["access_token"] == first["access_token"]) is same_token
    assert second["expired_at"] == start + expires_after


@pytest.mark.parametrize("style", ["{}", "Bearer {}"])
def test_a_token_is_sent_bare_or_as_a_bearer(api, client, style):
    token = api.headers["Authorization"]

    answer = opened(client.get("/payments/imp_0", headers={"Authorization": style.format(token)}))

    assert answer.http == 404


def test_a_token_may_stand_in_the_query(api, client):
    token = api.headers["Authorization"]

    answer = opened(client.get(f"/payments/imp_0?_token={token}"))

    assert answer.http == 404


@pytest.mark.parametrize("header", ["", "Bearer ", "nonsense", "Bearer nonsense"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/subscribe/payments/again"),
        ("GET", "/subscribe/customers/card-1"),
        ("POST", "/subscribe/customers/card-1"),
        ("DELETE", "/subscribe/customers/card-1"),
        ("GET", "/payments/imp_0"),
        ("GET", "/payments/find/order-1"),
        ("POST", "/payments/cancel"),
        ("POST", "/payments/prepare"),
        ("PUT", "/payments/prepare"),
        ("GET", "/payments/prepare/order-1"),
    ],
)
def test_without_a_token_every_resource_is_closed(client, method, path, header):
    answer = opened(client.open(path, method=method, headers={"Authorization": header}))

    assert answer == (401, -1, "Unauthorized", None)


def test_a_token_dies_of_age(api, clock):
    clock.advance(1800)

    assert api.get("/payments/imp_0") == (401, -1, "Unauthorized", None)
