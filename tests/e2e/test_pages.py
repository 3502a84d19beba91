"""What every page owes its reader: one h1, a title, unique ids, a complete translation, and no violation for axe."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.axe import violations
from tests.e2e import staffed
from tests.e2e.conftest import MakeShopper, Site
from tests.e2e.pages.checkout import CheckoutPage
from tests.e2e.pages.window import APPROVED

pytestmark = pytest.mark.e2e

PUBLIC = [
    "/",
    "/plans/coffee-monthly",
    "/guides",
    "/guides/inicis",
    "/guides/compare",
    "/account/sign-in",
    "/account/sign-up",
    "/nowhere",
]
PRIVATE = [
    "/account",
    "/checkout/coffee-monthly",
    "/guides/jtnet?variant=2-1",
    "/guides/chai",
    "/guides/paymentwall",
    "/guides/inicis/frame?device=mobile",
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


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_comparison_prints_on_one_page(make_shopper: MakeShopper, language: str):
    page = make_shopper("pc", language=language, signed_in=False).open("/guides/compare")

    paper = page.pdf(format="A4")

    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


@pytest.mark.parametrize(("side", "scrolling"), [("shop", "smooth"), ("sandbox", "auto")])
def test_nothing_moves_for_who_asks_for_less_motion(make_shopper: MakeShopper, side: str, scrolling: str):
    visitor = make_shopper(signed_in=False)
    visitor.page.goto(getattr(visitor.site, side))

    assert _motion(visitor.page, "reduce") == ["0s", "0s", "1", "auto"]
    assert _motion(visitor.page, "no-preference") == ["3s", "3s", "infinite", scrolling]


def _motion(page: Page, preferred: Literal["reduce", "no-preference"]) -> list[str]:
    """Return how long an animated element moves, and how the page scrolls, for a reader with this preference."""
    page.emulate_media(reduced_motion=preferred)
    found: list[str] = page.evaluate(
        """() => {
          const element = document.body.appendChild(document.createElement("div"));
          element.style.transition = "color 3s";
          element.style.animation = "any 3s infinite";
          const { transitionDuration, animationDuration, animationIterationCount } = getComputedStyle(element);
          const { scrollBehavior } = getComputedStyle(document.documentElement);
          return [transitionDuration, animationDuration, animationIterationCount, scrollBehavior];
        }"""
    )
    return found


@pytest.fixture(scope="module")
def staff_pages(site: Site) -> dict[str, str]:
    """The paths of the pages for staff, by what they show. The shop has rows in every state."""
    with staffed.opened(site.environ) as app:
        return staffed.fill(app)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_for_staff_owes_the_same(
    site: Site, staff_pages: dict[str, str], make_shopper: MakeShopper, language: str
):
    """Light at the width of a PC, and dark at that of a phone."""
    staff = make_shopper(language=language)
    with staffed.opened(site.environ):
        staffed.promote(staff.email)

    faults = {}
    for name, path in staff_pages.items():
        page = staff.open(path)
        faults[name] = faults_of(page, language)
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="dark")
        faults[f"{name}, dark and narrow"] = [*_width(page), *violations(page)]
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
    assert {name: found for name, found in faults.items() if found} == {}


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
    """Return a fault if the page scrolls sideways, since a phone would cut it off, or if a table leaves its card."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wide = page.locator("table").evaluate_all(
        """tables => tables
          .filter(table => table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right)
          .map(table => table.caption?.textContent)"""
    )
    return [f"{over} px too wide"] * (over > 0) + [f"table {caption!r} leaves its card" for caption in wide]


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
