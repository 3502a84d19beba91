"""What can happen between the checkout page and the payment window: a session ends, a script or the service stalls."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import MakeShopper, Shopper
from tests.e2e.pages.checkout import CheckoutPage
from tests.e2e.pages.order import OrderPage
from tests.e2e.pages.window import APPROVED, PaymentWindow

pytestmark = pytest.mark.e2e

SDK = re.compile(r"/v1/iamport\.js")
WINDOWS = "**/sdk/payments"
BEYOND_THE_LIMIT = 16_000
"""Milliseconds: the page waits for 15 seconds before it offers a way out."""


@pytest.fixture(params=["ko", "en"])
def shopper(make_shopper: MakeShopper, request: pytest.FixtureRequest) -> Shopper:
    return make_shopper("pc", language=str(request.param))


def checkout(shopper: Shopper, guide: str = "inicis", *, fake_clock: bool = False) -> CheckoutPage:
    if fake_clock:
        shopper.page.clock.install()
    # A stalled script keeps the page from its "load" event.
    shopper.page.goto(shopper.site.shop + "/checkout/coffee-monthly", wait_until="domcontentloaded")
    return CheckoutPage(shopper.page, shopper.words, shopper.device).choose(guide)


def link(shopper: Shopper, name: str) -> Locator:
    return shopper.page.get_by_role("main").get_by_role("link", name=shopper.words.shop(name))


def says_error(shopper: Shopper) -> None:
    """Expect the title to begin with the word for an error, and the focus on a message or a field."""
    expect(shopper.page).to_have_title(re.compile(f"^{shopper.words.shop('Error:')} "))
    expect(shopper.page.locator("form [role=alert]:focus, form [aria-invalid=true]:focus")).to_have_count(1)


def expect_subscriptions(shopper: Shopper, count: int) -> None:
    shopper.open("/subscriptions")
    expect(shopper.page.get_by_role("main").locator("a[href^='/subscriptions/']")).to_have_count(count)


def end_session(page: Page) -> None:
    page.context.clear_cookies()


def sign_out_beside(page: Page) -> None:
    """Sign out as in another tab, which keeps the form's token valid."""
    page.evaluate(
        """() => fetch("/account/sign-out", {method: "POST", redirect: "manual", headers: {
             "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content}})"""
    )


@pytest.mark.parametrize("end", [end_session, sign_out_beside])
def test_what_was_typed_is_kept_while_the_buyer_signs_in_again(shopper: Shopper, end: Callable[[Page], None]):
    page = checkout(shopper).fill("Name", "Minsu Park").fill("Phone", "010-9999-8888")
    end(shopper.page)

    page.press_pay()
    page.expect_alert(
        shopper.words.shop("You are not signed in any more, so nothing was done. Please sign in and continue.")
    )
    says_error(shopper)
    link(shopper, "Sign in and continue").click()
    shopper.page.wait_for_url("**/account/sign-in?next=/checkout/coffee-monthly")
    shopper.page.get_by_label(shopper.words.shop("E-mail")).fill(shopper.email)
    shopper.page.get_by_label(shopper.words.shop("Password")).fill("correct horse")
    shopper.page.get_by_role("main").get_by_role("button", name=shopper.words.shop("Sign in"), exact=True).click()

    expect(shopper.page.get_by_label(shopper.words.shop("Name"), exact=True)).to_have_value("Minsu Park")
    expect(shopper.page.get_by_label(shopper.words.shop("Phone"), exact=True)).to_have_value("010-9999-8888")
    page.pay().pay(APPROVED)
    OrderPage(shopper.page, shopper.words).expect_headline("Payment complete")
    expect_subscriptions(shopper, 1)


def test_what_was_typed_is_not_shown_to_another_account(make_shopper: MakeShopper):
    shopper = make_shopper("pc")
    page = checkout(shopper).fill("Name", "Minsu Park")
    mine = shopper.page.context.cookies()
    theirs = make_shopper("pc").page.context.cookies()
    shopper.page.context.clear_cookies()
    page.press_pay()
    expect(link(shopper, "Sign in and continue")).to_be_visible()

    shopper.page.context.add_cookies(theirs)
    shopper.open("/checkout/coffee-monthly")
    expect(shopper.page.get_by_label(shopper.words.shop("Name"), exact=True)).to_have_value("Jisoo Kim")

    shopper.page.context.add_cookies(mine)
    shopper.open("/checkout/coffee-monthly")
    expect(shopper.page.get_by_label(shopper.words.shop("Name"), exact=True)).to_have_value("Jisoo Kim")


