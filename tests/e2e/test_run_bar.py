"""The bar with Run stays at the end of a phone's screen, and covers neither the field at hand nor its note.

A screen reader announces how a run ended.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import MakeShopper, Shopper
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.request import RequestPanel
from tests.e2e.pages.window import APPROVED

pytestmark = pytest.mark.e2e

ABOVE_THE_BAR = """(selector) => {
  const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
  return top >= 0 && bottom <= document.querySelector("#run-bar").getBoundingClientRect().top;
}"""


@pytest.fixture
def phone(make_shopper: MakeShopper) -> Shopper:
    shopper = make_shopper("phone", language="en", signed_in=False)
    shopper.open("/guides/paymentwall")
    panel = RequestPanel(shopper.page, shopper.words)
    expect(panel.panel.get_by_role("button", name=shopper.words.shop("Run"), exact=True)).to_be_enabled()
    panel.show_all_fields()
    return shopper


def scroll_to_the_bar(page: Page, selector: str) -> None:
    """Scroll until the element ends where the bar begins: its note would be behind the bar."""
    page.evaluate(
        """(selector) => window.scrollBy({ behavior: "instant", top:
          document.querySelector(selector).getBoundingClientRect().bottom
          - document.querySelector("#run-bar").getBoundingClientRect().top })""",
        selector,
    )


def test_the_note_of_a_changed_field_is_not_covered(phone: Shopper):
    field = phone.page.locator("#field-buyer_email")
    field.focus()
    scroll_to_the_bar(phone.page, "#field-buyer_email")

    field.press("x")

    expect(phone.page.locator("#check-buyer_email")).to_contain_text("Changed")
    phone.page.wait_for_function(ABOVE_THE_BAR, arg="#check-buyer_email")


def test_a_field_that_gets_the_focus_is_not_covered(phone: Shopper):
    page = phone.page
    page.locator("#field-buyer_name").focus()
    scroll_to_the_bar(page, "#field-buyer_name")

    for _ in range(8):
        page.keyboard.press("Tab")
        page.wait_for_function(ABOVE_THE_BAR, arg=":focus")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_run_announces_its_result_and_the_title_begins_with_it(make_shopper: MakeShopper, language: str):
    shopper = make_shopper("pc", language=language)
    guide = GuidePage(shopper.page, shopper.words, "pc").open(shopper.site.shop, "inicis")

    guide.run().pay(APPROVED)

    result = shopper.words.shop("Payment complete")
    expect(shopper.page.get_by_role("status").filter(has_text=result).first).to_be_attached()
    expect(shopper.page).to_have_title(re.compile(f"^{result}: "))
