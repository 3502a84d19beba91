"""The proof of every guide and variant: the code that the page prints after a run is what was sent.

The panes are read as a reader's machine would: the call as an object, the shell script's body as JSON, and the Flask
file is run against the sandbox.
"""

import json
import re
import sys
import types
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from models import Order
from services import catalog, checkout, guide_runs, run_calls, run_events, run_report
from services.checkout import Source
from services.desk import Desk
from services.run_proof import AGAIN
from tests.contract.conftest import ADDRESS
from tests.factories import NOW, place_order, receive, renew
from tests.unit.test_guides import GUIDES
from tests.views.reading import page_of

RUN = "run_1"
VARIANTS = [
    pytest.param(guide.id, variant.id, id=f"{guide.id}-{variant.id}")
    for guide in GUIDES.values()
    for variant in guide.variants
]
SECRETS = ("authorization", "sandbox_secret", "imp_secret", "access_token")


@pytest.fixture
def config(config):
    """A shop at the sandbox, because the printed server calls the address that the page names."""
    return replace(config, TEST_PAYMENTS=True, IMP_API_URL=ADDRESS)


@pytest.fixture
def live(desk: Desk, sandbox) -> Desk:
    client = sandbox.new_client(listener=run_calls.listener(desk.machine_now))
    return replace(desk, client=client, takes_test_payments=True)


