"""The checkout page: choose a PG, fill in who pays, press Pay."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.pages.guide import REDIRECTS
from tests.e2e.pages.window import PaymentWindow
from tests.e2e.pages.words import Words

NAMES = {
    "inicis": {"ko": "KG이니시스", "en": "KG Inicis"},
    "jtnet": {"ko": "JTNet", "en": "JTNet"},
    "chai": {"ko": "차이", "en": "CHAI"},
    "paymentwall": {"ko": "페이먼트월", "en": "Paymentwall"},
}
RETIRED = {"jtnet", "chai"}
LONG_WAIT = (
    "The payment service has not answered yet. This page waits up to %(seconds)d seconds, then your order opens. "
    "The order checks the result again automatically, and you are not charged twice."
)
METHODS = {"chai": "Bank account"}


class CheckoutPage:
    def __init__(self, page: Page, words: Words, device: str) -> None:
        self.page, self.words, self.device = page, words, device

    def choose(self, guide: str) -> "CheckoutPage":
        """Choose how to pay and then the PG. For a retired PG, turn on the demonstration's switch before."""
        self.guide = guide
        switch = self.page.get_by_role("button", name=self.words.shop("Offer the retired PGs too"))
        if guide in RETIRED and switch.count():
            switch.click()
            expect(switch).to_have_count(0)  # the page comes again, with the retired PGs
        self.page.get_by_role("radio", name=self.words.shop(METHODS.get(guide, "Card")), exact=True).check()
        self.page.get_by_role("radio", name=NAMES[guide][self.words.language]).check()
        return self

    def fill(self, label: str, value: str) -> "CheckoutPage":
        self.page.get_by_label(self.words.shop(label), exact=True).fill(value)
        return self

    def press_pay(self, *, clicks: int = 1) -> None:
        self.page.locator("[data-module='components/buy-form'] button[type=submit]").click(click_count=clicks)

    def pay(self, *, clicks: int = 1) -> PaymentWindow:
        self.press_pay(clicks=clicks)
        if self.guide in REDIRECTS[self.device]:
            self.page.wait_for_url("**/windows/**")
            return PaymentWindow(self.page, self.words)
        return PaymentWindow.over(self.page, self.words)

    def expect_wait(self, *, seconds: int, explained: bool = False) -> None:
        """Expect the bar of the wait to stand at this second, and whether the page explains the wait."""
        bar = self.page.get_by_role("progressbar", name=self.words.shop("Waiting for the payment service"))
        expect(bar).to_have_js_property("value", seconds)
        explanation = self.page.get_by_role("status").filter(has_text=self.words.shop(LONG_WAIT).split("%")[0])
        expect(explanation).to_have_count(1 if explained else 0)

    def expect_question(self, text: str) -> None:
        """Expect the shop to ask before it buys, with the focus on the question."""
        question = self.page.get_by_role("group", name=self.words.shop(text))
        expect(question).to_be_visible()
        expect(question).to_be_focused()

    def answer_by_keyboard(self, *, tabs: int) -> None:
        """Go from the question to one of its answers and take it."""
        for _ in range(tabs):
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Enter")

    def expect_error(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def expect_alert(self, text: str) -> None:
        expect(self.page.get_by_role("alert").filter(has_text=re.compile(re.escape(text)))).to_be_visible()