def test_a_page_from_an_earlier_session_is_reopened_with_what_was_typed(shopper: Shopper):
    page = checkout(shopper).fill("Name", "Minsu Park")
    shopper.page.evaluate("document.querySelector('meta[name=csrf-token]').content = 'from an earlier session'")

    page.press_pay()
    says_error(shopper)
    link(shopper, "Reopen the page").click()

    expect(shopper.page.get_by_label(shopper.words.shop("Name"), exact=True)).to_have_value("Minsu Park")
    page.pay().pay(APPROVED)
    OrderPage(shopper.page, shopper.words).expect_headline("Payment complete")


def test_an_sdk_that_cannot_be_reached_is_loaded_again(shopper: Shopper):
    shopper.page.route(SDK, lambda route: route.fulfill(status=503))
    page = checkout(shopper)

    page.press_pay()
    page.expect_alert(
        shopper.words.shop(
            "The payment window could not be loaded, and nothing was charged. "
            "Please check your connection and try again."
        )
    )
    says_error(shopper)

    shopper.page.unroute(SDK)
    page.pay().pay(APPROVED)
    OrderPage(shopper.page, shopper.words).expect_headline("Payment complete")
    expect_subscriptions(shopper, 1)


def test_an_sdk_that_stalls_is_not_taken_for_a_page_without_scripts(shopper: Shopper):
    stalled: list[Route] = []
    shopper.page.route(SDK, lambda route: stalled.append(route))
    page = checkout(shopper, fake_clock=True)

    page.press_pay()
    expect(shopper.page.get_by_text(shopper.words.shop("Loading the payment service…"))).to_be_visible()
    shopper.page.clock.fast_forward(BEYOND_THE_LIMIT)
    page.expect_alert(
        shopper.words.shop(
            "The payment service responds slowly, so the payment window is not ready. "
            "Nothing was charged. Please try again."
        )
    )
    expect(shopper.page.get_by_text("JavaScript")).to_be_hidden()

    for route in stalled:
        route.continue_()
    page.pay().pay(APPROVED)
    OrderPage(shopper.page, shopper.words).expect_headline("Payment complete")
    expect_subscriptions(shopper, 1)


def hang(shopper: Shopper) -> list[Route]:
    """Let the service keep the SDK waiting for its window."""
    waiting: list[Route] = []
    shopper.page.route(WINDOWS, lambda route: waiting.append(route))
    return waiting


def wait_too_long(shopper: Shopper, page: CheckoutPage) -> None:
    with shopper.page.expect_request(WINDOWS):
        page.press_pay()
    shopper.page.clock.fast_forward(BEYOND_THE_LIMIT)
    awaited = "We are waiting for the payment window. If no window is open, the payment service does not respond."
    expect(shopper.page.get_by_role("status").filter(has_text=shopper.words.shop(awaited))).to_be_visible()


def test_while_the_service_hangs_the_buyer_chooses_another_pg_and_pays_once(shopper: Shopper):
    hang(shopper)
    page = checkout(shopper, fake_clock=True)
    wait_too_long(shopper, page)

    link(shopper, "Choose another way to pay").click()
    shopper.page.unroute(WINDOWS)
    expect(shopper.page.locator("form[aria-busy=false]")).to_be_visible()
    page.pay().pay(APPROVED)

    OrderPage(shopper.page, shopper.words).expect_headline("Payment complete")
    expect_subscriptions(shopper, 1)


def test_while_the_service_hangs_the_buyer_checks_the_payment(shopper: Shopper):
    hang(shopper)
    page = checkout(shopper, fake_clock=True)
    wait_too_long(shopper, page)

    link(shopper, "Check the payment").click()

    OrderPage(shopper.page, shopper.words).expect_headline("We are checking the result")


def test_a_window_that_opens_in_time_hears_nothing_of_a_limit(shopper: Shopper):
    page = checkout(shopper, fake_clock=True)
    window: PaymentWindow = page.pay()
    expect(window.number).to_be_visible()
    window.close()

    OrderPage(shopper.page, shopper.words).expect_headline("The payment method was not registered")


def test_a_field_that_is_wrong_gets_the_focus_and_the_title_says_so(shopper: Shopper):
    page = checkout(shopper).fill("Phone", "none")

    page.press_pay()

    says_error(shopper)
    expect(shopper.page.get_by_label(shopper.words.shop("Phone"), exact=True)).to_be_focused()
