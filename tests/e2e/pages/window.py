"""The payment window: a layer over the page on a PC, a page of its own on phones and at redirecting PGs."""

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.e2e.pages.words import Words

APPROVED, DECLINED_AT_ISSUE, DECLINED_LATER, ONLY_FIRST_CHARGE, EXPIRED = (
    "4242-4242-4242-4242",
    "4000-0000-0000-0002",
    "4000-0000-0000-0341",
    "4000-0000-0000-9995",
    "4000-0000-0000-0069",
)
ACCOUNTS = {
    APPROVED: "110-4242-424242",
    DECLINED_AT_ISSUE: "110-0000-000002",
    DECLINED_LATER: "110-0000-000341",
    ONLY_FIRST_CHARGE: "110-0000-009995",
    EXPIRED: "110-0000-000069",
}
"""The CHAI account that behaves like each card."""


class PaymentWindow:
    def __init__(self, place: Page | FrameLocator, words: Words) -> None:
        self.place = place
        self.words = words

    @classmethod
    def over(cls, page: Page, words: Words) -> "PaymentWindow":
        return cls(page.frame_locator(".imp-dialog iframe"), words)

    @property
    def number(self) -> Locator:
        """The field for the number of the payer's card, account or phone."""
        return self.place.locator("#number")

    def pay(self, instrument: str = APPROVED) -> None:
        """Take an instrument from the shelf and submit it. The window of an account PG gets the matching account."""
        shelf = self.place.locator("[data-instrument]")
        expect(shelf.first).to_be_visible()
        is_account = self.place.get_by_label(self.words.sandbox("Account number")).count() > 0
        number = ACCOUNTS[instrument] if is_account else instrument
        self.place.get_by_role("button", name=re.compile(re.escape(number))).click()
        # Submit by keyboard: in the phone-sized frame two scrolling areas hide the button.
        self.number.press("Enter")

    def decline(self) -> None:
        self.place.get_by_role("button", name=self.words.sandbox("Simulate a decline")).click()

    def close(self) -> None:
        """Close the window, which a guide may open in a language of its own."""
        english = "Close the payment window"
        names = re.compile("|".join(map(re.escape, (english, self.words.sandbox(english)))))
        self.place.get_by_role("button", name=names).click()

    def shows_amount(self, amount: str) -> None:
        expect(self.place.get_by_text(amount, exact=True).first).to_be_visible()

    def hides_amount(self) -> None:
        expect(self.place.locator(".amount[data-shown=no]")).to_be_visible()
