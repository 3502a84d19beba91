"""The demonstration as a newcomer uses it, and the worker that it starts."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, expect

import clock
from app import create_app
from config import Config
from models import Subscription, db
from states import SubscriptionStatus
from tests.axe import violations
from tests.e2e.conftest import ROOT
from tests.e2e.demonstration import Demonstration
from tests.e2e.pages.phone import PhoneDialog
from tests.e2e.pages.words import Words

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    demonstration = Demonstration(tmp_path_factory.mktemp("demo"))
    yield demonstration
    if demonstration.process.poll() is None:
        demonstration.stop()


def test_it_says_what_is_open_and_who_can_sign_in(demonstration: Demonstration):
    for line in (
        f"http://localhost:{demonstration.port}/guides",
        "haneul@example.com",
        "a shopper whose renewal was",
    ):
        assert line in demonstration.welcome


@pytest.mark.parametrize(
    ("person", "state"),
    [("이하늘", "아직 구독이 없습니다"), ("김지수", "이용 중"), ("박민준", "미납")],
)
def test_one_click_signs_a_sample_person_in(demonstration: Demonstration, browser: Browser, person: str, state: str):
    page = browser.new_page(locale="ko-KR")
    page.goto(f"http://localhost:{demonstration.port}/account/sign-in")

    page.get_by_role("button", name=person).click()

    expect(page.get_by_text(state).first).to_be_visible()
    page.close()


def test_staff_see_every_subscription(demonstration: Demonstration, browser: Browser):
    page = browser.new_page(locale="ko-KR")
    page.goto(f"http://localhost:{demonstration.port}/account/sign-in")

    page.get_by_role("button", name="최운영").click()

    for person in ("jisoo@example.com", "minjun@example.com"):
        expect(page.get_by_text(person).first).to_be_visible()
    page.close()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_guide_says_how_to_open_it_on_a_phone(demonstration: Demonstration, browser: Browser, language: str):
    page = browser.new_page(locale=language, reduced_motion="reduce")
    page.goto(f"http://localhost:{demonstration.port}/account/sign-in?next=/guides/inicis")
    page.get_by_role("button", name="이하늘").click()

    dialog = PhoneDialog(page, Words(language)).open()

    expect(dialog.place.get_by_text("make demo LAN=1")).to_be_visible()
    assert violations(page) == []
    dialog.close()
    page.close()


def test_a_busy_port_is_reported_in_a_sentence(demonstration: Demonstration):
    second = demonstration.start()

    output, _ = second.communicate(timeout=20)

    assert second.returncode == 1
    assert output == (
        f"Port {demonstration.port} is in use. Stop the program that uses it, "
        f"or choose another: make demo PORT={demonstration.port + 10}\n"
    )


def test_an_environment_that_names_the_real_service_is_refused(demonstration: Demonstration):
    environ = {**demonstration.environ, "IMP_API_URL": "https://api.iamport.kr"}

    refused = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, env=environ, capture_output=True, text=True)

    assert refused.returncode == 1
    assert refused.stderr.endswith("Start the shop with: make serve\n")
    assert "Traceback" not in refused.stderr


def test_the_worker_renews_what_is_due(demonstration: Demonstration):
    shop = create_app(Config.from_environ(environ_of(demonstration)))
    with shop.app_context():
        subscription = db.session.query(Subscription).filter_by(status=SubscriptionStatus.ACTIVE).first()
        assert subscription is not None
        subscription.paid_until = subscription.next_charge_at = clock.now()
        subscription_id = subscription.id
        db.session.commit()

    demonstration.read_until(f'"subscription": {subscription_id}, ')

    with shop.app_context():
        renewed = db.session.get_one(Subscription, subscription_id)
        assert renewed.paid_until is not None
        assert renewed.paid_until > clock.now()


def test_one_click_shows_a_month_in_which_a_charge_is_declined_and_recovers(
    demonstration: Demonstration, browser: Browser
):
    page = browser.new_page(locale="ko-KR")
    page.goto(f"http://localhost:{demonstration.port}/account/sign-in")
    page.get_by_role("button", name="김지수").click()
    sandbox = environ_of(demonstration)["IMP_API_URL"]
    requests.post(f"{sandbox}/control/outcomes", json={"outcome": "insufficient_funds"}, timeout=30)

    page.get_by_role("button", name="한 달 뒤로").click()

    message = page.get_by_role("status")
    expect(message).to_contain_text("PG가 청구를 거절했습니다.")
    expect(message).to_contain_text("구독이 갱신되었습니다.")
    expect(page.get_by_text("이용 중").first).to_be_visible()
    page.locator("summary", has_text="내 시계").click()
    expect(page.get_by_text("다음에 일어날 일")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("다음에 일어날 일")).to_be_hidden()
    page.close()


def test_the_banner_of_every_page_shows_an_outage(demonstration: Demonstration, browser: Browser):
    page = browser.new_page(locale="en-US")
    page.goto(f"http://localhost:{demonstration.port}/guides")
    menu = page.get_by_role("group").filter(has=page.get_by_text("Payment service"))
    lever = menu.locator("summary")

    lever.click()
    page.get_by_role("button", name="hangs").click()
    page.goto(f"http://localhost:{demonstration.port}/")
    expect(lever).to_have_text("Payment service: hangs")

    lever.click()
    page.get_by_role("button", name="up", exact=True).click()
    expect(lever).to_have_text("Payment service")
    page.close()


def test_ctrl_c_stops_everything_and_says_what_is_kept(demonstration: Demonstration):
    """The last test of this module, since it stops the demonstration."""
    demonstration.stop()

    assert demonstration.process.returncode == 0
    assert "make reset" in demonstration.farewell


def environ_of(demonstration: Demonstration) -> dict[str, str]:
    sandbox = f"http://localhost:{demonstration.environ['SANDBOX_PORT']}"
    return {
        **demonstration.environ,
        "DEMO": "1",
        "PUBLIC_URL": f"http://localhost:{demonstration.port}",
        "IMP_API_URL": sandbox,
        "IMP_SDK_URL": f"{sandbox}/v1/iamport.js",
        "IMP_CODE": "imp00000000",
        "IMP_KEY": "another_key",
        "IMP_SECRET": "sandbox_secret",
    }
