"""One journey in a real browser for each family of windows and each way a result reaches the shop."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.guides import GUIDES
from tests.sandbox.merchant import ShopPage
from tests.sandbox.shop import APPROVED, APPROVED_ACCOUNT, APPROVED_PHONE

pytestmark = pytest.mark.e2e

CLOSED = "사용자가 결제를 취소하셨습니다"
IDS = {"imp_uid", "merchant_uid", "customer_uid"}


def visit(shop: ShopPage, guide_id: str, **changes: object) -> ShopPage:
    """Open the page of a shop that follows this guide."""
    guide = GUIDES[guide_id]
    uid = f"{guide_id}{shop.page.evaluate('Date.now()')}".replace("-", "")
    params = {"pg": guide.pg, "pay_method": guide.pay_method, "merchant_uid": uid, "customer_uid": uid, **guide.issue}
    return shop.visit(**{**params, "ui": guide.ui_type, **changes})


def pop_up(shop: ShopPage, button: str = "Subscribe") -> Page:
    with shop.page.expect_popup() as opened:
        shop.page.get_by_role("button", name=button).click()
    return opened.value


# In a layer -----------------------------------------------------------------------------------------------


def test_a_phone_bill_is_registered_over_the_page(shop):
    visit(shop, "danal-phone").subscribe()
    shop.window.get_by_role("button", name=APPROVED_PHONE).click()
    expect(shop.window.get_by_label("휴대폰 번호", exact=True)).to_have_value(APPROVED_PHONE)
    expect(shop.window.get_by_label("통신사")).to_have_value("SKT")
    shop.window.get_by_role("button", name="결제하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["pay_method"]) == (True, "phone")


def test_a_wallet_is_connected_over_the_page(shop):
    visit(shop, "payco").subscribe()
    shop.window.get_by_role("button", name=APPROVED_PHONE).click()
    shop.window.get_by_role("button", name="등록하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["pg_provider"]) == (True, "payco")


def test_the_newest_pgs_tell_the_callback_ids_and_nothing_else(shop):
    visit(shop, "tosspayments").subscribe()
    shop.window.get_by_role("button", name=APPROVED).click()
    shop.window.get_by_role("button", name="등록하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert set(shop.answer) == IDS


def test_a_refusal_of_the_newest_pgs_has_no_success_either(shop):
    visit(shop, "smartro-v2", merchant_uid="with-a-dash").subscribe()

    expect(shop.answers).to_have_text("1")
    assert set(shop.answer) == {"imp_uid", "merchant_uid", "error_code", "error_msg"}


def test_one_click_on_the_shelf_answers_the_identity_check_too(shop):
    visit(shop, "smartro-v2").subscribe()
    shop.window.get_by_role("button", name=APPROVED).click()
    expect(shop.window.get_by_label("문자 인증번호")).to_have_value("123456")
    shop.window.get_by_role("button", name="등록하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert set(shop.answer) == IDS


def test_rarer_outcomes_lie_behind_a_fold(shop):
    visit(shop, "kakaopay", lang="en").subscribe()
    rare = shop.window.get_by_role("button", name="Payer closes the window")
    expect(rare).to_be_hidden()
    shop.window.get_by_text("Faults and delays").click()
    rare.click()
    shop.window.get_by_role("button", name="Pay and continue").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_msg"] == CLOSED


# In a pop-up ----------------------------------------------------------------------------------------------


def test_an_account_is_registered_beside_the_page(shop):
    window = pop_up(visit(shop, "settle-acc"))
    window.get_by_role("button", name=APPROVED_ACCOUNT).click()
    with window.expect_event("close"):
        window.get_by_role("button", name="결제하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["pay_method"]) == (True, "trans")
    assert shop.errors == []


def test_a_pop_up_that_is_closed_like_any_window_answers_the_callback(shop):
    pop_up(visit(shop, "settle-acc")).close()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["error_msg"]) == (False, CLOSED)


def test_a_blocked_pop_up_shows_an_alert(shop):
    visit(shop, "mobilians-v2-phone").page.evaluate("window.open = () => null")
    with shop.page.expect_event("dialog"):
        shop.subscribe()

    assert shop.alerts == ["팝업차단을 해제해주셔야 결제창이 나타납니다."]
    expect(shop.answers).to_have_text("0")


def test_naver_pay_answers_a_pop_up_by_callback(shop):
    window = pop_up(visit(shop, "naverpay", naverPopupMode=True))
    window.get_by_role("button", name=APPROVED_PHONE).click()
    window.get_by_role("button", name="등록하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is True


def test_an_instrument_waits_for_the_window_s_script(shop):
    shop.page.context.route("**/js/window.js", lambda route: route.abort())
    window = pop_up(visit(shop, "naverpay", naverPopupMode=True))
    instrument = window.get_by_role("button", name=APPROVED_PHONE)
    expect(instrument).to_be_disabled()

    shop.page.context.unroute("**/js/window.js")
    window.reload(wait_until="commit")
    instrument.click()
    expect(window.get_by_label("간편결제에 등록한 휴대폰 번호")).to_have_value(APPROVED_PHONE)


@pytest.mark.parametrize("place", ["shop", "phone"])
def test_paypal_is_opened_by_its_own_button_and_answers_by_callback(request, place):
    shop = visit(request.getfixturevalue(place), "paypal-rt")
    window = pop_up(shop, "PayPal")
    window.get_by_role("button", name=APPROVED_PHONE).click()
    window.get_by_role("button", name="등록하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert set(shop.answer) == IDS


def test_what_a_button_asks_for_can_be_changed_before_the_click(shop):
    visit(shop, "paypal-rt")
    expect(shop.page.get_by_role("button", name="PayPal")).to_be_visible()
    shop.page.evaluate(
        "IMP.updateLoadUIRequest('paypal-rt', {pg: 'paypal_v2', pay_method: 'card', merchant_uid: 'changed'})"
    )
    shop.page.get_by_role("button", name="PayPal").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["merchant_uid"] == "changed"
    assert "pay_method" in shop.answer["error_msg"]


# By redirect ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guide", "number", "success"),
    [
        ("kakaopay", APPROVED_PHONE, ["true"]),
        ("mobilians-phone", APPROVED_PHONE, ["true"]),
        ("settle-acc", APPROVED_ACCOUNT, ["true"]),
        ("galaxia-card", APPROVED, None),
    ],
)
def test_a_phone_comes_back_from_every_family_with_the_result_in_the_query(phone, guide, number, success):
    visit(phone, guide).subscribe()
    phone.page.get_by_role("button", name=number).click()
    phone.page.get_by_role("button", name="하고 계속").click()

    expect(phone.page.get_by_role("heading", name="Landed")).to_be_visible()
    query = parse_qs(urlsplit(phone.page.url).query)
    assert query["imp_uid"]
    assert query.get("imp_success") == success


def test_naver_pay_takes_the_page_of_a_pc_unless_the_shop_requests_a_pop_up(shop):
    visit(shop, "naverpay").subscribe()
    shop.page.get_by_role("button", name=APPROVED_PHONE).click()
    shop.page.get_by_role("button", name="등록하고 계속").click()

    expect(shop.page.get_by_role("heading", name="Landed")).to_be_visible()
    assert parse_qs(urlsplit(shop.page.url).query)["imp_success"] == ["true"]


# Other functions of the script ----------------------------------------------------------------------------


def test_the_rarer_functions_of_the_script_break_no_page(shop):
    shop.visit()
    shop.page.evaluate(
        """async () => {
            IMP.communicate({}); IMP.close(); IMP.naver_zzim({}); await IMP.loadModule("payment", {});
            IMP.agency("imp00000000", "tier"); IMP.init("imp00000000", { pgIframeContainer: "#pg" });
        }"""
    )

    assert shop.errors == []


def test_after_deinit_the_script_wants_init_again(shop):
    visit(shop, "inicis").page.evaluate("IMP.deinit()")
    shop.subscribe()

    assert shop.alerts == ["판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요."]
