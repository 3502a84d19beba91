"""The identity check in a real browser: a pop-up, a layer, a page on a phone."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.sandbox.merchant import ShopPage
from tests.sandbox.shop import LANDING, ORIGIN

pytestmark = pytest.mark.e2e


def visit(shop: ShopPage, **params) -> ShopPage:
    return shop.visit(call="certification", **params)


def pop_up(shop: ShopPage) -> Page:
    with shop.page.expect_popup() as opened:
        shop.subscribe()
    return opened.value


def test_a_made_up_person_is_identified_and_the_callback_receives_it(shop):
    window = pop_up(visit(shop, merchant_uid="check-1"))
    window.get_by_role("button", name="테스트 정보로 채우기").click()
    with window.expect_event("close"):
        window.get_by_role("button", name="확인").click()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["merchant_uid"]) == (True, "check-1")
    assert shop.errors == []


def test_the_check_names_the_address_of_the_page_that_asked_for_it(shop, sandbox_url):
    window = pop_up(visit(shop, merchant_uid="check-2"))
    window.get_by_role("button", name="테스트 정보로 채우기").click()
    with window.expect_event("close"):
        window.get_by_role("button", name="확인").click()
    expect(shop.answers).to_have_text("1")

    login = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
    token = requests.post(f"{sandbox_url}/users/getToken", json=login, timeout=10).json()["response"]["access_token"]
    address = f"{sandbox_url}/certifications/{shop.answer['imp_uid']}"
    check = requests.get(address, headers={"Authorization": token}, timeout=10).json()["response"]
    assert check["origin"] == shop.page.url


@pytest.mark.parametrize("how", ["button", "Escape", "like any window"])
def test_a_check_given_up_answers_with_the_reason(shop, how):
    window = pop_up(visit(shop))
    expect(window.get_by_label("이름")).to_be_focused()
    with window.expect_event("close"):
        if how == "button":
            window.get_by_role("button", name="본인인증 창 닫기").click()
        elif how == "Escape":
            window.keyboard.press("Escape")
        else:
            window.close()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["error_msg"]) == (False, "사용자가 본인인증을 취소하셨습니다")


def test_it_can_be_walked_with_the_keyboard_alone(shop):
    window = pop_up(visit(shop, lang="en", language="en"))
    expect(window.get_by_label("Name")).to_be_focused()
    window.keyboard.press("Shift+Tab")
    window.keyboard.press("Enter")
    expect(window.get_by_role("button", name="Confirm")).to_be_focused()
    with window.expect_event("close"):
        window.keyboard.press("Enter")

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is True


def test_a_phone_leaves_the_page_and_comes_back(phone):
    visit(phone).subscribe()
    phone.page.get_by_role("button", name="테스트 정보로 채우기").click()
    phone.page.get_by_role("button", name="확인").click()

    expect(phone.page.get_by_role("heading", name="Landed")).to_be_visible()
    assert parse_qs(urlsplit(phone.page.url).query)["success"] == ["true"]


@pytest.fixture
def in_a_layer(sandbox_url):
    """Open checks in a layer, and restore the lever afterwards: the next tests use the same sandbox."""
    lever = f"{sandbox_url}/control/levers"
    requests.post(lever, json={"certification_form": "layer"}, timeout=10)
    yield
    requests.post(lever, json={"certification_form": "popup"}, timeout=10)


@pytest.mark.usefixtures("in_a_layer")
def test_a_layer_lies_over_the_page_and_goes_away(shop):
    visit(shop, lang="en").subscribe()
    expect(shop.page.get_by_role("dialog", name="Identity check")).to_be_visible()
    shop.window.get_by_role("button", name="Fill in test details").click()
    shop.window.get_by_role("button", name="Confirm").click()

    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    assert shop.answer["success"] is True


@pytest.mark.parametrize("width", [480, 390])
@pytest.mark.parametrize(("lang", "scheme"), [("ko", "light"), ("en", "dark")])
def test_the_window_is_accessible_and_fits_its_width(page, sandbox_url, width, lang, scheme):
    page.set_viewport_size({"width": width, "height": 780})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    params = {"m_redirect_url": LANDING, "language": lang}
    call = {"merchant_code": "imp00000000", "params": params, "device": "mobile", "origin": ORIGIN}
    url = requests.post(f"{sandbox_url}/sdk/certifications", json=call, timeout=10).json()["window_url"]

    page.goto(url)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("button", name="확인" if lang == "ko" else "Confirm").evaluate(
        "button => button.form.noValidate = true"
    )
    page.get_by_role("button", name="확인" if lang == "ko" else "Confirm").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


def test_only_the_window_says_that_a_person_is_too_young(shop):
    window = pop_up(visit(shop, min_age=150))
    window.get_by_role("button", name="테스트 정보로 채우기").click()
    window.get_by_role("button", name="확인").click()

    expect(window.get_by_role("heading", level=1)).to_have_text("본인인증 실패")
    expect(window.get_by_role("alert")).to_contain_text("만 150세")
    assert violations(window) == []
    with window.expect_event("close"):
        window.get_by_role("button", name="닫기", exact=True).click()
    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["error_code"]) == (False, "F0000")
