"""From the home page to a paid subscription with the keyboard alone."""

import secrets

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import MakeShopper
from tests.e2e.pages.keyboard import Keyboard
from tests.e2e.pages.order import OrderPage
from tests.e2e.pages.window import APPROVED, PaymentWindow

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_stranger_subscribes_with_the_keyboard_alone(make_shopper: MakeShopper, language: str):
    stranger = make_shopper("pc", language=language, signed_in=False)
    page, say = stranger.open(f"/?lang={language}"), stranger.words.shop
    keyboard, main = Keyboard(page), page.get_by_role("main")

    keyboard.enter(main.get_by_role("link", name=say("Subscribe")).nth(1))
    keyboard.enter(main.get_by_role("link", name=say("Sign up")))
    mine = f"{secrets.token_hex(6)}@example.com"
    for label, value in {"Name": "Jisoo Kim", "E-mail": mine, "Phone": "010-1234-5678"}.items():
        keyboard.type(page.get_by_label(say(label), exact=True), value)
    keyboard.type(page.get_by_label(say("Password"), exact=True), "correct horse")
    keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(say("Checkout"))
    keyboard.enter(main.get_by_role("button", name=say("Offer the retired PGs too")))
    expect(main.get_by_role("button", name=say("Hide the retired PGs"))).to_be_visible()
    card, account = (main.get_by_role("radio", name=say(name), exact=True) for name in ("Card", "Bank account"))
    keyboard.go_to(card).press("ArrowRight")
    expect(account).to_be_checked()
    expect(main.get_by_role("radio", name="차이" if language == "ko" else "CHAI")).to_be_checked()
    keyboard.press("ArrowLeft")
    expect(card).to_be_checked()
    keyboard.go_to(main.get_by_role("radio", name="KG")).press("ArrowDown")
    expect(main.get_by_role("radio", name="JTNet")).to_be_checked()
    price = "19,900원" if language == "ko" else "₩19,900"
    keyboard.enter(main.get_by_role("button", name=say("Pay %(price)s", price=price)))

    window = PaymentWindow.over(page, stranger.words)
    keyboard.type(window.number, APPROVED)
    keyboard.press("Enter")

    page.wait_for_url("**/orders/**")
    OrderPage(page, stranger.words).expect_headline("Payment complete")
    keyboard.enter(main.get_by_role("link", name=say("View subscription")))
    page.wait_for_url("**/subscriptions/*")
    expect(main.get_by_text(say("Active"), exact=True).first).to_be_visible()
