"""The 42 traps of the guides this shop starts from, each avoided. Each test is named after its trap, `t01` to `t42`.

The tests look at three things: the request that the shop makes (`POST /orders`), the guide page that a person reads,
and the code that the page offers to copy, which runs against a small payment service on this machine.

These tests cannot show:

- that the hosts the old guides link to are gone (T38 shows only that ours link nowhere outside);
- that Paymentwall's merchant id is its project key (T32 shows only that the page says so);
- that CHAI and JTNet have left the market (T39, likewise);
- whether a PG's live console still looks as described.

Where Node is installed it parses the JavaScript; elsewhere the tests only count its brackets. The end-to-end tests run
the shop's own JavaScript.
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import create_app
from models import db
from services import catalog, guides
from tests.factories import make_config
from tests.fakes import FakeIamport
from tests.small_service import SmallService

ROOT = Path(__file__).parents[1]
FACTS = guides.load(ROOT / "guides")
GUIDES = ("inicis", "jtnet", "chai", "paymentwall")
REQUESTS = [
    ("inicis", ""),
    ("jtnet", "2-2"),
    ("jtnet", "2-1"),
    ("chai", ""),
    ("paymentwall", ""),
    ("paymentwall", "terminal3"),
]
CHARGED_AT_ISSUE = [("jtnet", "2-2"), ("paymentwall", "")]
CHARGED_AFTERWARDS = [("inicis", ""), ("jtnet", "2-1"), ("chai", "")]
BUYER = {"buyer_name": "Haneul Kim", "buyer_email": "haneul@example.com", "buyer_tel": "010-1234-5678"}

every_guide = pytest.mark.parametrize("guide_id", GUIDES)
every_request = pytest.mark.parametrize(("guide_id", "variant"), REQUESTS)
both_languages = pytest.mark.parametrize("language", ["ko", "en"])


# What the tests look at -----------------------------------------------------------------------------------------


@pytest.fixture
def ordered(with_retired_pgs, shopper) -> Callable[..., dict[str, Any]]:
    """Return a function that orders and returns the parameters of `IMP.request_pay` that the browser receives."""

    def order(guide_id: str, variant: str = "") -> dict[str, Any]:
        plan = "global-monthly" if guide_id == "paymentwall" else "trial-monthly"
        answer = shopper.post("/orders", json={"plan": plan, "guide": guide_id, "variant": variant, **BUYER})
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json()["request"])

    return order


@pytest.fixture(scope="module")
def guide_page(tmp_path_factory) -> Callable[..., str]:
    """Return a function that gets the HTML of a guide page. All tests share the pages, because none changes them."""
    config = make_config(tmp_path_factory.mktemp("pages") / "shop.db")
    app = create_app(config, FakeIamport())  # type: ignore[arg-type]  # the fake has the same methods
    with app.app_context():
        db.create_all()
        catalog.seed()

    @cache
    def html(guide_id: str, language: str = "en", variant: str = "") -> str:
        answer = app.test_client().get(f"/guides/{guide_id}?lang={language}&variant={variant}")
        assert answer.status_code == 200
        return str(answer.text)

    return html


@pytest.fixture
def read(guide_page) -> Callable[..., str]:
    """Return a function that gets a guide page as a person reads it: without tags, and without the code."""

    def text(guide_id: str, language: str = "en") -> str:
        without_code = re.sub(r"<(pre|script).*?</\1>", "", guide_page(guide_id, language), flags=re.S)
        without_code = re.sub(r"</?code>", "", without_code)  # names inside sentences are set in code type
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", without_code)).split())

    return text


@pytest.fixture
def code(guide_page) -> Callable[..., str]:
    """Return a function that gets the `html`, `python` or `bash` pane of a guide page, as the copy button copies it."""

    def pane(name: str, guide_id: str, variant: str = "", language: str = "en") -> str:
        (source,) = re.findall(
            rf'<code id="source-{name}"[^>]*>(.*?)</code>', guide_page(guide_id, language, variant), re.S
        )
        return unescape(re.sub(r"<[^>]+>", "", source))

    return pane


@pytest.fixture
def service():
    return SmallService()


@pytest.fixture
def copied(code, service, tmp_path, monkeypatch):
    """Return a function that starts the shop copied from the Flask pane: its module, signed-in browser and service."""
    with service.running() as address:
        environment = {"IMP_API_URL": address, "IMP_KEY": "key", "IMP_SECRET": "secret", "SECRET_KEY": "s" * 16}
        for name, value in (environment | {"PUBLIC_URL": "http://copy.test", "SHOP_DB": f"{tmp_path}/copy.db"}).items():
            monkeypatch.setenv(name, value)

        def start(guide_id: str, variant: str = "", language: str = "en") -> SimpleNamespace:
            (tmp_path / "shop.py").write_text(code("python", guide_id, variant, language), encoding="utf-8")
            (tmp_path / "subscribe.html").write_text(code("html", guide_id, variant, language), encoding="utf-8")
            spec = importlib.util.spec_from_file_location("copied_shop", tmp_path / "shop.py")
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            monkeypatch.setitem(sys.modules, "copied_shop", module)  # where Flask looks for the module's folder
            spec.loader.exec_module(module)
            browser = module.app.test_client()
            with browser.get("/") as page:
                assert page.status_code == 200
            return SimpleNamespace(module=module, browser=browser, service=service)

        yield start


def place(shop: SimpleNamespace, **changes: str) -> dict[str, Any]:
    answer = shop.browser.post("/orders", json={**BUYER, **changes})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def come_back(shop: SimpleNamespace, order: dict[str, Any], imp_uid: str | None) -> dict[str, Any]:
    """Return to the shop by the callback, and return what its result page then reports."""
    shop.browser.post("/payments/complete", json={"merchant_uid": order["merchant_uid"], "imp_uid": imp_uid})
    return dict(shop.browser.get(f"/orders/{order['merchant_uid']}").get_json())


def bought(shop: SimpleNamespace, **changes: Any) -> dict[str, Any]:
    """Return an order whose window was finished and whose webhook has arrived."""
    order = place(shop)
    imp_uid = shop.service.finish(order, **changes)
    come_back(shop, order, imp_uid)
    shop.browser.post("/webhooks/iamport", json={"merchant_uid": order["merchant_uid"], "imp_uid": imp_uid})
    return order


def charge_period(shop: SimpleNamespace, order: dict[str, Any], period: str = "2036-12") -> Any:
    return shop.module.app.test_cli_runner().invoke(args=["charge", order["merchant_uid"], period])


PAID = {"code": 0, "response": {"access_token": "the-token", "status": "paid"}}
"""What the stand-in for curl prints: the answers of both calls in one."""


def run_curl_pane(script: str, folder: Path, *, answer: dict[str, Any] = PAID, exits: int = 0) -> list[dict[str, Any]]:
    """Return the calls the script makes: a stand-in for curl records its arguments and its input."""
    stand_in = (
        f"#!{sys.executable}\nimport json, sys\n"
        "calls = open('calls', 'a'); args = sys.argv[1:]\n"
        "body = sys.stdin.read() if '@-' in args else ''\n"
        "calls.write(json.dumps({'args': args, 'body': body}) + '\\n')\n"
        f"print(json.dumps({answer}))\n"
    )
    (folder / "curl").write_text(stand_in)
    (folder / "curl").chmod(0o755)
    (folder / "python3").symlink_to(sys.executable)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "IMP_KEY": "key", "IMP_SECRET": "s3cret&more"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, timeout=30)
    assert done.returncode == exits, done.stderr.decode()
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


# Security and money ---------------------------------------------------------------------------------------------


@every_guide
def test_t01_curl_sends_the_token_it_was_given(code, tmp_path, guide_id):
    token, again = run_curl_pane(code("bash", guide_id), tmp_path)

    # The address that this shop itself uses, so that code copied from a demonstration stays in the sandbox.
    assert "http://you-forgot-to-mock-an-api-call-to/users/getToken" in token["args"]
    assert "http://you-forgot-to-mock-an-api-call-to/subscribe/payments/again" in again["args"]
    assert "Authorization: Bearer the-token" in again["args"]


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 1, "message": "등록되지 않은 구매자입니다.", "response": {"access_token": "the-token"}},
        {"code": 0, "response": {"access_token": "the-token", "status": "failed", "fail_reason": "no money"}},
    ],
)
def test_t28_curl_ends_with_an_error_when_nothing_was_charged(code, tmp_path, answer):
    script = code("bash", "inicis")

    run_curl_pane(script, tmp_path, answer=answer, exits=1)

    assert "등록되지 않은 구매자입니다." in script


@every_guide
def test_t01_no_secret_stands_in_what_the_browser_gets(code, guide_id):
    assert not re.search(r"imp_key|imp_secret|Authorization|api\.iamport\.kr", code("html", guide_id), re.I)


@both_languages
@every_request
def test_t02_the_curl_sample_is_one_command_with_its_body(code, tmp_path, guide_id, variant, language):
    script = code("bash", guide_id, variant, language)

    _, again = run_curl_pane(script, tmp_path)

    assert not re.search(r"[ \t]$", script, re.M)
    assert set(json.loads(again["body"])) >= {"customer_uid", "merchant_uid", "amount", "name"}


FORGERIES = [
    {"status": "ready"},
    {"status": "failed"},
    {"amount": 1},
    {"currency": "JPY"},
    {"merchant_uid": "order_of_somebody_else"},
    {"customer_uid": "key_of_somebody_else"},
    {"customer_uid_usage": None},
    {"pg_provider": "danal"},
    {"sandbox": True},
]


@pytest.mark.parametrize(
    "forged", FORGERIES, ids=lambda forged: next(iter(forged)) + "-" + str(next(iter(forged.values())))
)
@pytest.mark.parametrize("guide_id", ["inicis", "paymentwall"])
def test_t03_a_record_that_is_not_our_order_grants_nothing(copied, guide_id, forged):
    shop = copied(guide_id)
    order = place(shop)

    result = come_back(shop, order, shop.service.finish(order, **forged))

    assert result["status"] != "paid"
    assert shop.service.charges == []


def test_t03_a_payment_to_another_account_at_the_same_pg_grants_nothing(copied):
    shop = copied("inicis")
    order = place(shop)

    assert come_back(shop, order, shop.service.finish(order, pg_id="INIanother"))["status"] == "mismatch"


def test_t03_a_test_payment_counts_where_the_environment_says_so(copied, monkeypatch):
    monkeypatch.setenv("TEST_PAYMENTS", "1")
    shop = copied("inicis")
    order = place(shop)

    assert come_back(shop, order, shop.service.finish(order, sandbox=True))["status"] == "paid"


@every_request
def test_t03_a_verified_record_is_accepted_from_every_source(copied, guide_id, variant):
    shop = copied(guide_id, variant)
    order = place(shop)
    news = {"merchant_uid": order["merchant_uid"], "imp_uid": shop.service.finish(order)}

    landing = shop.browser.get("/payments/landing", query_string=news)
    shop.browser.post("/webhooks/iamport", data=news)

    assert landing.location == f"/orders/{order['merchant_uid']}"
    assert come_back(shop, order, news["imp_uid"])["status"] == "paid"


def test_t03_an_imp_uid_that_does_not_exist_grants_nothing(copied):
    shop = copied("inicis")
    order = place(shop)

    assert come_back(shop, order, "imp_forged")["status"] == "ready"


@every_guide
def test_t21_an_issue_that_charges_is_payment_number_one(copied, read, guide_id):
    shop = copied(guide_id)
    bought(shop)

    expected = 0 if (guide_id, "2-2" if guide_id == "jtnet" else "") in CHARGED_AT_ISSUE else 1
    assert len(shop.service.charges) == expected
    assert "The payment in the window is the first payment." in read("paymentwall")


@pytest.mark.parametrize(("guide_id", "variant"), CHARGED_AFTERWARDS)
def test_t22_an_issue_that_charges_nothing_is_called_a_registration_and_followed_by_one_charge(
    copied, ordered, guide_id, variant
):
    shop = copied(guide_id, variant)
    order = bought(shop)

    (charge,) = shop.service.charges
    assert charge["merchant_uid"] != order["merchant_uid"]
    assert "registration" in order["order_name"]
    assert re.search("등록|registration", ordered(guide_id, variant)["name"])


@pytest.mark.parametrize("guide_id", ["inicis", "chai"])
def test_t23_the_window_shows_the_price_that_is_charged_next(copied, ordered, guide_id):
    shop = copied(guide_id)

    order = bought(shop)

    assert order["amount"] == float(shop.service.charges[0]["amount"]) > 0
    assert ordered(guide_id)["amount"] > 0


def test_t25_a_declined_charge_at_issue_leaves_no_key_and_its_number_is_not_used_again(copied):
    shop = copied("jtnet", "2-2")
    order = place(shop)

    declined = come_back(shop, order, shop.service.finish(order, status="failed", fail_reason="no money"))

    assert declined == {"status": "failed", "reason": "no money"}
    assert charge_period(shop, order).exit_code != 0
    assert place(shop)["merchant_uid"] != order["merchant_uid"]


@pytest.mark.parametrize(("guide_id", "variant"), CHARGED_AT_ISSUE)
def test_t26_an_amount_that_is_charged_is_registered_before_and_compared_after(
    copied, payments, ordered, guide_id, variant
):
    shop = copied(guide_id, variant)
    order = place(shop)
    forged = shop.service.finish(order, amount=1)

    result = come_back(shop, order, forged)

    assert float(shop.service.prepared[order["merchant_uid"]]["amount"]) == order["amount"]
    assert result["status"] == "mismatch"
    assert shop.service.cancelled == [forged]
    assert ordered(guide_id, variant)["merchant_uid"] in payments.amounts


@pytest.mark.parametrize(("guide_id", "variant"), CHARGED_AT_ISSUE)
@pytest.mark.parametrize("source", ["callback", "webhook", "reconcile"])
def test_t26_a_refund_that_failed_is_made_by_the_next_source(copied, guide_id, variant, source):
    shop = copied(guide_id, variant)
    order = place(shop)
    forged = shop.service.finish(order, amount=1)
    shop.service.is_down_for = "/payments/cancel"
    assert come_back(shop, order, forged)["status"] == "to_refund"
    shop.service.is_down_for = ""

    if source == "reconcile":
        shop.module.app.test_cli_runner().invoke(args=["reconcile"])
    else:
        path = {"callback": "/payments/complete", "webhook": "/webhooks/iamport"}[source]
        shop.browser.post(path, json={"merchant_uid": order["merchant_uid"], "imp_uid": "imp_of_another_window"})

    assert shop.service.cancelled == [forged]
    assert come_back(shop, order, forged)["status"] == "mismatch"
    assert shop.service.cancelled == [forged]


@pytest.mark.parametrize(("guide_id", "variant"), CHARGED_AT_ISSUE)
def test_t26_a_refund_whose_answer_was_lost_is_not_made_twice(copied, guide_id, variant):
    shop = copied(guide_id, variant)
    order = place(shop)
    forged = shop.service.finish(order, amount=1)
    shop.service.is_down_for = "/payments/cancel"
    come_back(shop, order, forged)
    shop.service.is_down_for = ""
    shop.service.records[forged] |= {"status": "cancelled", "cancel_amount": 1}

    assert come_back(shop, order, forged)["status"] == "mismatch"
    assert shop.service.cancelled == []


@pytest.mark.parametrize(
    ("guide_id", "forged", "refunded"),
    [
        ("inicis", {"amount": 1}, False),
        ("inicis", {"amount": 1, "customer_uid_usage": None}, True),
        ("jtnet", {"pg_provider": "html5_inicis"}, False),
        ("paymentwall", {"pg_provider": "html5_inicis"}, False),
        ("paymentwall", {"currency": "KRW"}, True),
    ],
)
def test_t26_only_what_was_really_charged_is_refunded(copied, guide_id, forged, refunded):
    shop = copied(guide_id)
    order = place(shop)
    imp_uid = shop.service.finish(order, **forged)

    assert come_back(shop, order, imp_uid)["status"] == "mismatch"
    assert shop.service.cancelled == ([imp_uid] if refunded else [])


# Contradictions -------------------------------------------------------------------------------------------------


@both_languages
@pytest.mark.parametrize("guide_id", ["paymentwall", "inicis"])
def test_t08_t09_pc_calls_back_and_a_phone_redirects_with_both_readings_shown(read, guide_id, language):
    guide = FACTS[guide_id]

    adopted, refused = guide.parameter("m_redirect_url").readings

    assert guide.result == {"pc": "callback", "mobile": "redirect"}
    assert adopted["says"][language] in read(guide_id, language)
    assert refused["says"][language] in read(guide_id, language)


@pytest.mark.parametrize("guide_id", ["paymentwall", "inicis"])
def test_t09_callback_and_landing_may_both_come(copied, guide_id):
    shop = copied(guide_id)
    order = place(shop)
    news = {"merchant_uid": order["merchant_uid"], "imp_uid": shop.service.finish(order)}

    for _ in range(2):
        come_back(shop, order, news["imp_uid"])
        shop.browser.get("/payments/landing", query_string=news)

    assert len(shop.service.charges) == (0 if guide_id == "paymentwall" else 1)


def test_t17_a_charge_carries_the_email_of_the_issue(copied, code):
    shop = copied("paymentwall")
    order = bought(shop)

    charge_period(shop, order)

    assert shop.service.charges[0]["buyer_email"] == BUYER["buyer_email"]
    assert "buyer_email" in FACTS["paymentwall"].again_fields
    assert '"buyer_email": "haneul@example.com"' in code("bash", "paymentwall")


# Broken or misspelt ---------------------------------------------------------------------------------------------


@both_languages
@every_guide
def test_t14_t15_nothing_is_misspelt_the_way_the_guides_were(guide_page, guide_id, language):
    html = guide_page(guide_id, language)

    assert not re.search("buyer_adrr|Defualt|INCIS", html)
    assert "buyer_addr" in html


@every_request
def test_t24_an_amount_is_a_number_and_an_id_a_string(ordered, copied, guide_id, variant):
    for request in (ordered(guide_id, variant), place(copied(guide_id, variant))):
        assert isinstance(request["amount"], int | float)
        assert isinstance(request["merchant_uid"], str)


def test_t24_the_zero_of_a_key_only_issue_is_a_number(ordered):
    assert ordered("jtnet", "2-1")["amount"] == 0


@both_languages
@every_guide
def test_t38_a_page_links_outside_only_to_sources_and_in_a_new_tab(guide_page, guide_id, language):
    html = guide_page(guide_id, language)

    links = re.findall(r'<a [^>]*href="(?:https?:)?//[^>]*>', html)
    maintained = [link.url for link in FACTS[guide_id].links.values() if not link.history]
    assert {unescape(re.search(r'href="([^"]*)', link)[1]) for link in links} == set(maintained)
    assert all('target="_blank" rel="external noopener"' in link for link in links)


# Missing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["2-1", "2-2"])
def test_t10_both_requests_of_jtnet_say_where_to_return(ordered, code, variant):
    assert ordered("jtnet", variant)["m_redirect_url"] == "http://shop.test/payments/landing"
    assert "m_redirect_url: order.redirect_url" in code("html", "jtnet", variant)


@every_request
def test_t11_every_request_names_its_pg(ordered, code, guide_id, variant):
    assert ordered(guide_id, variant)["pg"] == FACTS[guide_id].pg
    assert f'...order.channel, // {{"pg": "{FACTS[guide_id].pg}"}}' in code("html", guide_id, variant)


@both_languages
@every_guide
def test_t12_the_landing_page_and_its_query_are_described(read, guide_id, language):
    text = read(guide_id, language)

    assert all(name in text for name in ("imp_uid", "merchant_uid", "error_code", "error_msg", "imp_success"))


@pytest.mark.parametrize("imp_success", ["true", "false"])
def test_t12_the_landing_page_asks_the_server_whatever_its_query_claims(copied, imp_success):
    shop = copied("chai")
    order = place(shop)
    imp_uid = shop.service.finish(order, status="failed" if imp_success == "true" else "paid")

    claim = {"imp_uid": imp_uid, "merchant_uid": order["merchant_uid"], "imp_success": imp_success}
    shop.browser.get("/payments/landing", query_string=claim)

    result = shop.browser.get(f"/orders/{order['merchant_uid']}").get_json()
    assert result["status"] == ("failed" if imp_success == "true" else "paid")


def test_t13_chai_comes_back_by_redirect_on_every_device(code):
    guide = FACTS["chai"]

    assert guide.result == {"pc": "redirect", "mobile": "redirect"}
    assert guide.parameter("m_redirect_url").required == "always"
    assert "leaves the page on every device" in code("html", "chai")


def test_t18_a_charge_names_the_currency_of_the_issue(copied, code):
    shop = copied("paymentwall")
    order = bought(shop)

    charge_period(shop, order)

    assert shop.service.charges[0]["currency"] == order["currency"] == "USD"
    assert '"currency": "USD"' in code("bash", "paymentwall")


@every_guide
def test_t19_every_charge_has_a_name(copied, code, guide_id):
    shop = copied(guide_id)
    order = bought(shop)

    charge_period(shop, order)

    assert all(charge["name"] for charge in shop.service.charges)
    assert "name" in FACTS[guide_id].again_fields
    assert '"name": ' in code("bash", guide_id)


def test_t20_a_charge_carries_the_address_the_buyer_came_from(copied, code):
    shop = copied("paymentwall")
    order = bought(shop)

    charge_period(shop, order)

    assert shop.service.charges[0]["browser_ip"] == "127.0.0.1"
    assert '"browser_ip": ' in code("bash", "paymentwall")


def test_t27_a_key_is_charged_only_after_the_webhook_of_its_issue(copied):
    shop = copied("paymentwall")
    order = place(shop)
    imp_uid = shop.service.finish(order)
    come_back(shop, order, imp_uid)

    before = charge_period(shop, order)
    shop.browser.post("/webhooks/iamport", json={"merchant_uid": order["merchant_uid"], "imp_uid": imp_uid})
    after = charge_period(shop, order)

    assert "webhook" in before.output
    assert after.exit_code == 0
    assert len(shop.service.charges) == 1


def test_t27_a_payment_that_failed_may_be_approved_later(copied):
    shop = copied("paymentwall")
    order = place(shop)
    imp_uid = shop.service.finish(order, status="failed")
    assert come_back(shop, order, imp_uid)["status"] == "failed"

    shop.service.records[imp_uid]["status"] = "paid"

    assert come_back(shop, order, imp_uid)["status"] == "paid"


def test_t28_code_zero_with_status_failed_is_a_decline(copied):
    shop = copied("inicis")
    shop.service.declines = True

    order = bought(shop)

    charge = shop.module.one("SELECT * FROM orders WHERE purpose = 'payment'")
    assert (charge["status"], charge["reason"]) == ("failed", "no money")
    assert charge["merchant_uid"] != order["merchant_uid"]


@both_languages
@every_guide
def test_t28_t29_the_answer_webhook_schedule_refund_and_deletion_have_their_chapters(guide_page, guide_id, language):
    html = guide_page(guide_id, language)

    for chapter in ("answer", "webhook", "schedule", "cancel", "delete-key"):
        assert f' id="{chapter}">' in html
    assert "/payments/find/{merchant_uid}/paid" in html


@both_languages
def test_t34_one_customer_uid_stands_for_one_chai_account(read, language):
    parameter = FACTS["chai"].parameter("customer_uid")

    assert parameter.required == "always"
    assert {"ko": "계좌 하나에 하나", "en": "each CHAI account"}[language] in parameter.meaning[language]
    assert parameter.meaning[language] in read("chai", language)


@both_languages
@every_request
def test_t35_the_browser_page_is_complete(code, tmp_path, guide_id, variant, language):
    html = code("html", guide_id, variant, language)

    assert html.count('/v1/iamport.js"></script>') == 1
    assert html.count("IMP.init(") == html.count("IMP.request_pay(") == 1
    assert 'addEventListener("submit"' in html
    parse_javascript(re.findall(r"<script>(.*?)</script>", html, re.S), tmp_path)


def parse_javascript(scripts: list[str], folder: Path) -> None:
    (script,) = scripts
    assert all(script.count(left) == script.count(right) for left, right in ("()", "{}", "[]"))
    if node := shutil.which("node"):
        (folder / "page.mjs").write_text(script, encoding="utf-8")
        subprocess.run([node, "--check", "page.mjs"], cwd=folder, check=True)


@both_languages
def test_t36_every_field_of_the_samples_has_its_row(guide_page, language):
    html = guide_page("paymentwall", language).partition('id="reference"')[2]

    needed = {"ko": {"필수", "모바일 필수", "선택"}, "en": {"Required", "Required on phones", "Optional"}}[language]
    for name in ("currency", "language", "buyer_email", "bypass.widget_code", "m_redirect_url"):
        row = re.search(rf'<th scope="row"><code>{re.escape(name)}</code>.*?</tr>', html, re.S)
        assert row
        assert needed & set(re.findall(r'<span class="badge[^>]*>(.*?)</span>', row.group()))


@both_languages
def test_t36_the_window_of_paymentwall_opens_in_the_language_of_its_documents(ordered, code, language):
    assert ordered("paymentwall")["language"] == "en"
    assert 'language: "en",' in code("html", "paymentwall", language=language)


@both_languages
@every_request
def test_t36_the_copied_page_sends_each_value_that_its_server_returns(copied, code, guide_id, variant, language):
    returned = place(copied(guide_id, variant, language))

    assert set(re.findall(r"order\.(\w+)", code("html", guide_id, variant, language))) == set(returned)


# Unsafe sample values -------------------------------------------------------------------------------------------


@every_request
def test_t05_every_attempt_has_a_fresh_merchant_uid(ordered, copied, code, guide_id, variant):
    shop = copied(guide_id, variant)
    uids = [ordered(guide_id, variant)["merchant_uid"] for _ in range(2)]
    uids += [place(shop)["merchant_uid"] for _ in range(2)]

    assert len(set(uids)) == 4
    assert all(len(uid) <= 40 for uid in uids)
    assert "merchant_uid: order.merchant_uid" in code("html", guide_id, variant)


@every_guide
def test_t06_one_period_is_charged_once_however_often_it_is_asked_for(copied, guide_id):
    shop = copied(guide_id)
    order = bought(shop)

    for period in ("2036-12", "2036-12", "2037-01"):
        charge_period(shop, order, period)

    paid = [record for record in shop.service.records.values() if record["customer_uid_usage"] == "payment"]
    periods = [record["merchant_uid"] for record in paid if "-203" in record["merchant_uid"]]
    assert periods == [f"{order['merchant_uid']}-2036-12", f"{order['merchant_uid']}-2037-01"]
    assert all(len(uid) <= 40 for uid in periods)


@every_guide
def test_t06_the_period_of_the_first_payment_is_not_charged_again(copied, guide_id):
    shop = copied(guide_id)
    order = bought(shop)
    before = len(shop.service.charges)

    again = charge_period(shop, order, shop.module.due_period(shop.module.today().day))

    assert (again.exit_code, len(shop.service.charges)) == (1, before)


@pytest.mark.parametrize("guide_id", ["inicis", "paymentwall"])
def test_t06_a_charge_the_pg_has_not_decided_about_is_waited_for(copied, guide_id):
    shop = copied(guide_id)
    order = bought(shop)
    before = len(shop.service.charges)
    shop.service.charged_as = {"status": "ready"}

    outputs = [charge_period(shop, order).output for _ in range(2)]
    pending = list(shop.service.records.values())[-1]
    pending["status"] = "paid"  # and its webhook is lost
    shop.module.app.test_cli_runner().invoke(args=["reconcile"])

    assert (outputs, len(shop.service.charges) - before) == (["ready\n", "ready\n"], 1)
    assert charge_period(shop, order).exit_code == 1
    assert "This period is already paid" in charge_period(shop, order).output


def test_t06_a_decline_that_the_pg_approves_late_is_found_without_a_webhook(copied):
    shop = copied("inicis")
    order = bought(shop)
    shop.service.declines = True
    assert charge_period(shop, order).output == "failed\n"
    list(shop.service.records.values())[-1]["status"] = "paid"
    charges = len(shop.service.charges)

    assert charge_period(shop, order).output == "paid\n"

    assert len(shop.service.charges) == charges


def charge_due(shop: SimpleNamespace, day: str) -> Any:
    """Run the daily job on a day, such as 2037-02-28."""
    shop.module.today = lambda: date.fromisoformat(day)
    return shop.module.app.test_cli_runner().invoke(args=["charge-due"])


def periods_of(shop: SimpleNamespace) -> list[str]:
    """Return the periods that were charged, declined ones included."""
    return [charge["merchant_uid"].partition("-")[2] for charge in shop.service.charges]


def bought_on(shop: SimpleNamespace, day: str) -> dict[str, Any]:
    shop.module.today = lambda: date.fromisoformat(day)
    order = bought(shop)
    shop.service.charges.clear()
    return order


@every_request
def test_t06_the_daily_job_charges_what_is_due_and_nothing_twice(copied, guide_id, variant):
    shop = copied(guide_id, variant)
    order = bought_on(shop, "2037-01-31")

    outputs = [charge_due(shop, day).output for day in ("2037-02-27", "2037-02-28", "2037-02-28", "2037-03-30")]

    assert outputs == ["", f"{order['merchant_uid']} 2037-02 paid\n", "", ""]
    assert periods_of(shop) == ["2037-02"]


@pytest.mark.parametrize("guide_id", ["inicis", "paymentwall"])
def test_t06_a_day_on_which_the_job_did_not_run_is_made_up_for(copied, guide_id):
    shop = copied(guide_id)
    bought_on(shop, "2037-01-31")

    charge_due(shop, "2037-03-02")
    charge_due(shop, "2037-03-31")

    assert periods_of(shop) == ["2037-02", "2037-03"]


def test_t06_the_daily_job_tries_a_declined_period_again_for_a_week(copied):
    shop = copied("inicis")
    bought_on(shop, "2037-01-10")
    shop.service.declines = True

    outputs = [charge_due(shop, day).output.split()[-1] for day in ("2037-02-10", "2037-02-11")]
    shop.module.change("UPDATE orders SET created_at = datetime('now', '-8 days') WHERE period = '2037-02'")

    assert outputs == ["failed", "failed"]
    assert charge_due(shop, "2037-02-18").output == ""


def test_t06_the_daily_job_looks_up_a_charge_without_a_response(copied):
    shop = copied("inicis")
    bought_on(shop, "2037-01-10")
    shop.service.is_down_for = "/subscribe/payments/again"
    first = charge_due(shop, "2037-02-10")
    shop.service.is_down_for = ""

    second = charge_due(shop, "2037-02-10")

    assert (first.exit_code, "unknown" in first.output) == (1, True)
    assert (second.exit_code, second.output.split()[-1]) == (0, "paid")
    assert periods_of(shop) == ["2037-02"]


def test_t06_a_charge_that_another_process_makes_is_left_to_it(copied):
    shop = copied("inicis")
    order = bought_on(shop, "2037-01-10")
    inner: list[str] = []
    again = shop.module.again

    def overtaken(issue, merchant_uid):
        inner.append(charge_due(shop, "2037-02-10").output.split()[2])
        return again(issue, merchant_uid)

    shop.module.again = overtaken
    outer = charge_due(shop, "2037-02-10")

    assert (inner, outer.output.split()[-1]) == (["ready"], "paid")
    assert len(shop.service.charges) == 1
    assert charge_period(shop, order, "2037-02").exit_code == 1


@every_guide
def test_an_ended_subscription_is_not_charged_and_its_key_is_deleted(copied, guide_id):
    shop = copied(guide_id)
    order = bought_on(shop, "2037-01-10")
    shop.service.is_down_for = f"/subscribe/customers/{order['customer_uid']}"

    answers = [shop.browser.post(f"/orders/{order['merchant_uid']}/end").status_code for _ in range(2)]

    assert answers == [204, 404]
    assert charge_due(shop, "2037-02-10").output == ""
    assert shop.service.deleted == []
    shop.service.is_down_for = ""
    shop.module.app.test_cli_runner().invoke(args=["reconcile"])
    assert shop.service.deleted == [order["customer_uid"]]
    assert shop.browser.get(f"/orders/{order['merchant_uid']}").get_json()["status"] == "ended"


def test_only_the_buyer_ends_a_subscription(copied):
    shop = copied("inicis")
    order = bought(shop)

    assert shop.module.app.test_client().post(f"/orders/{order['merchant_uid']}/end").status_code == 404
    assert charge_due(shop, "2037-02-10").output.split()[-1] == "paid"


@pytest.mark.parametrize("strange", [{"sandbox": True}, {"pg_provider": "danal"}, {"customer_uid_usage": "issue"}])
def test_t03_a_charge_whose_record_is_not_what_was_asked_for_pays_for_nothing(copied, strange):
    shop = copied("inicis")
    order = bought(shop)
    shop.service.charged_as = strange

    assert charge_period(shop, order).output == "mismatch\n"


def test_t03_a_charge_that_was_refunded_is_not_paid(copied):
    shop = copied("inicis")
    order = bought(shop)
    shop.service.charged_as = {"sandbox": True}
    charge_period(shop, order)
    refunded = list(shop.service.records.values())[-1]
    assert shop.service.cancelled == [refunded["imp_uid"]]

    refunded |= {"status": "paid", "sandbox": False}
    news = {"merchant_uid": refunded["merchant_uid"], "imp_uid": refunded["imp_uid"]}
    shop.browser.post("/webhooks/iamport", json=news)

    assert charge_period(shop, order).output == "mismatch\n"


@every_request
def test_t07_a_customer_uid_cannot_be_guessed_and_is_never_shared(ordered, copied, guide_id, variant):
    shop = copied(guide_id, variant)
    uids = [ordered(guide_id, variant)["customer_uid"] for _ in range(2)]
    uids += [place(shop)["customer_uid"] for _ in range(2)]

    assert len(set(uids)) == 4
    assert all(re.search("[0-9a-f]{20}", uid) for uid in uids)
    assert not any("haneul" in uid.lower() for uid in uids)


@every_guide
def test_t31_the_channel_comes_from_the_environment_and_the_test_one_is_labelled(code, copied, monkeypatch, guide_id):
    monkeypatch.setenv("PG_CHANNEL", "contracted.MID")

    assert place(copied(guide_id))["channel"] == {"pg": "contracted.MID"}
    assert re.search(r'CHANNEL = os\.environ\.get\("PG_CHANNEL".*# test channel', code("python", guide_id))


@both_languages
@every_guide
def test_t41_sample_people_live_at_example_addresses_with_five_digit_postcodes(guide_page, guide_id, language):
    html = unescape(guide_page(guide_id, language))
    postcodes = [p.example for p in FACTS[guide_id].parameters if p.name == "buyer_postcode"]

    assert set(re.findall(r"[\w.]+@([\w.-]+)", html)) == {"example.com"}
    assert all(re.fullmatch(r"\d{5}", postcode) for postcode in postcodes)
    assert "123-456" not in html


# Obsolete, mismatched, unclear ----------------------------------------------------------------------------------


@every_request
def test_t04_no_code_branches_on_the_success_flag(code, guide_id, variant):
    ours = [path.read_text(encoding="utf-8") for path in (ROOT / "static" / "js").rglob("*.js")]

    assert ours
    for source in (code("html", guide_id, variant), code("python", guide_id, variant), *ours):
        statements = re.sub(r"(?://|#).*", "", re.sub(r"/\*.*?\*/|\"{3}.*?\"{3}", "", source, flags=re.S))
        assert not re.search(r"\.success\b|imp_success|\bif\b.*\bsuccess\b", statements)


def test_t04_a_result_without_any_flag_is_settled_by_the_record(copied):
    shop = copied("inicis")
    order = place(shop)

    assert come_back(shop, order, shop.service.finish(order))["status"] == "paid"


def test_t16_the_default_window_sends_no_widget_code(ordered, code):
    assert "bypass" not in ordered("paymentwall")
    assert ordered("paymentwall", "terminal3")["bypass"] == {"widget_code": "t3_1"}
    assert "bypass" not in code("html", "paymentwall")
    assert 'widget_code: "t3_1"' in code("html", "paymentwall", "terminal3")


@both_languages
def test_t30_inicis_is_only_ever_called_html5_inicis(read, language):
    guide = FACTS["inicis"]

    forms = [form["value"] for form in guide.page["forms"]]

    assert forms == ["html5_inicis", "html5_inicis.{MID}", "channelKey"]
    assert guide.parameter("pg").readings[1]["says"][language] in read("inicis", language)


@both_languages
def test_t32_the_part_after_the_dot_is_the_project_key(read, language):
    forms = [form["value"] for form in FACTS["paymentwall"].page["forms"]]

    assert forms[:2] == ["paymentwall", "paymentwall.{projectKey}"]
    assert "Project Key" in read("paymentwall", language)


@pytest.mark.parametrize(
    ("name", "sent"), [("Haneul", None), ("하늘", None), ("Haneul  Kim", "Haneul Kim"), ("Haneul B Kim", "Haneul Kim")]
)
def test_t33_a_paymentwall_buyer_has_two_names(shopper, copied, name, sent):
    order = {"plan": "global-monthly", "guide": "paymentwall", **BUYER, "buyer_name": name}

    answer = shopper.post("/orders", json=order).get_json()

    assert answer.get("request", {}).get("buyer_name") == sent
    assert ("buyer_name" in answer.get("fields", {})) == (sent is None)
    assert copied("paymentwall").browser.post("/orders", json={**BUYER, "buyer_name": name}).status_code == 400


@every_request
def test_t37_there_is_one_landing_address_for_every_device(ordered, copied, guide_id, variant):
    assert ordered(guide_id, variant)["m_redirect_url"] == "http://shop.test/payments/landing"
    assert place(copied(guide_id, variant))["redirect_url"] == "http://copy.test/payments/landing"


@both_languages
@pytest.mark.parametrize(
    ("guide_id", "legacy"), [("inicis", False), ("jtnet", True), ("chai", True), ("paymentwall", False)]
)
def test_t39_pages_of_pgs_that_left_the_market_say_so(guide_page, guide_id, legacy, language):
    html = guide_page(guide_id, language)

    assert FACTS[guide_id].page["status"] == ("legacy" if legacy else "current")
    assert ('badge--warning">' + {"ko": "종료된 PG", "en": "Legacy"}[language] in html) is legacy


@both_languages
@every_guide
def test_t40_the_channel_key_is_shown_beside_pg(read, guide_id, language):
    assert "channelKey" in read(guide_id, language)


@every_guide
def test_t40_a_copied_page_sends_a_channel_key_under_its_own_name(copied, monkeypatch, guide_id):
    monkeypatch.setenv("PG_CHANNEL", "channel-key-1234")

    assert place(copied(guide_id))["channel"] == {"channelKey": "channel-key-1234"}


def test_t40_a_channel_key_goes_out_under_its_own_name():
    guide = FACTS["inicis"]
    values = dict.fromkeys((p.source for p in guide.parameters if p.source), "") | {"channel": "channel-key-1234"}

    request = guide.request_for(values, guide.variant())

    assert request["channelKey"] == "channel-key-1234"
    assert "pg" not in request


@both_languages
def test_t42_issuing_over_rest_needs_a_contract_and_pci_dss(read, language):
    text = read("paymentwall", language)

    assert "PCI-DSS" in text
    assert {"ko": "별도 계약", "en": "separate contract"}[language] in text
