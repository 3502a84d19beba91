"""What a website that a developer visits can do to the sandbox on the same machine: what the SDK does, and no more."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select

from sandbox.api.envelope import ROOTS
from sandbox.app import create_app
from sandbox.config import THIS_MACHINE, Config
from sandbox.ledger.models import db
from sandbox.reach import READING
from sandbox.webhooks import outgoing
from tests.sandbox.conftest import Api, Payer, on_new_file
from tests.sandbox.merchant import ShopPage, served
from tests.sandbox.shop import request_pay

EVIL = "https://evil.example"
OPEN = (*ROOTS, "/sdk/", "/windows/", "/v1/", "/js/")
"""How the addresses begin that shops, their pages and their payers call."""

FOREIGN = [
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
]
OWN = [{}, {"Origin": "http://localhost"}, {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}]

PARTS = {
    "code": "imp00000000",
    "lever": "reset",
    "imp_uid": "imp_1",
    "merchant_uid": "order-1",
    "customer_uid": "card-1",
    "filename": "icon.svg",
    "status": "all",
    "version": "1.2.0",
}
"""A value of each variable part of an address; any other part is `1`."""

FIELDS: dict[str, dict[str, str]] = {
    "/control/reset": {"everything": "true"},
    "/control/clock": {"advance": "60"},
    "/control/levers": {"latency": "1"},
    "/control/strictness": {"strict": "true"},
    "/control/outcomes": {"outcome": "decline"},
    "/control/faults": {"kind": "error_before_charge"},
    "/control/webhooks": {"copies": "2"},
    "/control/merchants": {"code": "imp_evil", "webhook_url": EVIL},
    "/control/merchants/imp00000000": {"webhook_url": EVIL},
    "/control/naver/orders": {"merchant_uid": "order-2"},
    "/console/imp00000000/merchants": {"code": "imp_evil"},
    "/console/imp00000000/clock": {"until": "2030-01-01T00:00"},
}
"""Address → fields with which a call there changes something."""


@pytest.fixture
def calls(app: Flask) -> list[tuple[str, str, bool]]:
    """Every call that the URL map allows: its method, its address, and whether it is open to every origin."""
    return [
        (
            method,
            re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda part: PARTS.get(part[1], "1"), rule.rule),
            f"{rule.rule}/".startswith(OPEN),
        )
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]


@pytest.fixture
def changes(calls: list[tuple[str, str, bool]]) -> list[tuple[str, str]]:
    """The calls that change something and are not open to every origin."""
    return [(method, path) for method, path, is_open in calls if method not in READING and not is_open]


def everything(app: Flask) -> dict[str, Any]:
    """Return every row of the sandbox."""
    with app.app_context():
        tables = db.metadata.sorted_tables
        return {table.name: [tuple(row) for row in db.session.execute(select(table))] for table in tables}


# Changes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_origin_changes_nothing(app, client, api: Api, changes, headers):
    api.issue()
    client.post("/control/outcomes", data={"outcome": "decline"})
    before = everything(app)

    for method, path in changes:
        refused = client.open(
            path, method=method, data=FIELDS.get(path, {}), headers={**headers, "Accept-Language": "en"}
        )
        assert refused.status_code == 403, (method, path)
        assert "foreign_origin" in refused.text, (method, path)
        assert "Use the console at http://localhost/" in refused.text, (method, path)

    assert everything(app) == before
    assert {"/control/reset", "/control/clock", "/console/imp00000000/pull/reset"} <= {path for _, path in changes}


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_a_page_of_the_sandbox_and_a_program_may_change_it(client: FlaskClient, changes, headers):
    for method, path in changes:
        answer = client.open(path, method=method, data=FIELDS.get(path, {}), headers=headers)
        assert "foreign_origin" not in answer.text, (method, path)

    assert client.post("/control/levers", data={"latency": "0"}, headers=headers).status_code == 200
    assert client.post("/console/imp00000000/pull/clock", data={"advance": "1"}, headers=headers).status_code == 303


def test_the_refusal_is_in_both_languages(client: FlaskClient):
    texts = [
        client.post(f"/control/reset?lang={lang}", headers={"Origin": EVIL}).json["error"] for lang in ("ko", "en")
    ]

    assert texts[0] != texts[1]
    assert all(EVIL in text and "http://localhost/" in text for text in texts)


def test_shops_pages_and_payers_may_call_from_every_origin(client: FlaskClient, calls, payer: Payer):
    payer.client.environ_base["HTTP_ORIGIN"] = EVIL

    for method, path, is_open in calls:
        if is_open:
            assert "foreign_origin" not in client.open(path, method=method, headers={"Origin": EVIL}).text, path
    assert payer.approve(payer.open(merchant_uid="order-1"), "4242-4242-4242-4242").startswith("imp_")
    assert Api(client).issue().code == 0


def test_another_origin_reads_nothing(client: FlaskClient, calls):
    readable = {
        path
        for method, path, is_open in calls
        if not is_open
        and method in READING
        and "Access-Control-Allow-Origin"
        in client.open(path, method=method, headers={"Origin": EVIL, "Access-Control-Request-Method": "PATCH"}).headers
    }

    assert readable == {"/openapi.json"}  # the description, which names no secret but the public one


EMBEDDED = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "empty", "Origin": "http://localhost:3000"},
    {"Sec-Fetch-Dest": "empty", "Origin": EVIL},
]
"""What a browser sends when a page of another origin loads an address into itself."""
BY_LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize("headers", EMBEDDED, ids=str)
def test_another_page_loads_no_lever_and_no_part_of_the_console(app, client, calls, headers):
    before = everything(app)
    private = [(m, path) for m, path, _open in calls if m in READING and path.startswith(("/control/", "/console/"))]

    answers = {(method, path): client.open(path, method=method, headers=headers) for method, path in private}

    assert {answer.status_code for answer in answers.values()} == {403}
    assert all("foreign_origin" in a.text for (method, _path), a in answers.items() if method != "HEAD")
    assert {("GET", "/control/idle"), ("GET", "/control/clock"), ("GET", "/console/imp00000000/levers")} <= set(private)
    assert everything(app) == before


def test_no_lever_waits_for_another_page(client, monkeypatch):
    monkeypatch.setattr("sandbox.control.webhooks.open_deliveries", None)  # a call would fail

    for headers in (*EMBEDDED, BY_LINK):
        assert client.get("/control/idle?wait=60", headers=headers).status_code == 403


def test_a_link_leads_to_the_console_but_not_to_a_lever(client):
    pages = ["/console/imp00000000/levers", "/console/imp00000000/wire", "/docs", "/healthz", "/openapi.json"]

    assert [client.get(path, headers=BY_LINK).status_code for path in pages] == [200] * len(pages)
    assert client.get("/control/levers", headers=BY_LINK).status_code == 403


def test_no_other_reading_call_changes_anything_but_the_log(app, client, calls):
    before = everything(app) | {"wire_entries": []}

    for method, path, _is_open in calls:
        if method in READING and not path.startswith("/control/"):
            client.open(path, method=method, headers=BY_LINK)

    assert everything(app) | {"wire_entries": []} == before


# By way of the sandbox itself -----------------------------------------------------------------------------

TURNED = ["/console/imp00000000/pull/reset", "/console/imp00000000/pull/clock?advance=86400", "/control/reset"]
"""Buttons and levers that a foreign page would like the sandbox to press on itself."""


@pytest.mark.parametrize("path", TURNED)
@pytest.mark.parametrize("name", ["notice_url", "confirm_url"])
def test_the_sandbox_cannot_be_turned_against_itself(app, api, client, payer, settle, path, name):
    with served(app) as url:
        opened = payer.open(merchant_uid="order-1", **{name: url + path})
        payer.approve(opened, "4242-4242-4242-4242")
        settle()

    assert client.get("/control/clock").json["offset"] == 0
    status = api.get(f"/payments/{opened.json['imp_uid']}").response["status"]
    assert status == ("paid" if name == "notice_url" else "failed")


def test_what_the_sandbox_sends_changes_nothing_there(app: Flask, client: FlaskClient, changes):
    before = everything(app)

    for method, path in changes:
        refused = client.open(path, method=method, data=FIELDS.get(path, {}), headers=outgoing.MARK)
        assert refused.status_code == 403, (method, path)

    assert everything(app) == before


# Hosts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "localhost.evil.example", "[::2]:8001", "a_b"])
def test_an_unknown_host_name_is_refused_everywhere(app: Flask, client: FlaskClient, calls, host):
    before = everything(app)

    for method, path, _is_open in calls:
        for lang in ("ko", "en"):
            refused = client.open(
                f"{path}?lang={lang}", method=method, data=FIELDS.get(path, {}), headers={"Host": host}
            )
            assert refused.status_code == 400, (method, path)
            assert method == "HEAD" or "untrusted_host" in refused.text, (method, path)
            assert method == "HEAD" or "--trusted-host" in refused.text, (method, path)

    assert everything(app) == before


@pytest.mark.parametrize("path", ["/", "/control/levers", "/payments/imp_1", "/sdk/payments", "/nowhere"])
def test_the_refusal_of_a_host_name_is_in_both_languages(client: FlaskClient, path):
    korean, english = (
        client.get(path, headers={"Host": "evil.example:80", "Accept-Language": lang}).text for lang in ("ko", "en")
    )

    assert korean != english
    assert "--trusted-host evil.example," in english


@pytest.mark.parametrize("host", [*THIS_MACHINE, "LOCALHOST", "127.0.0.1:8001", "[::1]:8001"])
def test_this_machine_is_always_known(client: FlaskClient, host):
    assert client.get("/control/levers", headers={"Host": host}).status_code == 200
    assert client.post("/control/levers", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize("host", ["sandbox.test", "sandbox.test:8001", "a.shops.test", "192.168.1.5", "[fd00::5]:8001"])
def test_a_trusted_host_is_known(tmp_path_factory, host):
    config = Config(
        DATABASE_URL=on_new_file(tmp_path_factory).DATABASE_URL,
        TRUSTED_HOSTS="Sandbox.test, .shops.test,192.168.1.5,fd00:0::5,",
    )
    client = create_app(config, background=False).test_client()

    assert client.get("/", headers={"Host": host}, follow_redirects=False).status_code in (200, 302)
    assert client.get("/healthz", headers={"Host": "evil.test"}).status_code == 400


@pytest.mark.parametrize("name", ["*", "http://sandbox.test", "sandbox.test:8001", "a_b", "a b", "샌드박스"])
def test_what_is_not_a_host_name_stops_the_start(tmp_path_factory, name):
    config = Config(DATABASE_URL=on_new_file(tmp_path_factory).DATABASE_URL, TRUSTED_HOSTS=f"localhost,{name}")

    with pytest.raises(ValueError, match="SANDBOX_TRUSTED_HOSTS name a host"):
        create_app(config, background=False)


# Links ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/%5Cevil.example/", "/%09/evil.example/", "/%2Fevil.example/", "/a%3Fb%23c", "/가"])
def test_the_language_switch_leads_to_the_same_page(client: FlaskClient, path):
    page = client.get(path).text
    links = re.findall(r'href="([^"]*lang=(?:ko|en))"', page)

    assert len(links) == 2
    assert [urljoin("http://localhost", link.partition("?lang=")[0]) for link in links] == [
        f"http://localhost{quote(path, safe='/%')}"
    ] * 2


# Frames ---------------------------------------------------------------------------------------------------


def test_only_a_window_may_be_framed(client: FlaskClient, calls, payer: Payer):
    pages = {path: client.get(path) for method, path, is_open in calls if method == "GET" and not is_open}
    policies = {
        path: page.headers.get("Content-Security-Policy", "") for path, page in pages.items() if "html" in page.mimetype
    }
    window = urlsplit(payer.open(merchant_uid="order-1").json["window_url"])
    shown = client.get(f"{window.path}?{window.query}")

    assert "/docs" in policies
    assert "/console/imp00000000/levers" in policies
    unguarded = {path for path, policy in policies.items() if "frame-ancestors 'none'" not in policy}
    assert unguarded == set()
    assert shown.status_code == 200
    assert "frame-ancestors" not in shown.headers["Content-Security-Policy"]


# In a browser ---------------------------------------------------------------------------------------------


@pytest.fixture
def evil_url(sandbox_url: str) -> Iterator[str]:
    """A website of another origin that posts to the sandbox, also from a sandboxed frame, and frames the console."""
    app = Flask("evil")
    form = f'<form method="post" action="{sandbox_url}/control/reset"><button>Win a prize</button></form>'

    @app.get("/")
    def index() -> str:
        return form

    @app.get("/null")
    def sandboxed() -> str:
        return f"<iframe title=prize sandbox='allow-forms' srcdoc='{form}'></iframe>"

    @app.get("/opener")
    def opener() -> str:
        return "<title>prize</title>"

    @app.get("/frame")
    def frame() -> str:
        return f'<iframe title="prize" src="{sandbox_url}/console/imp00000000/levers"></iframe>'

    with served(app) as url:
        yield url


@pytest.mark.e2e
def test_a_browser_cannot_be_used_against_the_sandbox(page: Page, evil_url: str):
    page.goto(evil_url)
    page.get_by_role("button", name="Win a prize").click()
    expect(page.locator("body")).to_contain_text("foreign_origin")

    page.goto(f"{evil_url}/null")
    inside = page.frame_locator("iframe")
    inside.get_by_role("button", name="Win a prize").click()
    expect(inside.locator("body")).to_contain_text("foreign_origin")

    with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        page.goto(f"{evil_url}/frame")


@pytest.mark.e2e
def test_a_payment_window_is_none_that_a_foreign_page_has_opened(page: Page, shop_url: str, evil_url: str):
    order = {"init": True, "callback": True, "call": "request_pay", "params": request_pay(pg="payco", popup=True)}
    page.goto(f"{evil_url}/opener")
    with page.expect_popup() as waiting:
        page.evaluate("url => void window.open(url, 'imp-window')", f"{shop_url}/landing")
    with page.expect_popup() as opened:
        page.evaluate("url => void window.open(url)", f"{shop_url}/?{urlencode({'order': json.dumps(order)})}")
    shop = ShopPage(opened.value, shop_url)

    with shop.page.expect_popup() as window:
        shop.subscribe()

    expect(window.value.locator("html[data-ready]")).to_be_attached()
    assert waiting.value.url == f"{shop_url}/landing"
