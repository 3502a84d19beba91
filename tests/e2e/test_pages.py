"""What every page owes its reader: one h1, a title, unique ids, a complete translation, and no violation for axe."""

import re

import pytest
from playwright.sync_api import Page

from tests.axe import violations
from tests.e2e.conftest import MakeShopper
from tests.e2e.pages.checkout import CheckoutPage
from tests.e2e.pages.window import APPROVED

pytestmark = pytest.mark.e2e

PUBLIC = ["/", "/plans/coffee-monthly", "/guides", "/guides/inicis", "/account/sign-in", "/account/sign-up", "/nowhere"]
PRIVATE = [
    "/account",
    "/checkout/coffee-monthly",
    "/guides/jtnet?variant=2-1",
    "/guides/chai",
    "/guides/paymentwall",
    "/guides/inicis/phone",
    "/subscriptions",
]
HANGUL = re.compile("[가-힣]")
KOREAN_ON_PURPOSE = ".code, code, pre, [lang=ko], .site-account, option"
"""Code samples, the link to the other language, and texts that a PG returns only in Korean."""


@pytest.mark.parametrize(("device", "language"), [("pc", "ko"), ("phone", "en")])
def test_every_page_owes_its_reader(make_shopper: MakeShopper, device: str, language: str):
    stranger = make_shopper(device, language=language, signed_in=False)
    shopper = make_shopper(device, language=language)
    paths = [(stranger, path) for path in PUBLIC] + [(shopper, path) for path in PRIVATE]

    faults = {}
    for visitor, path in paths:
        page = visitor.open(path)
        faults[path] = faults_of(page, language)

    order = bought(shopper)
    for name in ("order", "subscription", "card", "cancellation"):
        faults[name] = faults_of(shopper.open(order[name]), language)
    assert {path: found for path, found in faults.items() if found} == {}


def bought(shopper) -> dict[str, str]:
    shopper.open("/checkout/coffee-monthly")
    window = CheckoutPage(shopper.page, shopper.words, shopper.device).choose("inicis").pay()
    window.pay(APPROVED)
    shopper.page.wait_for_url("**/orders/**")
    order = shopper.page.url.removeprefix(shopper.site.shop)
    shopper.page.get_by_role("link", name=shopper.words.shop("View subscription")).click()
    shopper.page.wait_for_url("**/subscriptions/*")
    subscription = shopper.page.url.removeprefix(shopper.site.shop)
    return {
        "order": order,
        "subscription": subscription,
        "card": f"{subscription}/card",
        "cancellation": f"{subscription}/cancellation",
    }


def faults_of(page: Page, language: str) -> list[str]:
    return [*_structure(page), *_width(page), *_language(page, language), *violations(page)]


def _structure(page: Page) -> list[str]:
    headings = page.locator("h1").all_inner_texts()
    ids = page.locator("[id]").evaluate_all("elements => elements.map(e => e.id)")
    faults = [f"twice: #{name}" for name in {i for i in ids if ids.count(i) > 1}]
    if len(headings) != 1:
        faults.append(f"{len(headings)} h1")
    elif not page.title().startswith(headings[0]):
        faults.append(f"title {page.title()!r} does not begin with {headings[0]!r}")
    return faults


def _width(page: Page) -> list[str]:
    """Return a fault if the page scrolls sideways, since a phone would cut it off."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{over} px too wide"] if over > 0 else []


def _language(page: Page, language: str) -> list[str]:
    faults = [] if page.locator("html").get_attribute("lang") == language else ["html lang"]
    texts = page.evaluate(
        """hidden => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const texts = [];
          while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.data.trim() && !node.parentElement.closest(hidden)) texts.push(node.data.trim());
          }
          return texts;
        }""",
        KOREAN_ON_PURPOSE,
    )
    if language == "en":
        faults += [f"Korean: {text}" for text in texts if HANGUL.search(text)]
    else:
        faults += [f"English: {text}" for text in texts if _is_an_english_sentence(text)]
    return faults


def _is_an_english_sentence(text: str) -> bool:
    return not HANGUL.search(text) and len(re.findall(r"\b[a-z]{2,}\b", text)) >= 3
