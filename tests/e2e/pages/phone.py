"""The dialog of a guide that opens it on a real phone."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.words import Words


class PhoneDialog:
    def __init__(self, page: Page, words: Words) -> None:
        self.page, self.words = page, words
        self.opener = page.get_by_role("button", name=words.shop("On a phone"), exact=True)
        self.place = page.get_by_role("dialog", name=words.shop("This guide on your phone"))

    def open(self) -> "PhoneDialog":
        """Open it with the keyboard."""
        expect(self.opener).to_be_enabled()
        self.opener.press("Enter")
        expect(self.place).to_be_visible()
        return self

    @property
    def code(self) -> Locator:
        return self.place.get_by_role("img", name=self.words.shop("QR code of the address below"))

    def address(self) -> str:
        """Return the address in the code, once there is one."""
        address = self.place.get_by_text(re.compile(r"^http\S+/demo/phone/"))
        expect(address).to_be_visible()
        expect(self.place.get_by_role("timer")).to_have_text(re.compile(r"\d:\d\d"))
        return address.inner_text()

    def renew(self) -> None:
        self.place.get_by_role("button", name=self.words.shop("New code")).click()

    def says(self, text: str) -> None:
        expect(self.place.get_by_role("status")).to_have_text(self.words.shop(text))

    def close(self) -> None:
        """Close it with Escape: the focus is on its button again."""
        self.page.keyboard.press("Escape")
        expect(self.place).to_be_hidden()
        expect(self.opener).to_be_focused()
