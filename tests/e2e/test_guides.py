"""Every guide, from its page to a second charge, on PC and phone."""

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.conftest import MakeShopper, Shopper
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.order import OrderPage
from tests.e2e.pages.request import RequestPanel
from tests.e2e.pages.subscription import SubscriptionPage
from tests.e2e.pages.window import APPROVED, DECLINED_AT_ISSUE, DECLINED_LATER, EXPIRED, ONLY_FIRST_CHARGE

pytestmark = pytest.mark.e2e

GUIDES = [
    ("inicis", ""),
    ("jtnet", "2-2"),
    ("jtnet", "2-1"),
    ("chai", ""),
    ("paymentwall", ""),
    ("paymentwall", "terminal3"),
]
ONE_EACH = ["inicis", "jtnet", "chai", "paymentwall"]


def open_guide(shopper: Shopper, guide: str, variant: str = "") -> GuidePage:
    return GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, guide, variant)


def pages(shopper: Shopper) -> tuple[OrderPage, SubscriptionPage]:
    return OrderPage(shopper.page, shopper.words), SubscriptionPage(shopper.page, shopper.words)


@pytest.mark.parametrize(("guide", "variant"), GUIDES)
def test_approved_then_charged_again_from_my_subscriptions(shopper: Shopper, guide: str, variant: str):
    order, subscription = pages(shopper)
    page = open_guide(shopper, guide, variant)

    page.run().pay(APPROVED)
    page.follow_to_order()
    order.expect_headline("Payment complete")
    merchant_uid = shopper.page.url.rpartition("/")[2]

    order.wait_for_event("key.confirmed")  # some PGs do not charge the key before
    order.go_to_subscription()
    subscription.pay_now()
    subscription.expect_message(shopper.words.shop("Paid. Thank you!"))
    assert subscription.payments("Paid").count() == 2

    page.open_run(shopper.site.shop, merchant_uid)
    page.expect_proof()


@pytest.mark.parametrize("guide", ONE_EACH)
def test_declined_at_issue_leaves_nothing(shopper: Shopper, guide: str):
    order, _ = pages(shopper)
    page = open_guide(shopper, guide)

    page.run().pay(DECLINED_AT_ISSUE)
    page.follow_to_order()

    order.expect_headline("The payment method was not registered")
    order.expect_text("거절")


def test_an_approval_that_comes_late_is_shown_without_a_reload(make_shopper: MakeShopper):
    shopper = make_shopper("pc")
    page = open_guide(shopper, "jtnet", "2-2")
    a_day = 86_400
    shopper.control("outcomes", outcome="late_approval", place="window", seconds=a_day)
    page.run().pay(APPROVED)
    page.expect_step("Not registered")
    beside = OrderPage(shopper.page.context.new_page(), shopper.words)
    beside.open(shopper.site.shop, page.value_of("merchant_uid"))
    beside.expect_headline("The payment method was not registered")

    shopper.control("clock", advance=a_day, customer_uid=page.value_of("customer_uid"))

    beside.expect_headline("Payment complete")
    page.expect_step("Paid")


@pytest.mark.parametrize("guide", ONE_EACH)
def test_the_buyer_closes_the_window(shopper: Shopper, guide: str):
    page = open_guide(shopper, guide)

    page.run().close()
    page.follow_to_order()

    expect(shopper.page.get_by_role("link", name=shopper.words.shop("Try again"))).to_have_count(1)
    shopper.open("/subscriptions")
    expect(shopper.page.get_by_text(shopper.words.shop("You have no subscription yet."))).to_be_visible()


@pytest.mark.parametrize("guide", ONE_EACH)
def test_a_charge_from_my_subscriptions_is_declined_with_its_reason(shopper: Shopper, guide: str):
    order, subscription = pages(shopper)
    page = open_guide(shopper, guide)
    page.run().pay(ONLY_FIRST_CHARGE)
    page.follow_to_order()
    order.wait_for_event("key.confirmed")  # some PGs do not charge the key before
    order.go_to_subscription()

    subscription.pay_now()

    subscription.expect_message("잔액이 부족하여")
    assert subscription.payments("Declined").count() == 1


def test_a_key_whose_first_payment_is_declined_is_paid_with_another_card(shopper: Shopper):
    order, subscription = pages(shopper)
    page = open_guide(shopper, "inicis")
    page.run().pay(DECLINED_LATER)
    page.follow_to_order()
    order.expect_headline("Registered, but the payment was declined")

    order.pay_with_another_card()
    page.guide = "inicis"
    page.buy().pay(APPROVED)

    order.expect_headline("Payment complete")
    order.go_to_subscription()
    subscription.expect_state("Active")


def test_an_expired_card_is_refused(make_shopper: MakeShopper):
    shopper = make_shopper("pc")
    order, _ = pages(shopper)
    page = open_guide(shopper, "inicis")

    page.run().pay(EXPIRED)
    page.follow_to_order()

    order.expect_headline("The payment method was not registered")
    order.expect_text("유효기간이 만료된 카드입니다.")


