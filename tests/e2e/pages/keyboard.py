"""A person who uses the keyboard alone: Tab, arrows, Enter, Space and letters."""

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 120
"""More than any page has places to stop at."""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> "Keyboard":
        """Press Tab until the focus is on the element. The test fails if it is never there."""
        expect(target).to_be_enabled()
        for _ in range(MOST_TABS):
            if _has_focus(target):
                return self
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {target}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def enter(self, target: Locator) -> None:
        """Go to a link or a button, and press Enter."""
        self.go_to(target).press("Enter")

    def type(self, field: Locator, text: str) -> None:
        """Go to a field, and type over what is in it."""
        self.go_to(field).press("ControlOrMeta+a")
        self.page.keyboard.type(text)


def _has_focus(target: Locator) -> bool:
    return bool(target.evaluate("element => element === document.activeElement && document.hasFocus()"))
