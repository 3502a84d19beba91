"""What a payer sees of a mistake in a window, and of a sandbox that does not answer."""

import pytest
import requests
from playwright.sync_api import FrameLocator, Page, expect

from tests.axe import violations
from tests.sandbox.guides import GUIDES
from tests.sandbox.merchant import ShopPage
from tests.sandbox.shop import APPROVED

pytestmark = pytest.mark.e2e

SUBMIT = "등록하고 계속"
SILENT = "응답하지 않습니다"


def ready(window: FrameLocator | Page) -> FrameLocator | Page:
    """Return the window when its script runs."""
    expect(window.locator("html")).to_have_attribute("data-ready", "true")
    return window


def fill(window: FrameLocator | Page, number: str) -> None:
    """Type into every field of a card window."""
    window.get_by_label("카드번호").fill(number)
    window.get_by_label("유효기간").fill("11/31")
    window.get_by_label("생년월일").fill("850505")
    window.get_by_label("비밀번호 앞 2자리").fill("34")


@pytest.fixture(params=["layer", "page"])
def window(request) -> FrameLocator | Page:
    """A card window over the shop's page, and one in its place."""
    if request.param == "layer":
        return ready(request.getfixturevalue("shop").visit().subscribe().window)
    return ready(request.getfixturevalue("phone").visit().subscribe().page)


def test_a_mistake_keeps_what_was_typed_except_the_pin(window):
    fill(window, "42")
    window.get_by_role("button", name=SUBMIT).click()

    expect(window.get_by_role("alert")).to_contain_text("끝까지")
    expect(window.get_by_label("카드번호")).to_be_focused()
    expect(window.get_by_label("카드번호")).to_have_attribute("aria-invalid", "true")
    expect(window.get_by_label("카드번호")).to_have_value("42")
    expect(window.get_by_label("유효기간")).to_have_value("11/31")
    expect(window.get_by_label("생년월일")).to_have_value("850505")
    expect(window.get_by_label("비밀번호 앞 2자리")).to_have_value("")


def test_the_title_of_a_window_with_a_mistake_says_so(phone):
    ready(phone.visit().subscribe().page)
    phone.page.get_by_label("카드번호").fill("42")
    phone.page.get_by_role("button", name=SUBMIT).click()

    expect(phone.page).to_have_title("오류: 카드 등록 · 아임포트 샌드박스")
    assert violations(phone.page) == []


def test_a_corrected_mistake_is_none_any_more(shop):
    window = ready(shop.visit().subscribe().window)
    fill(window, "42")
    window.get_by_role("button", name=SUBMIT).click()
    expect(window.get_by_label("카드번호")).to_have_attribute("aria-invalid", "true")
    window.get_by_label("카드번호").fill(APPROVED)
    window.get_by_role("button", name=SUBMIT).click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is True


def test_a_sandbox_that_does_not_answer_loses_nothing_of_the_form(shop):
    window = ready(shop.visit().subscribe().window)
    fill(window, APPROVED)
    shop.page.route("**/approve?*", lambda route: route.abort())
    window.get_by_role("button", name=SUBMIT).click()

    expect(window.get_by_role("alert")).to_contain_text(SILENT)
    expect(window.get_by_role("alert")).to_be_focused()
    expect(window.get_by_label("비밀번호 앞 2자리")).to_have_value("34")
    shop.page.unroute("**/approve?*")
    window.get_by_role("button", name=SUBMIT).click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is True


def test_a_layer_can_be_closed_while_the_sandbox_does_not_answer(shop):
    window = ready(shop.visit().subscribe().window)
    shop.page.route("**/close*", lambda route: route.abort())
    window.get_by_role("button", name="결제창 닫기").click()

    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    assert shop.answer["error_code"] == "NETWORK"


def test_a_pop_up_can_be_closed_while_the_sandbox_does_not_answer(shop: ShopPage):
    guide = GUIDES["settle-acc"]
    shop.visit(pg=guide.pg, pay_method=guide.pay_method)
    with shop.page.expect_popup() as opened:
        shop.subscribe()
    window = ready(opened.value)
    window.route("**/close?*", lambda route: route.abort())
    with window.expect_event("close"):
        window.get_by_role("button", name="결제창 닫기").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is False


def test_a_page_can_be_left_while_the_sandbox_does_not_answer(phone):
    ready(phone.visit().subscribe().page)
    phone.page.route("**/close?*", lambda route: route.abort())
    phone.page.get_by_role("button", name="결제창 닫기").click()

    expect(phone.button).to_be_visible()


@pytest.mark.parametrize("button", [SUBMIT, "결제창 닫기"])
def test_a_window_that_the_sandbox_has_forgotten_says_so_and_closes(shop, sandbox_url, button):
    code = requests.post(f"{sandbox_url}/control/merchants", json={}, timeout=10).json()["code"]
    shop.visit()
    shop.page.evaluate("code => IMP.init(code)", code)
    window = ready(shop.subscribe().window)
    fill(window, APPROVED)
    requests.post(f"{sandbox_url}/control/reset", json={"merchant_code": code}, timeout=10)
    window.get_by_role("button", name=button).click()

    if button == SUBMIT:
        expect(window.get_by_role("alert")).to_contain_text("더 이상 알지 못합니다")
        shop.page.keyboard.press("Escape")
    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    assert (shop.answer["success"], shop.answer["error_msg"]) == (False, "F0004:존재하지 않는 결제창입니다.")
    assert shop.answer["imp_uid"].startswith("imp_")


@pytest.mark.parametrize("way_out", ["다시 시도", "닫기"])
def test_a_window_that_does_not_load_offers_a_way_out(shop, way_out):
    shop.visit()
    shop.page.clock.install()
    shop.page.route("**/windows/**", lambda route: route.abort())
    shop.subscribe()
    expect(shop.layer).to_be_visible()
    shop.page.clock.run_for(10_000)
    expect(shop.layer.get_by_role("alert")).to_contain_text(SILENT)

    shop.page.unroute("**/windows/**")
    shop.layer.get_by_role("button", name=way_out).click()

    if way_out == "닫기":
        expect(shop.answers).to_have_text("1")
    else:
        expect(shop.window.get_by_label("카드번호")).to_be_visible()
    expect(shop.layer.get_by_role("alert")).to_have_count(0)


def test_an_identity_check_keeps_what_was_typed_too(phone):
    ready(phone.visit(call="certification").subscribe().page)
    phone.page.get_by_role("button", name="테스트 정보로 채우기").click()
    phone.page.get_by_label("생년월일").fill("9")
    phone.page.get_by_role("button", name="확인").click()

    expect(phone.page.get_by_label("생년월일")).to_be_focused()
    expect(phone.page.get_by_label("이름")).to_have_value("김매달")
    expect(phone.page).to_have_title("오류: 본인인증 · 아임포트 샌드박스")
