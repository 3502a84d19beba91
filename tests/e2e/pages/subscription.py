"""The page of one subscription, under My subscriptions."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.words import Words


class SubscriptionPage:
    def __init__(self, page: Page, words: Words) -> None:
        self.page, self.words = page, words

    def pay_now(self, *, clicks: int = 1) -> None:
        """Press Pay now and confirm, with `clicks` clicks as an impatient buyer would."""
        self.page.get_by_role("button", name=self.words.shop("Pay now")).click()
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        dialog.locator("button[type=submit]").click(click_count=clicks)
        expect(dialog).to_be_hidden()

    def expect_message(self, text: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()

    def expect_state(self, text: str) -> None:
        expect(self.page.get_by_text(self.words.shop(text), exact=True).first).to_be_visible()

    def payments(self, outcome: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=self.words.shop(outcome))

    def change_card(self) -> None:
        self.page.get_by_role("link", name=self.words.shop("Change payment method")).click()

    def cancel(self) -> None:
        self.page.get_by_role("link", name=self.words.shop("Cancel subscription")).click()
        self.page.get_by_role("main").get_by_role("button").first.click()
