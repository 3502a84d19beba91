"""The sandbox's README: its lists are complete, and its snippets run."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from secrets import token_hex

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

import sandbox
from sandbox.__main__ import command_line
from sandbox.config import Config
from sandbox.control.webhooks import POLICY
from sandbox.facts import pgs
from sandbox.facts.instruments import INSTRUMENTS, digits
from sandbox.rules.outcomes import OUTCOMES
from tests.sandbox.merchant import served

README = Path(sandbox.__file__).with_name("README.md").read_text(encoding="utf-8")
ROOT = Path(sandbox.__file__).parent.parent

DOCUMENTED = "http://localhost:8001"
SHOP = "http://localhost:3000"

REAL_ADDRESS = "https://cdn.iamport.kr/v1/iamport.js"


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in this language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def first_column(heading: str) -> set[str]:
    """Return every code in the first column of the first table that begins with this cell."""
    table = README.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    return set(re.findall(r"`([^`]+)`", " ".join(cells)))


# Lists ----------------------------------------------------------------------------------------------------


OPTIONS = re.findall(
    r"^\| (?:`--([a-z-]+).*?`)? ?\| (?:`SANDBOX_(\w+)`)? ?\| (.+) \|$",
    README.partition("| option |")[2].partition("\n\n")[0],
    re.MULTILINE,
)
"""Option, variable and description of each row of the table of options."""


def real_default(client: FlaskClient, option: str, variable: str) -> str | None:
    """Return what a new sandbox uses without this option and this variable; None for nothing."""
    if variable == "LATENCY":  # '' keeps the lever
        return f"{client.get('/control/levers').json['levers']['latency']:g}"
    by_option = command_line().get_default(option) if option in ("host", "port") else None
    return str(by_option or getattr(Config(), variable, "")).replace(f"sqlite:///{ROOT}/", "") or None


def test_every_option_and_every_variable_is_listed():
    options = set(re.findall(r"^  --([a-z-]+)", command_line().format_help(), re.MULTILINE))

    assert {option for option, _variable, _text in OPTIONS if option} == options
    assert {variable for _option, variable, _text in OPTIONS if variable} == {field.name for field in fields(Config)}


@pytest.mark.parametrize(("option", "variable", "text"), OPTIONS, ids=lambda part: part[:20])
def test_the_default_of_an_option_is_the_documented_one(client, option, variable, text):
    real = real_default(client, option, variable)

    documented = re.search(r"the default is `(.+?)`", text)
    assert (documented[1] if documented else None) == real


@pytest.mark.parametrize(("option", "variable"), [row[:2] for row in OPTIONS if row[0] not in ("", "version")])
def test_the_help_shows_the_default_of_an_option(client, option, variable):
    shown = re.search(rf"  --{option} .*?[(]default: (.*?)[)]", " ".join(command_line().format_help().split("\n")))

    default = real_default(client, option, variable) or "none"
    described = " ".join(shown[1].split()).removesuffix(" in the clone")
    assert described == (f"SANDBOX_{variable}, else {default}" if variable else default)


def test_every_trait_of_a_pg_is_explained():
    assert first_column("trait") == {trait.name for trait in fields(pgs.Profile)}


def test_every_pg_is_listed():
    assert first_column("`pg`") == {profile.code for profile in pgs.PROFILES}


def test_every_outcome_is_listed():
    assert first_column("outcome") == set(OUTCOMES)


def test_every_setting_of_webhooks_is_listed():
    assert first_column("name") == set(POLICY)


@pytest.mark.parametrize("number", [instrument.number for instrument in INSTRUMENTS if instrument.family == "card"])
def test_every_test_card_is_listed(number):
    assert digits(number)[-4:] in README.partition("## Test cards")[2].partition("## Identity")[0]


def test_every_lever_it_names_exists(app):
    adapter = app.url_map.bind("localhost")
    paths = {path.rstrip("/") for path in re.findall(r"(/control/[a-z/-]+|/healthz)", README)}

    known = {
        path
        for path in paths
        for address in (path, f"{path}/some-id")
        if adapter.test(address, "GET") or adapter.test(address, "POST")
    }

    assert known == paths


ENOUGH = {
    "outcomes": {"outcome": "decline"},
    "faults": {"kind": "error_before_charge"},
    "strictness": {"strict": True},
}
"""Fields that a call requires before it looks up its merchant."""


def test_every_call_documented_with_a_merchant_code_takes_one(client):
    named = set(re.findall(r"`([^`]+)`", " ".join(README.split()).partition("This holds for ")[2].partition(";")[0]))

    answers = {
        lever: client.post(f"/control/{lever}?merchant_code=nobody", json=ENOUGH.get(lever, {})) for lever in named
    }
    answers |= {lever: client.get(answer.request.url) for lever, answer in answers.items() if answer.status_code == 405}

    assert named
    for lever, answer in answers.items():
        assert (answer.status_code, answer.json) == (404, {"error": "no merchant has this code"}), lever


# Snippets -------------------------------------------------------------------------------------------------


@pytest.fixture(params=[DOCUMENTED + "/v1/iamport.js", REAL_ADDRESS], ids=["own address", "real address"])
def script_address(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def documented_shop(sandbox_url: str, script_address: str) -> Iterator[str]:
    """A shop that serves the README's page and generates its ids."""
    page = blocks("html")[0].replace(f"{DOCUMENTED}/v1/iamport.js", script_address).replace(DOCUMENTED, sandbox_url)
    app = Flask("documented")

    @app.get("/")
    def index() -> str:
        return page

    @app.post("/orders")
    def order() -> dict[str, object]:
        ids = {"merchant_uid": token_hex(8), "customer_uid": "card-1"}
        return {**ids, "name": "Coffee", "amount": 9900, "buyer_tel": "010-0000-0000"}

    @app.get("/payments/landing")
    def landing() -> str:
        return json.dumps(request.args)

    with served(app) as url:
        yield url


def run(snippet: str, page: Page, sandbox_url: str, shop_url: str) -> None:
    """Run a Python snippet of the README, then each test that it defines, against this sandbox and shop."""
    here: dict[str, object] = {}
    exec(snippet.replace(DOCUMENTED, sandbox_url).replace(SHOP, shop_url), here)
    for name, test in here.items():
        if name.startswith("test_"):
            test(page)  # type: ignore[operator]


@pytest.mark.e2e
def test_its_browser_tests_pass(page: Page, sandbox_url, documented_shop, script_address):
    drive, from_real_address, read_the_calls = blocks("python")
    if script_address == REAL_ADDRESS:
        run(from_real_address, page, sandbox_url, documented_shop)

    run(read_the_calls, page, sandbox_url, documented_shop)
    run(drive, page, sandbox_url, documented_shop)

    expect(page.locator("body")).to_contain_text("imp_uid")