@pytest.mark.parametrize("guide", ONE_EACH)
def test_the_phone_frame_on_a_pc_takes_the_phones_path(make_shopper: MakeShopper, guide: str):
    shopper = make_shopper("pc")
    page = open_guide(shopper, guide)

    page.run_in_phone_frame().pay(APPROVED)

    page.expect_result()
    page.follow_to_subscription()
    SubscriptionPage(shopper.page, shopper.words).expect_state("Active")


def test_both_devices_run_side_by_side_and_come_back_by_their_own_way(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = open_guide(shopper, "inicis")

    page.run_on("Both")
    page.window_in_frame("pc").pay(APPROVED)
    page.expect_address("pc", "/orders/")
    page.window_in_frame("mobile").pay(APPROVED)
    page.expect_address("mobile", "/orders/")

    expect(shopper.page.locator("#came-back")).not_to_contain_text("not run on this device")
    fields = page.lens("fields")
    assert fields["success"][:2] == ["true", "not in the query"]
    assert fields["imp_success"][:2] == ["not in the callback", "true"]
    assert fields["imp_uid"][0] != fields["imp_uid"][1]
    assert {cells[2] for cells in page.lens("checks").values() if cells} == {"same"}


def test_the_shops_own_button_starts_the_run_with_the_request_of_the_workbench(make_shopper: MakeShopper):
    shopper = make_shopper("pc")
    page = open_guide(shopper, "inicis")
    panel = RequestPanel(shopper.page, shopper.words)
    panel.type("buyer_tel", "02-555-1234")
    panel.choose_device("Phone")

    page.subscribe_in_frame("mobile").pay(APPROVED)

    page.expect_result()
    page.expect_proof()
    expect(shopper.page.locator("#code-html tr[data-field=buyer_tel]")).to_contain_text("02-555-1234")


def test_on_a_real_phone_the_shops_own_button_starts_the_run_too(make_shopper: MakeShopper):
    shopper = make_shopper("phone", language="en")
    page = open_guide(shopper, "inicis")
    RequestPanel(shopper.page, shopper.words).type("buyer_tel", "02-555-1234")
    shopper.page.get_by_role("tab", name=shopper.words.shop("Shop"), exact=True).click()

    shopper.page.get_by_role("button", name=shopper.words.shop("Subscribe")).click()
    page.window().pay(APPROVED)
    page.follow_to_order()

    page.open_run(shopper.site.shop, shopper.page.url.rpartition("/")[2])
    expect(shopper.page.locator("#code-html tr[data-field=buyer_tel] td").first).to_have_text('"02-555-1234"')


def test_a_run_that_starts_before_its_frame_has_loaded_does_not_load_it_again(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    asked: list[Route] = []
    shopper.page.route("**/frame?*", lambda route: asked.append(route))
    page = open_guide(shopper, "inicis")
    page.run_on("PC")

    # A loaded page that is loaded again would lose the run.
    (only,) = asked
    only.continue_()

    page.window_in_frame("pc").pay(APPROVED)
    page.expect_result()
    assert len(asked) == 1


@pytest.mark.parametrize(("device", "module"), [("pc", "frames"), ("phone", "frame")])
def test_run_waits_for_the_scripts_of_all_panels(make_shopper: MakeShopper, device: str, module: str):
    shopper = make_shopper(device, language="en")
    held: list[Route] = []
    shopper.page.route(f"**/workbench/{module}.js", lambda route: held.append(route))
    with shopper.page.expect_request(f"**/workbench/{module}.js"):
        page = open_guide(shopper, "inicis")
    button = RequestPanel(shopper.page, shopper.words).run_button
    expect(button).to_be_disabled()

    for route in held:
        route.continue_()

    page.run().pay(APPROVED)


def test_the_key_is_charged_again_on_the_page_approved_and_declined(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = open_guide(shopper, "inicis")
    page.run().pay(ONLY_FIRST_CHARGE)
    charges = shopper.page.locator("#came-back [data-part=charge-list] summary")
    expect(charges).to_have_count(1)

    shopper.page.get_by_role("button", name="Charge again", exact=True).click()

    expect(charges).to_have_count(2)
    expect(charges.last).to_contain_text("declined")


def test_a_failure_before_leaving_runs_the_callback_at_a_redirecting_pg(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = open_guide(shopper, "chai")

    shopper.page.get_by_role("button", name="Fail before leaving").click()

    page.expect_address("pc", "/orders/")
    assert page.lens("fields")["error_code"][0] == "F0004"


def test_inicis_hides_the_amount_on_phones_only(make_shopper: MakeShopper):
    on_phone, on_pc = make_shopper("phone"), make_shopper("pc")

    open_guide(on_phone, "inicis").run().hides_amount()

    open_guide(on_pc, "inicis").run().shows_amount("1,004원")


def test_a_guide_asks_a_stranger_to_sign_in_and_comes_back(make_shopper: MakeShopper):
    stranger = make_shopper("pc", signed_in=False)
    page = open_guide(stranger, "chai")

    stranger.page.get_by_role("link", name=stranger.words.shop("Sign in to run it")).click()

    stranger.page.wait_for_url("**/account/sign-in**")
    assert "chai" in stranger.page.url
    assert page.guide == "chai"