@pytest.fixture
def run(live, sandbox, user):
    """Return a function that runs a guide from its window to a charge with the key, and returns the order."""

    def run(guide_id: str, variant_id: str, *, edits: dict[str, Any] | None = None) -> Order:
        plan = catalog.cheapest(live.guides[guide_id].currencies[0])
        order = place_order(live, user, plan, guide_id, variant_id=variant_id, run_id=RUN)
        request = checkout.request(live, order, language="ko") | (edits or {})
        told = {"merchant_uid": order.merchant_uid, "device": "pc", "facts": request, "now": NOW}
        run_events.report(user=user, run_id=RUN, event="sdk.request_pay", **told)
        imp_uid = sandbox.pay(request)
        for source in (Source.CALLBACK, "webhook"):  # some keys may be charged only after the webhook
            receive(live, source=source, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
        if order.subscription.next_charge_at and not newest_charge(order):
            renew(live, order.subscription, now=order.subscription.next_charge_at)
        return order

    return run


def newest_charge(order: Order) -> Order | None:
    return max((o for o in order.subscription.orders if not o.issues_key), key=lambda o: o.id, default=None)


def pane(html: str, language: str) -> str:
    (found,) = re.findall(rf'<code id="source-{language}"[^>]*>(.*?)</code>', html, re.S)
    return unescape(re.sub(r"<[^>]+>", "", found))


def printed_call(code: str) -> dict[str, Any]:
    """Return the object that the printed call passes to `IMP.request_pay`."""
    literal = code.partition("IMP.request_pay(")[2].rpartition(", callback")[0]
    quoted = re.sub(r"^( *)(\w+): ", r'\1"\2": ', literal, flags=re.M)
    call: dict[str, Any] = json.loads(re.sub(r",(\s*\})", r"\1", quoted))
    return call


def printed_body(code: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(code.partition("<<'JSON'\n")[2].partition("\nJSON\n")[0])
    return body


@pytest.mark.parametrize(("guide_id", "variant_id"), VARIANTS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_printed_requests_are_those_that_were_sent(run, user, shopper, guide_id, variant_id, language):
    order = run(guide_id, variant_id)
    (window,) = run_report.of(guide_runs.orders_of(RUN, user=user))["orders"]

    html = shopper.get(f"/guides/{guide_id}?order={order.merchant_uid}&lang={language}").text

    assert printed_call(pane(html, "javascript")) == window["sent"]
    assert printed_body(pane(html, "bash")) == window["charges"][-1]["request"]


@pytest.mark.parametrize(("guide_id", "variant_id"), VARIANTS)
def test_the_page_states_that_each_request_is_identical(run, shopper, guide_id, variant_id):
    order = run(guide_id, variant_id)

    page = page_of(shopper, f"/guides/{guide_id}?order={order.merchant_uid}&lang=en")

    verdicts = [found["data-verdict"] for found in page.all("p") if "data-verdict" in found]
    assert verdicts == ["same"] * 4, page.text
    rows = [found["data-field"] for found in page.all("tr") if "data-field" in found]
    assert {"merchant_uid", "customer_uid", "path", "response.amount", "response.pg_provider"} <= set(rows)


def test_a_field_that_was_sent_otherwise_is_marked_by_name(run, shopper):
    order = run("inicis", "default", edits={"buyer_name": "Somebody Else", "buyer_addr": "Seoul"})

    page = page_of(shopper, f"/guides/inicis?order={order.merchant_uid}&lang=en")

    assert "Fields that differ from the code: buyer_name, buyer_addr" in page.text
    assert 'different: "Jisoo Kim"' in page.text


def test_code_files_and_proof_hold_no_credential(run, shopper, sandbox):
    order = run("inicis", "default")
    path = f"/guides/inicis?order={order.merchant_uid}&lang=en"

    html = shopper.get(path).text
    proof = html[html.index('id="proof-javascript"') :].partition("run-here")[0]
    files = [shopper.get(f"/guides/runs/{RUN}/export.{kind}").text for kind in ("sh", "har")]

    told = re.sub(r"<code.*?</code>", "", proof, flags=re.S)  # the panes name the variables that hold them
    assert [word for word in SECRETS for text in (told, *files) if word in text.lower()] == []
    for kind in ("sh", "har"):
        assert f'href="/guides/runs/{RUN}/export.{kind}"' in html


@pytest.mark.parametrize(("guide_id", "variant_id"), VARIANTS)
def test_the_flask_file_sends_what_the_shop_sent(
    run, live, sandbox, shopper, monkeypatch, tmp_path, guide_id, variant_id
):
    order = run(guide_id, variant_id)
    html = shopper.get(f"/guides/{guide_id}?order={order.merchant_uid}&lang=en").text
    ours = {call["method"] + call["path"].partition("_")[0]: call for call in calls_of(order)}

    file = PrintedServer(pane(html, "python"), live, sandbox, monkeypatch, tmp_path)
    made = file.subscribe(order)
    imp_uid = sandbox.pay(checkout.request(live, order, language="ko") | made)
    file.come_back(made["merchant_uid"], imp_uid)

    read = next(sent for sent in file.sent if sent.method == "GET")
    assert read.path_url == ours["GET/payments/imp"]["path"].replace(order.imp_uid or "", imp_uid)
    charged = dict(parse_qsl(file.charge(made["merchant_uid"])))
    own = {"merchant_uid": charged["merchant_uid"], "customer_uid": made["customer_uid"]}
    wanted = newest_request(order) | own
    assert charged == {name: str(value) for name, value in wanted.items()}


def calls_of(order: Order) -> list[dict[str, Any]]:
    return [e.facts for e in run_report.entries_of([order]) if e.event == run_calls.EVENT]


def newest_request(order: Order) -> dict[str, Any]:
    charge = newest_charge(order)
    assert charge is not None
    request: dict[str, Any] = next(c["request"] for c in reversed(calls_of(charge)) if c["path"] == AGAIN)
    return request


class PrintedServer:
    """The Flask file of a page, run as its own application. What it sends goes to the sandbox in this process."""

    def __init__(self, code: str, desk: Desk, sandbox: Any, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        public_url = desk.notice_url.removesuffix("/webhooks/iamport")
        secrets = {"IMP_KEY": "sandbox_key", "IMP_SECRET": "sandbox_secret", "SECRET_KEY": "x", "TEST_PAYMENTS": "1"}
        monkeypatch.setenv("SHOP_DB", str(folder / "printed.db"))
        for name, value in {**secrets, "PUBLIC_URL": public_url, "IMP_API_URL": ADDRESS}.items():
            monkeypatch.setenv(name, value)
        self.sent: list[requests.PreparedRequest] = []
        session = requests.Session()
        session.mount(ADDRESS, sandbox.adapter)
        session.hooks["response"].append(lambda answer, **_: self.sent.append(answer.request))
        monkeypatch.setattr(requests, "request", session.request)
        monkeypatch.setattr(requests, "post", session.post)
        self.module = types.ModuleType("printed_shop")
        monkeypatch.setitem(sys.modules, "printed_shop", self.module)
        exec(compile(code, "shop.py", "exec"), self.module.__dict__)
        self.app = self.module.__dict__["app"]

    def subscribe(self, order: Order) -> dict[str, Any]:
        """Let the buyer of `order` order at the file's server. Return the ids, which differ from those of `order`."""
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["member_id"] = "member"
        buyer = {name: getattr(order, name) for name in ("buyer_name", "buyer_email", "buyer_tel")}
        answer = client.post("/orders", json=buyer, environ_base={"REMOTE_ADDR": order.billing_key.issue_ip}).json
        return {name: answer[name] for name in ("merchant_uid", "customer_uid")}

    def come_back(self, merchant_uid: str, imp_uid: str) -> None:
        news = {"merchant_uid": merchant_uid, "imp_uid": imp_uid}
        for path in ("/payments/complete", "/webhooks/iamport"):
            assert self.app.test_client().post(path, json=news).status_code < 400

    def charge(self, merchant_uid: str) -> str:
        """Return the form of the charge of this order's key: the one at its issue, or that of the next period."""
        self.app.test_cli_runner().invoke(args=["charge", merchant_uid, "2099-01"], catch_exceptions=False)
        bodies = [str(sent.body) for sent in self.sent if sent.path_url == AGAIN]
        return bodies[0]
