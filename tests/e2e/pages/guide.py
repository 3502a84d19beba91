"""A guide's page, and its phone-sized frame."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.request import RequestPanel
from tests.e2e.pages.window import PaymentWindow
from tests.e2e.pages.words import Words

REDIRECTS = {"pc": {"chai"}, "phone": {"inicis", "jtnet", "chai", "paymentwall"}}


class GuidePage:
    def __init__(self, page: Page, words: Words, device: str) -> None:
        self.page, self.words, self.device = page, words, device

    def open(self, shop: str, guide: str, variant: str = "") -> "GuidePage":
        self.page.goto(f"{shop}/guides/{guide}" + (f"?variant={variant}" if variant else ""))
        self.guide = guide
        return self

    def run(self) -> PaymentWindow:
        """Press Run and return the window: in a frame on a PC, in place of the page on a phone."""
        RequestPanel(self.page, self.words).run()
        return self.window() if self.device == "phone" else self.window_in_frame("pc")

    def run_in_phone_frame(self) -> PaymentWindow:
        self.run_on("Phone")
        return self.window_in_frame("mobile")

    def run_on(self, device: str) -> None:
        """Choose `PC`, `Phone` or `Both`, and press Run."""
        panel = RequestPanel(self.page, self.words)
        panel.choose_device(device)
        panel.run()

    def subscribe_in_frame(self, name: str) -> PaymentWindow:
        """Press the shop's own button in the frame of a device, and return the window."""
        figure = self.page.locator(f"figure[data-device={name}]")
        figure.frame_locator("iframe").get_by_role("button", name=self.words.shop("Subscribe")).click()
        return self.window_in_frame(name)

    def window_in_frame(self, name: str) -> PaymentWindow:
        """Return the window in the frame of a device, `pc` or `mobile`."""
        figure = self.page.locator(f"figure[data-device={name}]")
        # The driver scrolls inside a frame that is drawn smaller, but not the page around it.
        figure.evaluate("(figure) => figure.scrollIntoView({ block: 'center' })")
        frame = self.page.frame_locator(f"figure[data-device={name}] iframe")
        redirects = REDIRECTS["phone" if name == "mobile" else name]
        return PaymentWindow(
            frame if self.guide in redirects else frame.frame_locator(".imp-dialog iframe"), self.words
        )

    def expect_address(self, device: str, part: str) -> None:
        """Expect the address bar of a device to show this."""
        expect(self.page.locator(f"figure[data-device={device}] .device__address")).to_contain_text(part)

    def lens(self, part: str) -> dict[str, list[str]]:
        """Return a table of what came back, `fields` or `checks`: the cells of each row by its field."""
        table = self.page.locator(f"#came-back [data-part={part}]")
        expect(table).to_be_visible()
        rows = table.locator("tbody tr").evaluate_all(
            "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        return {name: cells for name, *cells in rows}

    def open_run(self, shop: str, merchant_uid: str) -> None:
        """Open the guide with the values of a run."""
        self.page.goto(f"{shop}/guides/{self.guide}?order={merchant_uid}")
        expect(self.page.locator("#workbench")).to_have_attribute("data-setup", re.compile("request"))

    def expect_proof(self, *different: str) -> None:
        """Expect each request that was sent to be as the code prints it, except for these fields of the window."""
        verdicts = self.page.locator("#code-panes [data-verdict]")
        call = "different" if different else "same"
        for number, verdict in enumerate([call, "same", "same", "same"]):
            expect(verdicts.nth(number)).to_have_attribute("data-verdict", verdict)
        expect(verdicts).to_have_count(4)
        marked = self.page.locator("#code-html tr:has(.lens__bad) th")
        expect(marked).to_have_text(list(different))

    def buy(self) -> PaymentWindow:
        """Press the pay button of a page of the shop and return the window of this guide's PG."""
        self.page.get_by_role("main").get_by_role("button").last.click()
        return self.window()

    def follow_to_order(self) -> None:
        """Go from the page on which the run ended to the order's own page."""
        self.page.wait_for_url(re.compile(r"/orders/|[?&]order="))
        if "/orders/" not in self.page.url:
            self.page.get_by_role("link", name=self.words.shop("View what happened")).click()
            self.page.wait_for_url("**/orders/**")

    def expect_result(self) -> None:
        expect(self.page.get_by_role("heading", name=self.words.shop("This run"))).to_be_visible()

    def expect_step(self, state: str) -> None:
        """Expect a step of the run to show this state."""
        expect(self.page.locator(".run-steps").get_by_text(self.words.shop(state), exact=True)).to_be_visible()

    def value_of(self, name: str) -> str:
        """Return an id of the run as the page shows it."""
        return self.page.locator("#run-result dt", has_text=name).locator("xpath=../dd").inner_text()

    def follow_to_subscription(self) -> None:
        self.page.get_by_role("link", name=self.words.shop("Charge again in My subscriptions")).click()

    def window(self) -> PaymentWindow:
        """Return the window that has opened: in place of the page, or over it."""
        if self.guide in REDIRECTS[self.device]:
            self.page.wait_for_url("**/windows/**")
            return PaymentWindow(self.page, self.words)
        return PaymentWindow.over(self.page, self.words)

    def code_size(self) -> float:
        """Return the size of the code in pixels."""
        code = self.page.locator("pre.code code").first
        size: float = code.evaluate("code => parseFloat(getComputedStyle(code).fontSize)")
        return size

    def edges_of_header(self) -> tuple[float, float]:
        """Return where the content of header and footer begins and ends."""
        rows = [self._content_of(row) for row in self.page.locator(".site-header__row, .site-footer__row").all()]
        return min(left for left, _ in rows), max(right for _, right in rows)

    def edges_of_parts(self) -> list[tuple[float, float]]:
        """Return where the parts of the page begin and end."""
        return [self._content_of(part) for part in self.page.locator("main > *").all()]

    def _content_of(self, place: Locator) -> tuple[float, float]:
        left, right = place.evaluate(
            """element => {
              const { left, right } = element.getBoundingClientRect(), style = getComputedStyle(element);
              return [left + parseFloat(style.paddingLeft), right - parseFloat(style.paddingRight)];
            }"""
        )
        return left, right
