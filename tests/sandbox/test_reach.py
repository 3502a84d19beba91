"""A sandbox that listens on a network: other devices pay there, and only its own machine sees and moves anything."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.openapi.description import SERVICE
from sandbox.reach import PRIVATE
from tests.sandbox.conftest import Api

HERE, NETWORK = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8001"}, {"SERVER_NAME": "192.168.1.5"}
PAYERS = {"sdk", "windows", "identity", "static"}
"""The blueprints that a buyer's browser needs."""


@pytest.fixture(autouse=True)
def at_home(app: Flask) -> None:
    app.extensions["sandbox_config"] = replace(app.extensions["sandbox_config"], CONSOLE_ADDRESS="127.0.0.1")


@pytest.mark.parametrize("path", ["/", "/console/imp00000000/payments", "/docs"])
@pytest.mark.parametrize(("lang", "words"), [("ko", "샌드박스를 실행한"), ("en", "only on the machine that runs")])
def test_a_page_of_the_console_answers_on_its_own_machine_only(client: FlaskClient, path: str, lang: str, words: str):
    refused = client.get(path, query_string={"lang": lang}, environ_overrides=NETWORK)

    assert refused.status_code == 403
    assert words in refused.text
    assert "console_elsewhere" in refused.text
    assert client.get(path, environ_overrides=HERE).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/control/levers"), ("POST", "/control/reset"), ("GET", "/openapi.json")]
)
def test_a_lever_answers_on_its_own_machine_only(client: FlaskClient, method: str, path: str):
    refused = client.open(path, method=method, environ_overrides=NETWORK)

    assert (refused.status_code, refused.get_json()["code"]) == (403, "console_elsewhere")
    assert client.open(path, method=method, environ_overrides=HERE).status_code == 200


def test_a_header_does_not_open_the_console(client: FlaskClient):
    headers = {"Host": "127.0.0.1:8001", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "127.0.0.1"}

    assert client.get("/control/levers", headers=headers, environ_overrides=NETWORK).status_code == 403


def test_script_and_api_answer_everywhere(client: FlaskClient, api: Api):
    script = client.get("/v1/iamport.js", environ_overrides=NETWORK)
    listed = api.send("GET", "/payments/status/all", environ_overrides=NETWORK)

    assert script.status_code == 200
    assert listed.http == 200


def test_what_neither_payers_nor_shops_need_is_private(app: Flask):
    rest = {operation.call.partition(" ")[2] for operation in SERVICE}
    others = [rule for rule in app.url_map.iter_rules() if not (PRIVATE | PAYERS) & set(rule.endpoint.split("."))]

    assert {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in others} == rest


def test_without_the_setting_everything_answers_everywhere(app: Flask, client: FlaskClient):
    app.extensions["sandbox_config"] = replace(app.extensions["sandbox_config"], CONSOLE_ADDRESS="")

    assert client.get("/control/levers", environ_overrides=NETWORK).status_code == 200
