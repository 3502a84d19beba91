"""From the catalog to a subscription, and everything that may go wrong on the way."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from tests.e2e.conftest import ROOT, MakeShopper, Shopper
from tests.e2e.pages.checkout import CheckoutPage
from tests.e2e.pages.order import OrderPage
from tests.e2e.pages.subscription import SubscriptionPage
from tests.e2e.pages.window import APPROVED, PaymentWindow

pytestmark = pytest.mark.e2e


def checkout(shopper: Shopper, plan: str = "coffee-monthly") -> CheckoutPage:
    shopper.open(f"/checkout/{plan}")
    return CheckoutPage(shopper.page, shopper.words, shopper.device)


def order_page(shopper: Shopper) -> OrderPage:
    shopper.page.wait_for_url("**/orders/**")
    return OrderPage(shopper.page, shopper.words)


def subscribe(shopper: Shopper, guide: str = "inicis") -> SubscriptionPage:
    checkout(shopper).choose(guide).pay().pay(APPROVED)
    order_page(shopper).go_to_subscription()
    return SubscriptionPage(shopper.page, shopper.words)


@pytest.fixture
def on_pc(make_shopper: MakeShopper) -> Shopper:
    return make_shopper("pc")


def test_a_stranger_signs_up_on_the_way_from_the_catalog_to_the_window(make_shopper: MakeShopper):
    stranger = make_shopper("phone", signed_in=False)
    page, say = stranger.open("/"), stranger.words.shop
    page.get_by_role("link", name="Beans every month").first.click()
    page.get_by_role("main").get_by_role("link", name=say("Subscribe")).first.click()

    page.get_by_role("link", name=say("Sign up")).click()
    for label, value in {"Name": "Jisoo Kim", "Phone": "010-1234-5678", "Password": "correct horse"}.items():
        page.get_by_label(say(label), exact=True).fill(value)
    page.get_by_label(say("E-mail"), exact=True).fill("stranger@example.com")
    page.get_by_role("main").locator("form button[type=submit]").last.click()

    expect(page.get_by_role("heading", level=1)).to_have_text(say("Checkout"))
    CheckoutPage(page, stranger.words, "phone").choose("chai").pay().pay(APPROVED)
    order_page(stranger).expect_headline("Payment complete")


@pytest.mark.parametrize("plan", ["coffee-yearly", "trial-monthly"])
def test_every_plan_can_be_bought(on_pc: Shopper, plan: str):
    checkout(on_pc, plan).choose("jtnet").pay().pay(APPROVED)

    order_page(on_pc).expect_headline("Payment complete")


def test_two_clicks_on_pay_make_one_order(on_pc: Shopper):
    orders: list[str] = []
    on_pc.page.on("request", lambda request: orders.append(request.url) if request.url.endswith("/orders") else None)

    checkout(on_pc).choose("inicis").pay(clicks=2).pay(APPROVED)

    order_page(on_pc).expect_headline("Payment complete")
    assert len(orders) == 1


def test_a_plan_bought_in_another_tab_is_bought_again_only_if_the_buyer_says_so(on_pc: Shopper):
    ask = "You already have this plan. Buy a second one?"
    first = checkout(on_pc).choose("jtnet")
    other = on_pc.page.context.new_page()
    other.goto(on_pc.page.url)
    second = CheckoutPage(other, on_pc.words, "pc").choose("jtnet")
    first.pay().pay(APPROVED)
    order_page(on_pc).expect_headline("Payment complete")

    second.press_pay()

    second.expect_question(ask)
    second.answer_by_keyboard(tabs=2)
    expect(other.get_by_role("heading", name="원두 월간 구독").first).to_be_visible()
    assert "/subscriptions/" in other.url

    other.go_back()
    second.choose("jtnet").press_pay()
    second.expect_question(ask)
    second.answer_by_keyboard(tabs=1)
    PaymentWindow.over(other, on_pc.words).pay(APPROVED)
    other.wait_for_url("**/orders/**")
    OrderPage(other, on_pc.words).expect_headline("Payment complete")
    expect_subscriptions(on_pc, 2)


def test_two_tabs_with_a_window_each_pay_for_one_subscription(on_pc: Shopper):
    window = checkout(on_pc).choose("jtnet").pay()
    other = on_pc.page.context.new_page()
    other.goto(f"{on_pc.site.shop}/checkout/coffee-monthly")
    CheckoutPage(other, on_pc.words, "pc").choose("jtnet").pay().pay(APPROVED)
    other.wait_for_url("**/orders/**")
    OrderPage(other, on_pc.words).expect_headline("Payment complete")

    window.pay(APPROVED)

    order_page(on_pc).expect_headline("Duplicate payment")
    expect_subscriptions(on_pc, 1)


def test_two_clicks_on_pay_now_pay_one_period(on_pc: Shopper):
    subscription = subscribe(on_pc)

    subscription.pay_now(clicks=2)

    subscription.expect_message(on_pc.words.shop("Paid. Thank you!"))
    assert subscription.payments("Paid").count() == 2


@pytest.mark.parametrize("path", ["/checkout/coffee-monthly", "/guides/inicis"])
def test_who_has_no_scripts_reads_why_nothing_can_be_paid(on_pc: Shopper, browser: Browser, path: str):
    why = on_pc.words.shop(
        "The payment window needs JavaScript, which is off in this browser. Please enable it and reload the page."
    )
    on_pc.open(path)
    expect(on_pc.page.locator("form[aria-busy=false]")).to_be_visible()
    expect(on_pc.page.get_by_text(why)).to_be_hidden()
    without = browser.new_context(
        java_script_enabled=False, locale="ko-KR", storage_state=on_pc.page.context.storage_state()
    )

    page = without.new_page()
    page.goto(on_pc.site.shop + path)

    expect(page.get_by_text(why)).to_be_visible()
    without.close()


def test_what_a_form_lacks_is_said_beside_the_field(on_pc: Shopper):
    page = checkout(on_pc).choose("inicis").fill("Phone", "none")

    page.press_pay()

    page.expect_error("010-1234-5678과 같은 전화번호를 입력해 주세요.")


def test_paymentwall_asks_for_a_name_of_two_words(on_pc: Shopper):
    page = checkout(on_pc, "global-monthly").choose("paymentwall").fill("Name", "김지수")

    page.press_pay()

    expect(on_pc.page.locator("[aria-invalid=true]")).to_have_count(1)
    assert page.guide == "paymentwall"


def forge(shopper: Shopper, **changes: object) -> None:
    """Edit the request on its way to the payment service, as the owner of a browser can."""

    def edit(route: Route, request: Request) -> None:
        body = json.loads(request.post_data or "{}")
        body["params"].update(changes)
        route.continue_(post_data=json.dumps(body))

    shopper.page.route("**/sdk/payments", edit)


def test_a_forged_amount_that_is_only_shown_grants_nothing(on_pc: Shopper):
    forge(on_pc, amount=1)

    checkout(on_pc).choose("inicis").pay().pay(APPROVED)

    order_page(on_pc).expect_headline("The payment does not match the order")
    on_pc.open("/subscriptions")
    assert on_pc.page.get_by_text("원두 월간 구독").count() == 0


def test_a_forged_amount_of_a_charging_window_is_refused_before_it_opens(on_pc: Shopper):
    forge(on_pc, amount=1)

    checkout(on_pc).choose("jtnet").press_pay()

    order_page(on_pc).expect_headline("The payment method was not registered")


def test_a_forged_currency_is_not_what_was_ordered(on_pc: Shopper):
    forge(on_pc, currency="USD")

    checkout(on_pc).choose("chai").pay().pay(APPROVED)

    order_page(on_pc).expect_headline("The payment does not match the order")


def test_somebody_elses_pages_do_not_exist(make_shopper: MakeShopper):
    owner, other = make_shopper("pc"), make_shopper("pc")
    subscribe(owner)
    subscription_url = owner.page.url
    owner.page.get_by_role("link", name=re.compile("^inv_|^order_")).first.click()

    for url in (subscription_url, subscription_url + "/card", subscription_url + "/cancellation", owner.page.url):
        answer = other.page.goto(url)
        assert answer is not None
        assert answer.status == 404


def test_the_webhook_may_come_before_the_browser(on_pc: Shopper):
    def overtake(route: Route, callback: Request) -> None:
        webhook_settles(on_pc, json.loads(callback.post_data or "{}")["merchant_uid"])
        route.continue_()

    on_pc.page.route("**/payments/complete", overtake)

    checkout(on_pc).choose("jtnet").pay().pay(APPROVED)

    order_page(on_pc).expect_headline("Payment complete")
    expect_one_payment(on_pc)


def test_the_webhook_may_come_after_the_browser_and_twice(on_pc: Shopper):
    checkout(on_pc).choose("inicis").pay().pay(APPROVED)
    order = order_page(on_pc)
    order.expect_headline("Payment complete")

    for _ in range(2):
        webhook_settles(on_pc, order.merchant_uid)

    expect_one_payment(on_pc)


def test_webhook_and_worker_make_up_for_a_browser_that_never_comes_back(on_pc: Shopper):
    on_pc.page.route("**/payments/complete", lambda route: route.fulfill(status=503))

    with on_pc.page.expect_request("**/payments/complete") as callback:
        checkout(on_pc).choose("inicis").pay().pay(APPROVED)
    webhook_settles(on_pc, json.loads(callback.value.post_data or "{}")["merchant_uid"])
    worker_runs(on_pc, "renew-due")

    expect_one_payment(on_pc)


def test_a_buyer_who_waits_for_the_service_learns_how_long_and_what_follows(on_pc: Shopper):
    held: list[Route] = []
    on_pc.page.route("**/payments/complete", lambda route: held.append(route))
    on_pc.page.clock.install()
    page = checkout(on_pc)
    with on_pc.page.expect_request("**/payments/complete"):
        page.choose("inicis").pay().pay(APPROVED)

    page.expect_wait(seconds=0)
    on_pc.page.clock.run_for(12_000)
    page.expect_wait(seconds=12, explained=True)
    held[0].continue_()

    order_page(on_pc).expect_headline("Payment complete")


def test_a_card_is_changed_and_the_subscription_cancelled(on_pc: Shopper):
    subscription = subscribe(on_pc)
    page = on_pc.page
    subscription.change_card()
    CheckoutPage(page, on_pc.words, "pc").choose("jtnet").pay().pay(APPROVED)
    order_page(on_pc).expect_headline("Payment method registered")

    OrderPage(page, on_pc.words).go_to_subscription()
    subscription.cancel()

    subscription.expect_state("Ended")
    assert page.get_by_role("button", name=on_pc.words.shop("Pay now")).count() == 0


def webhook_settles(shopper: Shopper, merchant_uid: str) -> None:
    answer = shopper.page.context.request.post(
        "/webhooks/iamport", data={"merchant_uid": merchant_uid, "status": "paid"}
    )
    assert answer.json() == {"status": "stored"}
    worker_runs(shopper, "reconcile")


def worker_runs(shopper: Shopper, name: str) -> None:
    command = [sys.executable, "-m", "flask", name]
    subprocess.run(command, cwd=ROOT, env=shopper.site.environ, check=True, capture_output=True)


def expect_subscriptions(shopper: Shopper, count: int) -> None:
    shopper.open("/subscriptions")
    expect(shopper.page.get_by_role("main").locator("a[href^='/subscriptions/']")).to_have_count(count)


def expect_one_payment(shopper: Shopper) -> None:
    shopper.open("/subscriptions")
    shopper.page.get_by_role("main").get_by_role("link").first.click()
    shopper.page.wait_for_url("**/subscriptions/*")
    subscription = SubscriptionPage(shopper.page, shopper.words)
    subscription.expect_state("Active")
    assert subscription.payments("Paid").count() == 1
