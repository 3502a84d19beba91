"""The console in a real browser: it updates itself, and does not disturb what a reader opens or types."""

import time
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from sandbox.app import create_app
from tests.axe import violations
from tests.sandbox.conftest import on_new_file
from tests.sandbox.console import HOME, SECTIONS
from tests.sandbox.merchant import served
from tests.sandbox.shop import APPROVED, action, sdk_call

pytestmark = pytest.mark.e2e


def test_a_payment_appears_and_ends_without_a_reload(page: Page, sandbox_url: str):
    page.goto(f"{sandbox_url}{HOME}/payments?lang=en")
    page.evaluate("window.sameDocument = true")

    window_url = _opened(sandbox_url, merchant_uid="live-1")
    row = page.get_by_role("row").filter(has_text="live-1")
    expect(row).to_contain_text("ready")
    requests.post(action(window_url, "approve"), data={"number": APPROVED}, timeout=10)

    expect(row).to_contain_text("paid")
    assert page.evaluate("window.sameDocument")


def test_what_is_open_or_being_typed_survives_what_arrives(page: Page, sandbox_url: str):
    window_url = _opened(sandbox_url, merchant_uid="live-2")
    requests.post(action(window_url, "approve"), data={"number": APPROVED}, timeout=10)
    page.goto(f"{sandbox_url}{HOME}/search?q=live-2&lang=en")
    page.get_by_text("REST API response").click()
    page.get_by_text("Cancel payment", exact=True).first.click()
    page.get_by_label("Reason").fill("half a rea")

    requests.get(f"{sandbox_url}/payments/find/live-2", headers={"Authorization": _token(sandbox_url)}, timeout=10)
    expect(page.get_by_text("/payments/find/live-2").first).to_be_visible()

    expect(page.get_by_label("Reason")).to_have_value("half a rea")
    expect(page.get_by_role("region", name="REST API response")).to_be_visible()


def test_the_clock_runs_and_jumps_with_its_merchant_s(page: Page, sandbox_url: str):
    requests.post(f"{sandbox_url}/control/merchants", json={"code": "imp_clock"}, timeout=10)
    page.goto(f"{sandbox_url}/console/imp_clock/clock?lang=en")
    clock = page.locator("header [data-clock]")
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)

    page.get_by_role("button", name="+ 31 days").click()

    expect(page.get_by_text("Computer’s clock +31d")).to_be_visible()
    expect(page.locator("header")).to_contain_text("+31d")
    assert clock.inner_text() > before


def test_a_lever_is_changed_and_reset_with_the_keyboard(page: Page, sandbox_url: str):
    requests.post(f"{sandbox_url}/control/merchants", json={"code": "imp_keys"}, timeout=10)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{sandbox_url}/console/imp_keys/levers?lang=en")

    page.get_by_label("latency").fill("3")
    page.keyboard.press("Enter")
    reset = page.get_by_role("button", name="Reset latency")
    expect(page.get_by_text("now 3, default 0")).to_be_visible()
    reset.focus()
    page.keyboard.press("Enter")

    expect(reset).to_have_count(0)
    expect(page.get_by_label("latency")).to_have_value("0")


def test_a_merchant_is_reset_without_a_script(browser: Browser, sandbox_url: str):
    requests.post(f"{sandbox_url}/control/merchants", json={"code": "imp_plain"}, timeout=10)
    requests.post(f"{sandbox_url}/control/levers?merchant_code=imp_plain", json={"strict": True}, timeout=10)
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{sandbox_url}/console/imp_plain/levers?lang=en")

    page.get_by_role("button", name="Reset this merchant").click()
    expect(page.get_by_role("heading", name="Reset imp_plain?")).to_be_visible()
    page.get_by_role("button", name="Reset this merchant").click()

    expect(page.get_by_label("strict")).to_have_value("false")
    page.context.close()


def test_a_console_without_its_sandbox_says_so(page: Page, sandbox_url: str):
    page.goto(f"{sandbox_url}/?lang=en")

    page.route("**/*", lambda route: route.abort())
    expect(page.get_by_text("The sandbox does not respond.")).to_be_visible()
    page.unroute_all()

    expect(page.get_by_text("The sandbox does not respond.")).to_have_count(0)


@pytest.mark.parametrize(("lang", "scheme"), [("ko", "light"), ("en", "dark")])
def test_every_page_of_the_console_is_accessible_and_fits(page: Page, sandbox_url: str, lang, scheme):
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for url in _pages(sandbox_url, lang):
        page.goto(url)
        page.evaluate("document.querySelectorAll('details').forEach((closed) => { closed.open = true; })")

        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert violations(page) == [], f"{url} at {width}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    assert errors == []


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_merchant_is_made_with_the_keyboard_and_its_secret_stays_in_sight(page, sandbox_url, lang):
    page.goto(f"{sandbox_url}{HOME}/merchants?lang={lang}")
    page.get_by_label("imp_key").fill(f"key-{lang}")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"key-{lang}")).to_be_visible()
    assert page.locator("main").get_attribute("data-module") == "still"
    assert violations(page) == []


def _pages(sandbox_url: str, lang: str) -> list[str]:
    """Return the addresses of each section, and of one record of each kind, of a merchant that has all kinds."""
    merchant_uid = f"{lang}-{time.monotonic_ns()}"
    token = _token(sandbox_url)
    window_url = _opened(sandbox_url, merchant_uid=merchant_uid, customer_uid=f"card-{merchant_uid}")
    requests.post(action(window_url, "approve"), data={"number": APPROVED}, timeout=10)
    entry = {"merchant_uid": f"next-{merchant_uid}", "schedule_at": int(time.time()) + 9999, "amount": 1, "name": "x"}
    booking = {"customer_uid": f"card-{merchant_uid}", "schedules": [entry]}
    headers = {"Authorization": token}
    requests.post(f"{sandbox_url}/subscribe/payments/schedule", json=booking, headers=headers, timeout=10)
    stories = ("/schedules/1", "/webhooks/1", "/wire/1", f"/key?customer_uid=card-{merchant_uid}")
    searches = (f"/search?q={merchant_uid}", "/search?q=card")
    questions = ("/confirm/reset", "/confirm/levers")
    requests.post(f"{sandbox_url}/control/levers", json={"webhook_delay": 0.5}, timeout=10)
    paths = ["/", *SECTIONS[1:], *stories, *searches, *questions]
    return [f"{sandbox_url}{HOME}{path}{'&' if '?' in path else '?'}lang={lang}" for path in paths]


def _opened(sandbox_url: str, **params: object) -> str:
    """Open a window and return its address. No server listens where its webhook goes."""
    call = sdk_call(notice_url="http://127.0.0.1:9/webhooks", **params)
    return requests.post(f"{sandbox_url}/sdk/payments", json=call, timeout=10).json()["window_url"]


def _token(sandbox_url: str) -> str:
    credentials = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
    answer = requests.post(f"{sandbox_url}/users/getToken", json=credentials, timeout=10)
    return answer.json()["response"]["access_token"]


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory) -> Iterator[str]:
    with served(create_app(on_new_file(tmp_path_factory))) as url:
        yield url
