"""A timeline on a page, or in the dock at the foot of the window."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.words import Words


class Timeline:
    def __init__(self, place: Locator, words: Words) -> None:
        self.place, self.words = place, words
        self.facts = place.get_by_role("listitem").get_by_role("button").and_(place.locator("[aria-expanded]"))

    @classmethod
    def in_dock(cls, page: Page, words: Words) -> "Timeline":
        """Return the dock's timeline. The key t opens it, once the page's scripts have started."""
        expect(page.get_by_role("button", name=words.shop("Timeline of my orders"))).to_be_enabled()
        return cls(page.get_by_role("complementary", name=words.shop("Timeline")), words)

    @classmethod
    def in_guide(cls, page: Page, words: Words) -> "Timeline":
        """Show the timeline in the code panel of a guide, beside the frames in which it runs."""
        page.get_by_role("tab", name=words.shop("Timeline")).click()
        return cls(page.get_by_role("tabpanel", name=words.shop("Timeline")), words)

    @classmethod
    def of_order(cls, page: Page, words: Words) -> "Timeline":
        """Open the timeline on the page of an order or a subscription."""
        page.get_by_text(words.shop("Timeline of requests")).click()
        return cls(page.get_by_role("main").locator("details", has_text=words.shop("Timeline of requests")), words)

    def shows(self, *names: str) -> None:
        """Expect a row for each of these names, whatever else there is."""
        for name in names:
            expect(self.facts.filter(has_text=name).first).to_be_visible()

    def names(self) -> list[str]:
        """Return the first line of each row, in the order of the page."""
        names: list[str] = self.place.locator(".trace__name").all_inner_texts()
        return names

    def jumps(self) -> Locator:
        """The lines that say by how much the clock jumped."""
        return self.place.locator("[data-jump]:visible")

    def name_after_last_jump(self) -> str:
        """Return the name of the first row after the newest jump."""
        row = self.place.get_by_role("listitem").filter(has=self.place.page.locator("[data-jump]:visible"))
        return row.last.locator(".trace__name").inner_text()

    def open_row(self, name: str) -> Locator:
        """Open the first row with this name, and return its item."""
        fact = self.facts.filter(has_text=name).first
        fact.click()
        return self.place.get_by_role("listitem").filter(has=self.place.page.locator(".trace__detail")).first

    def search(self, text: str) -> None:
        self.place.get_by_role("searchbox").fill(text)

    def draw(self) -> Locator:
        """Show the sequence diagram and return it."""
        self.place.get_by_role("button", name=self.words.shop("Sequence diagram")).click()
        figure = self.place.get_by_role("img", name=self.words.shop("Sequence diagram"))
        expect(figure).to_be_visible()
        return figure
