"""The result page of an order."""

from playwright.sync_api import Page, expect

from tests.e2e.pages.words import Words


class OrderPage:
    def __init__(self, page: Page, words: Words) -> None:
        self.page, self.words = page, words

    def open(self, shop: str, merchant_uid: str) -> None:
        self.page.goto(f"{shop}/orders/{merchant_uid}")

    def expect_headline(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.words.shop(text))

    def expect_text(self, text: str) -> None:
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible()

    def wait_for_event(self, event: str) -> None:
        """Reload until the journal shows the event. The worker settles a webhook shortly after it has arrived."""
        while not self.page.get_by_text(event, exact=True).count():
            self.page.reload()

    def go_to_subscription(self) -> None:
        self.page.get_by_role("link", name=self.words.shop("View subscription")).click()
        self.page.wait_for_url("**/subscriptions/*")

    def pay_with_another_card(self) -> None:
        self.page.get_by_role("link", name=self.words.shop("Pay with another payment method")).click()

    @property
    def merchant_uid(self) -> str:
        return self.page.url.split("/orders/")[1].split("?")[0]
