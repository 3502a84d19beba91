"""A guide on a real phone: the demonstration at a second address of this machine, and a second browser that scans."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.axe import violations
from tests.e2e.demonstration import Demonstration
from tests.e2e.pages.phone import PhoneDialog
from tests.e2e.pages.request import RequestPanel
from tests.e2e.pages.timeline import Timeline
from tests.e2e.pages.window import PaymentWindow
from tests.e2e.pages.words import Words

pytestmark = pytest.mark.e2e

LAN, HERE = "127.0.0.2", "127.0.0.1"
PASSWORD = "maedal-demo"


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    demonstration = Demonstration(tmp_path_factory.mktemp("lan"), lan=LAN)
    yield demonstration
    demonstration.stop()


@pytest.fixture
def shop(demonstration: Demonstration) -> str:
    return f"http://{LAN}:{demonstration.port}"


@pytest.fixture
def desktop(browser: Browser, shop: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{shop}/account/sign-in?next=/guides/inicis")
    page.get_by_role("button", name="이하늘").click()
    page.wait_for_url("**/guides/inicis")
    yield page
    context.close()


@pytest.fixture
def phone(browser: Browser, playwright: Playwright) -> Iterator[Page]:
    context = browser.new_context(
        **{**playwright.devices["iPhone 13"], "device_scale_factor": 1}, locale="en-US", reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def test_it_says_what_is_open_and_to_whom(demonstration: Demonstration, shop: str):
    for line in (
        f"shop      {shop}\n",
        f"Open to every device that reaches {LAN}",
        f"http://{LAN}:{demonstration.sandbox_port}   SDK, payment windows and REST API only",
        "Closed to them: the sandbox's console and /control.",
    ):
        assert line in demonstration.welcome


def test_a_phone_opens_the_setup_as_the_same_person_and_the_desktop_follows_it(desktop: Page, phone: Page, shop: str):
    korean, english = Words("ko"), Words("en")
    RequestPanel(desktop, korean).type("buyer_name", "From the desktop")
    dialog = PhoneDialog(desktop, korean).open()
    address = dialog.address()
    expect(dialog.code).to_be_visible()
    faults = violations(desktop)

    phone.goto(address)

    expect(RequestPanel(phone, english).field("buyer_name")).to_have_value("From the desktop")
    expect(phone.get_by_role("banner").get_by_role("link", name="이하늘")).to_be_visible()
    assert phone.url.startswith(f"{shop}/guides/inicis")
    dialog.says("A phone has opened the guide. The timeline of this page follows its runs.")
    assert faults == []
    dialog.close()
    timeline = Timeline.in_guide(desktop, korean)

    RequestPanel(phone, english).run()
    phone.wait_for_url(f"http://{LAN}:*/windows/**")
    timeline.shows("POST /orders", "POST /sdk/payments")
    PaymentWindow(phone, english).pay()
    phone.wait_for_url(f"{shop}/orders/**")

    timeline.shows("GET /payments/landing", "payment.verified", "POST /subscribe/payments/again")


def test_a_code_signs_in_once_and_until_the_next_one(desktop: Page, phone: Page):
    dialog = PhoneDialog(desktop, Words("ko")).open()
    first = dialog.address()
    dialog.renew()
    expect(dialog.place.get_by_text(first)).to_be_hidden()
    second = dialog.address()

    phone.goto(first)
    expect(phone.get_by_role("heading", name="This code is no longer valid")).to_be_visible()
    phone.goto(second)
    phone.wait_for_url("**/guides/inicis")
    phone.goto(second)

    expect(phone.get_by_role("heading", name="This code has been used")).to_be_visible()
    assert violations(phone) == []


def test_an_expired_code_says_so_and_makes_room_for_a_new_one(desktop: Page):
    desktop.clock.install()
    dialog = PhoneDialog(desktop, Words("ko")).open()
    first = dialog.address()

    desktop.clock.fast_forward("05:01")

    dialog.says("The code has expired. Make a new one.")
    dialog.renew()
    expect(dialog.place.get_by_text(first)).to_be_hidden()
    assert dialog.address() != first


def test_console_and_levers_answer_on_this_machine_alone(demonstration: Demonstration):
    def statuses(host: str) -> dict[str, int]:
        paths = ("/", "/control/levers", "/openapi.json", "/v1/iamport.js")
        address = f"http://{host}:{demonstration.sandbox_port}"
        return {path: requests.get(address + path, timeout=30).status_code for path in paths}

    assert statuses(LAN) == {"/": 403, "/control/levers": 403, "/openapi.json": 403, "/v1/iamport.js": 200}
    assert set(statuses(HERE).values()) == {200}


def test_nobody_signs_in_as_staff(demonstration: Demonstration, shop: str, phone: Page):
    phone.goto(f"{shop}/account/sign-in")
    expect(phone.get_by_role("button", name="이하늘")).to_be_visible()
    expect(phone.get_by_role("button", name="최운영")).to_be_hidden()

    phone.get_by_label("E-mail").fill("staff@example.com")
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_label("Password").press("Enter")

    expect(phone.get_by_role("heading", name="Staff cannot sign in here")).to_be_visible()
    expect(phone.get_by_text("staff_only_here")).to_be_visible()


def test_the_old_address_leads_to_the_new_one(demonstration: Demonstration, shop: str, phone: Page):
    phone.goto(f"http://localhost:{demonstration.port}/guides/chai")

    assert phone.url == f"{shop}/guides/chai"
