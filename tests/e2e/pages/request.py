"""The request panel of a guide: form, JSON, presets, mistakes, device and the Run button."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.words import Words


class RequestPanel:
    def __init__(self, page: Page, words: Words) -> None:
        self.page, self.words = page, words
        self.panel = page.get_by_role("region", name=words.shop("Request"), exact=True)
        self.run_button = self.panel.get_by_role("button", name=words.shop("Run"), exact=True)

    def field(self, name: str) -> Locator:
        return self.panel.get_by_label(name, exact=True)

    def type(self, name: str, value: str) -> None:
        self.field(name).fill(value)

    def leave_out(self, name: str) -> None:
        self.panel.get_by_label(self.words.shop("Send %(field)s", field=name), exact=True).uncheck()

    def undo(self, name: str) -> None:
        self.panel.get_by_role(
            "button", name=self.words.shop("Undo the change of %(field)s", field=name), exact=True
        ).click()

    def undo_all(self) -> None:
        self.panel.get_by_role("button", name=self.words.shop("Undo all changes")).click()

    def roll(self, name: str) -> None:
        self.panel.get_by_role("button", name=self.words.shop("Send another %(field)s", field=name), exact=True).click()

    def show_all_fields(self) -> None:
        self.panel.locator("#all-fields").click()

    def chip(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def variant(self, name: str) -> Locator:
        return self.panel.get_by_role("link", name=name, exact=True)

    def expect_said(self, name: str, text: str) -> None:
        """Expect the line below a field to contain a sentence."""
        row = self.panel.locator("tbody", has=self.page.get_by_label(name, exact=True))
        expect(row.locator(".row-group__check")).to_contain_text(text)

    def expect_changed(self, *names: str) -> None:
        """Expect these fields, and no others, to be marked as changed."""
        changed = self.panel.locator("tbody[data-changed] th code")
        expect(changed).to_have_text(list(names))

    def open_json(self) -> Locator:
        self.panel.get_by_role("tab", name="JSON").click()
        return self.panel.get_by_label(self.words.shop("Request as JSON"))

    def open_form(self) -> None:
        self.panel.get_by_role("tab", name=self.words.shop("Form")).click()

    def choose_device(self, name: str) -> None:
        self.panel.locator(".run-bar label", has_text=self.words.shop(name)).click()

    def run(self) -> None:
        self.run_button.click()

    def setup(self) -> dict[str, Any]:
        """Return the detail of the last `setup-change`."""
        found: dict[str, Any] = json.loads(self.page.locator("#workbench").get_attribute("data-setup") or "{}")
        return found
