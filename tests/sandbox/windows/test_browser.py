"""The script and the windows in a real browser, on the page of a shop with a strict policy."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.axe import violations
from tests.sandbox.merchant import NOTHING, ShopPage, served
from tests.sandbox.shop import APPROVED, APPROVED_ACCOUNT, REFUSED, sdk_call

pytestmark = pytest.mark.e2e

CLOSED = "사용자가 결제를 취소하셨습니다"


# In a layer -----------------------------------------------------------------------------------------------


def test_an_approved_window_answers_the_callback_and_leaves_the_page_as_it_was(shop):
    shop.visit(merchant_uid="order-approved").subscribe()
    shop.window.get_by_role("button", name=APPROVED).click()
    shop.window.get_by_role("button", name="등록하고 계속").click()

    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    expect(shop.button).to_be_focused()
    assert shop.answer["success"] is True
    assert shop.answer["merchant_uid"] == "order-approved"
    assert shop.errors == []


def test_a_declined_window_answers_with_the_reason(shop):
    shop.visit(pg="jtnet").subscribe()
    shop.window.get_by_role("button", name=REFUSED).click()
    shop.window.get_by_role("button", name="결제하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is False
    assert "승인을 거절" in shop.answer["error_msg"]


def test_a_decline_can_be_had_without_a_number(shop):
    shop.visit(lang="en").subscribe()
    shop.window.get_by_role("button", name="Simulate a decline").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_code"]


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_a_closed_window_answers_without_an_error_code(shop, how):
    shop.visit().subscribe()
    expect(shop.window.get_by_label("카드번호")).to_be_focused()
    if how == "button":
        shop.window.get_by_role("button", name="결제창 닫기").click()
    else:
        shop.page.keyboard.press(how)

    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    assert shop.answer["error_msg"] == CLOSED
    assert "error_code" not in shop.answer


def test_a_window_can_be_walked_with_the_keyboard_alone(shop):
    shop.visit().button.press("Enter")
    expect(shop.window.get_by_label("카드번호")).to_be_focused()
    shop.page.keyboard.type(APPROVED)
    expect(shop.window.get_by_role("button", name=APPROVED, pressed=True)).to_be_visible()
    shop.page.keyboard.press("Enter")

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is True


def test_a_double_click_opens_one_window_and_gets_one_answer(shop):
    shop.visit().button.dblclick()
    expect(shop.layer).to_have_count(1)
    shop.window.get_by_label("카드번호").fill(APPROVED)
    shop.window.get_by_role("button", name="등록하고 계속").dblclick()

    expect(shop.layer).to_have_count(0)
    expect(shop.answers).to_have_text("1")


def test_the_page_behind_a_window_can_be_neither_clicked_nor_reached(shop):
    shop.visit().subscribe()
    expect(shop.window.get_by_label("카드번호")).to_be_focused()

    assert shop.button.evaluate("button => button.closest('[inert]') !== null")
    assert shop.page.locator("html").evaluate("root => getComputedStyle(root).overflow") == "hidden"


def test_a_result_that_does_not_come_from_the_window_is_not_believed(shop):
    shop.visit().subscribe()
    expect(shop.window.get_by_label("카드번호")).to_be_focused()

    shop.page.evaluate("window.postMessage({type: 'imp-result', rsp: {success: true}}, '*')")
    shop.window.get_by_role("button", name="결제창 닫기").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is False


def test_a_mistake_in_the_shop_s_callback_is_logged_and_costs_nothing_else(shop):
    shop.visit(callback="throws").subscribe()
    shop.window.get_by_role("button", name="결제창 닫기").click()
    expect(shop.answers).to_have_text("1")
    shop.subscribe()

    expect(shop.layer).to_have_count(1)
    assert ["the shop's own mistake" in error for error in shop.errors] == [True]


def test_a_payment_whose_window_was_closed_can_be_tried_again(shop):
    shop.visit(pg="jtnet").subscribe()
    shop.window.get_by_role("button", name="결제창 닫기").click()
    expect(shop.answers).to_have_text("1")
    shop.subscribe()
    shop.window.get_by_role("button", name=APPROVED).click()
    shop.window.get_by_role("button", name="결제하고 계속").click()

    expect(shop.answers).to_have_text("2")
    assert shop.answer["success"] is True


# By redirect ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pg", ["html5_inicis", "jtnet", "paymentwall"])
def test_a_phone_leaves_the_page_and_comes_back_with_the_result_in_the_query(phone, pg):
    phone.visit(pg=pg, merchant_uid=f"order-on-a-phone-{pg}").subscribe()
    phone.page.get_by_role("button", name=APPROVED).click()
    phone.page.get_by_role("button", name="하고 계속").click()

    expect(phone.page.get_by_role("heading", name="Landed")).to_be_visible()
    query = parse_qs(urlsplit(phone.page.url).query)
    assert query["imp_success"] == ["true"]
    assert query["merchant_uid"] == [f"order-on-a-phone-{pg}"]


def test_a_page_can_ask_the_script_to_behave_as_on_a_phone(shop):
    shop.visit(device="mobile").subscribe()
    shop.page.get_by_role("button", name="결제창 닫기").click()

    expect(shop.page.get_by_role("heading", name="Landed")).to_be_visible()
    assert parse_qs(urlsplit(shop.page.url).query)["error_msg"] == [CLOSED]


def test_chai_leaves_the_page_on_a_pc_too(shop):
    shop.visit(pg="chai").subscribe()
    shop.page.get_by_role("button", name=APPROVED_ACCOUNT).click()
    expect(shop.page.get_by_label("계좌번호")).to_have_value(APPROVED_ACCOUNT)
    shop.page.get_by_role("button", name="등록하고 계속").click()

    expect(shop.page.get_by_role("heading", name="Landed")).to_be_visible()
    assert parse_qs(urlsplit(shop.page.url).query)["imp_success"] == ["true"]


def test_a_window_in_a_phone_sized_frame_on_a_pc_opens_at_its_top(page: Page, sandbox_url: str, shop_url: str):
    order = sdk_call("mobile", pg="html5_inicis", m_redirect_url=f"{shop_url}/landing")
    window_url = requests.post(f"{sandbox_url}/sdk/payments", json=order, timeout=10).json()["window_url"]
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(window_url)

    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    assert page.evaluate("matchMedia('(pointer: fine)').matches")
    assert page.evaluate("scrollY") == 0


def test_a_window_works_without_its_script(browser: Browser, sandbox_url: str, shop_url: str):
    order = sdk_call(pg="chai", m_redirect_url=f"{shop_url}/landing")
    window_url = requests.post(f"{sandbox_url}/sdk/payments", json=order, timeout=10).json()["window_url"]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(window_url)
    page.get_by_label("계좌번호").fill(APPROVED_ACCOUNT)
    page.get_by_role("button", name="등록하고 계속").click()

    page.wait_for_url(f"{shop_url}/landing?*imp_success=true")
    context.close()


# Before the window ----------------------------------------------------------------------------------------


def test_without_init_there_is_an_alert_and_no_callback(shop):
    shop.visit(init=False).subscribe()

    assert shop.alerts == ["판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요."]
    expect(shop.answers).to_have_text("0")


def test_without_parameters_there_is_an_alert_and_no_callback(shop):
    shop.visit(**NOTHING).subscribe()

    assert shop.alerts == ["결제요청 파라메터가 누락되었습니다."]
    expect(shop.answers).to_have_text("0")


@pytest.mark.parametrize(
    ("wrong", "error_code"),
    [({"amount": "9900"}, "F0004"), ({"merchant_uid": 1}, "F0004"), ({"pg": "nobody"}, "NOT_READY")],
)
def test_a_refused_request_answers_the_callback_and_opens_nothing(shop, wrong, error_code):
    shop.visit(**wrong).subscribe()

    expect(shop.answers).to_have_text("1")
    expect(shop.layer).to_have_count(0)
    assert shop.answer["success"] is False
    assert shop.answer["imp_uid"] is None
    assert shop.answer["error_code"] == error_code


def test_a_paid_merchant_uid_opens_no_second_window(shop):
    shop.visit(merchant_uid="order-paid-once").subscribe()
    shop.window.get_by_label("카드번호").fill(APPROVED)
    shop.window.get_by_role("button", name="등록하고 계속").click()
    expect(shop.answers).to_have_text("1")
    shop.subscribe()

    expect(shop.answers).to_have_text("2")
    assert shop.answer["error_code"] == "F1002"
    assert shop.answer["merchant_uid"] == "order-paid-once"


def test_chai_tells_the_callback_what_goes_wrong_before_leaving(shop):
    shop.visit(pg="chai", pay_method="card").subscribe()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is False


def test_a_pc_without_callback_shows_why_no_window_opens(shop):
    shop.visit(callback=False, pg="nobody")
    with shop.page.expect_event("dialog"):
        shop.subscribe()

    assert shop.alerts == ["등록 된 PG 설정 정보를 찾을 수 없습니다."]


def test_a_phone_without_callback_is_sent_back_with_the_reason(phone):
    phone.visit(callback=False, amount="9900").subscribe()

    expect(phone.page.get_by_role("heading", name="Landed")).to_be_visible()
    query = parse_qs(urlsplit(phone.page.url).query)
    assert query["imp_success"] == ["false"]
    assert "amount" in query["error_msg"][0]


def test_a_sandbox_that_is_gone_is_reported_to_the_callback(shop):
    shop.visit()
    shop.page.route("**/sdk/payments", lambda route: route.abort())
    shop.subscribe()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_code"] == "NETWORK"


def test_a_script_served_from_elsewhere_says_how_to_name_the_sandbox(shop):
    shop.visit()
    shop.page.route("**/sdk/payments", lambda route: route.fulfill(body="// no JSON", content_type="text/javascript"))
    shop.subscribe()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_code"] == "NETWORK"
    assert "window.IMP_SANDBOX" in shop.answer["error_msg"]


def test_the_layer_speaks_the_language_of_its_window_also_where_only_the_browser_names_one(
    browser: Browser, shop_url: str
):
    context = browser.new_context(locale="en-US")
    shop = ShopPage(context.new_page(), shop_url).visit(lang="").subscribe()

    expect(shop.window.get_by_role("button", name="Simulate a decline")).to_be_visible()
    expect(shop.page.get_by_role("dialog", name="Payment window")).to_be_visible()
    context.close()


# Accessibility --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "scheme"), [("ko", "light"), ("en", "dark")])
def test_every_page_is_accessible_and_fits_its_width(page: Page, sandbox_url: str, lang, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for url in _pages(sandbox_url, lang):
        page.goto(url)

        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert violations(page) == [], f"{url} at {width}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, url


def test_the_layer_is_accessible_on_the_shop_s_page(shop):
    shop.visit(lang="en").subscribe()
    expect(shop.window.get_by_label("Card number")).to_be_focused()
    frame = next(frame for frame in shop.page.frames if frame.parent_frame)

    expect(shop.page.get_by_role("dialog", name="Payment window")).to_be_visible()
    assert violations(shop.page.main_frame) == []
    assert violations(frame) == []


def _pages(sandbox_url: str, lang: str) -> list[str]:
    """Return the addresses of windows of each kind, of one that has ended, and of the front page."""

    def opened(device: str = "pc", **params: object) -> str:
        call = sdk_call(device, language=lang, **params)
        return requests.post(f"{sandbox_url}/sdk/payments", json=call, timeout=10).json()["window_url"]

    ended = opened("mobile")
    requests.post(ended.replace("?", "/decline?"), timeout=10, allow_redirects=False)
    return [
        opened(),
        opened("mobile", pg="chai"),
        opened(pg="jtnet", amount=0),
        opened(pg="paymentwall", amount=49.99, currency="USD"),
        opened(pg="paymentwall", bypass={"widget_code": "t3_1"}),
        opened("mobile", pg="kakaopay"),
        opened(pg="danal", pay_method="phone"),
        opened(pg="settle_acc", pay_method="trans"),
        opened(pg="smartro_v2", merchant_uid="order1", customer_id="matthew"),
        ended,
        f"{sandbox_url}/?lang={lang}",
    ]


def test_a_page_that_loads_the_script_from_its_real_address_is_served_by_the_sandbox(page, sandbox_url):
    unchanged = Flask(__name__)
    unchanged.get("/")(lambda: "<script src='https://cdn.iamport.kr/v1/iamport.js'></script><h1>Shop</h1>")
    script = page.request.get(f"{sandbox_url}/v1/iamport.js")
    page.route("https://cdn.iamport.kr/**", lambda route: route.fulfill(response=script))
    page.add_init_script(f"window.IMP_SANDBOX = '{sandbox_url}'")

    with served(unchanged) as url:
        page.goto(url)
        page.evaluate(
            """() => { IMP.init('imp00000000');
            IMP.request_pay({pg: 'html5_inicis', merchant_uid: 'cdn-1', customer_uid: 'cdn', amount: 100, name: 'x',
                             buyer_tel: '010-0000-0000'}, () => {}); }"""
        )

        expect(page.get_by_role("dialog")).to_be_visible()
