"""A layer belongs to the page as it was: the history of the page, and Escape, close it."""

import pytest
import requests
from playwright.sync_api import expect

from tests.sandbox.merchant import ShopPage
from tests.sandbox.shop import APPROVED

pytestmark = pytest.mark.e2e

CLOSED = {"request_pay": "사용자가 결제를 취소하셨습니다", "certification": "사용자가 본인인증을 취소하셨습니다"}
FIELD = {"request_pay": "카드번호", "certification": "이름"}

layers = pytest.mark.parametrize("call", ["request_pay", "certification"])


@pytest.fixture(autouse=True)
def in_a_layer(sandbox_url):
    """Open checks in a layer, and restore the lever afterwards: the next tests use the same sandbox."""
    lever = f"{sandbox_url}/control/levers"
    requests.post(lever, json={"certification_form": "layer"}, timeout=10)
    yield
    requests.post(lever, json={"certification_form": "popup"}, timeout=10)


def at_second_route(shop: ShopPage, call: str) -> ShopPage:
    """Open the page of a shop that has one route behind it."""
    shop.visit(call=call)
    shop.page.evaluate("history.pushState({}, '', '/?route=2')")
    return shop


@layers
def test_a_step_back_closes_the_layer_and_answers_once(shop, call):
    at_second_route(shop, call).subscribe()
    expect(shop.window.get_by_label(FIELD[call], exact=True)).to_be_focused()

    shop.page.evaluate("history.back()")

    expect(shop.layer).to_have_count(0)
    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["error_msg"]) == (False, CLOSED[call])
    expect(shop.button).to_be_focused()


@layers
def test_neither_a_step_forward_nor_a_reload_opens_the_layer_again(shop, call):
    at_second_route(shop, call).subscribe()
    expect(shop.layer).to_be_visible()
    shop.page.evaluate("history.back()")
    expect(shop.answers).to_have_text("1")

    shop.page.evaluate("history.forward()")
    shop.page.wait_for_url("**/?route=2")
    expect(shop.layer).to_have_count(0)
    shop.page.reload()

    expect(shop.button).to_be_visible()
    expect(shop.layer).to_have_count(0)


def test_a_window_requested_before_a_step_back_does_not_open_after_it(shop):
    at_second_route(shop, "request_pay")
    shop.page.route("**/sdk/payments", lambda route: (shop.page.evaluate("history.back()"), route.continue_()))
    shop.subscribe()

    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    assert shop.answer["error_msg"] == CLOSED["request_pay"]


def test_the_page_can_be_left_by_one_step_back_after_a_payment(shop):
    at_second_route(shop, "request_pay").subscribe()
    shop.window.get_by_role("button", name=APPROVED).click()
    shop.window.get_by_role("button", name="등록하고 계속").click()
    expect(shop.answers).to_have_text("1")

    shop.page.go_back()

    expect(shop.page).not_to_have_url("**/?route=2")
    assert "route=2" not in shop.page.url
    assert shop.answer["success"] is True


def test_after_a_layer_closed_by_history_another_one_opens(shop):
    at_second_route(shop, "request_pay").subscribe()
    expect(shop.layer).to_be_visible()
    shop.page.evaluate("history.back()")
    expect(shop.answers).to_have_text("1")

    shop.subscribe()

    expect(shop.window.get_by_label("카드번호")).to_be_focused()


@layers
@pytest.mark.parametrize("waiting_for", ["the window", "its script"])
def test_escape_closes_a_layer_that_is_not_ready(shop, call, waiting_for):
    shop.visit(call=call)
    pattern = "**/windows/**" if waiting_for == "the window" else "**/static/js/frame.js"
    shop.page.route(pattern, lambda route: None)
    shop.subscribe()
    expect(shop.layer).to_be_visible()
    if waiting_for == "its script":
        shop.window.get_by_label(FIELD[call], exact=True).focus()

    shop.page.keyboard.press("Escape")

    expect(shop.layer).to_have_count(0)
    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_msg"] == CLOSED[call]


def test_closing_a_layer_whose_sandbox_is_gone_is_reported_to_the_callback(shop):
    shop.visit().subscribe()
    shop.page.route("**/sdk/payments/*/close", lambda route: route.abort())
    shop.page.evaluate("window.dispatchEvent(new PopStateEvent('popstate'))")

    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_code"] == "NETWORK"
    assert shop.answer["imp_uid"].startswith("imp_")
