"""Tokens: how a merchant obtains, keeps, extends and loses one."""

import re
from collections import defaultdict

import pytest
from flask import Flask

from sandbox.api import RESOURCES
from tests.sandbox.conftest import opened
from tests.url_map import addresses

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


HEADERS = ["Authorization: {}", "Authorization: Bearer {}", "Authorization: bearer {}", "X-ImpTokenHeader: {}"]


def needing_a_token(app: Flask) -> list[tuple[str, str]]:
    """Return method and path of every call that needs a token."""
    resources = {module.bp.name for module in RESOURCES}
    return [
        (method, path)
        for endpoint, method, path in addresses(app, defaultdict(lambda: "1"))
        if endpoint.split(".")[0] in resources and endpoint != "users.get_token"
    ]


@pytest.mark.parametrize("header", HEADERS)
def test_every_call_takes_the_token_from_each_documented_header(app, api, client, header):
    name, _, value = header.format(api.headers["Authorization"]).partition(": ")

    answers = {call: client.open(call[1], method=call[0], headers={name: value}) for call in needing_a_token(app)}

    assert {call for call, answer in answers.items() if answer.status_code == 401} == set()


def test_every_call_takes_the_token_from_its_query(app, api, client):
    query = {"_token": api.headers["Authorization"]}

    answers = {call: client.open(call[1], method=call[0], query_string=query) for call in needing_a_token(app)}

    assert {call for call, answer in answers.items() if answer.status_code == 401} == set()


@pytest.mark.parametrize("header", ["Authorization: ", "Authorization: Bearer ", *HEADERS])
def test_without_a_valid_token_every_call_is_refused(app, client, header):
    name, _, value = header.format("nonsense").partition(": ")
    calls = needing_a_token(app)

    answers = [opened(client.open(path, method=method, headers={name: value})) for method, path in calls]

    assert len(calls) > 60
    assert set(answers) == {(401, -1, "Unauthorized", None)}


def test_a_token_dies_of_age(api, clock):
    clock.advance(1800)

    assert api.get("/payments/imp_0") == (401, -1, "Unauthorized", None)
