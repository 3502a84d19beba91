"""The fullest pages in light and dark, in both languages, at the widths of a phone, a PC and a projector."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.axe import contrast, violations
from tests.e2e.conftest import MakeShopper, Shopper
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.words import Words

pytestmark = pytest.mark.e2e

PAGES = [
    "/guides/inicis",
    "/guides/inicis/frame",
    "/guides/inicis/frame?device=mobile",
    "/guides/compare",
    "/demo/clock",
]
PC, PHONE, PROJECTOR = 1280, 390, 1920

MEASURE_SHIFTS = """() => {
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


def at_each_width(page: Page) -> Iterator[int]:
    for width in (PC, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        yield width


def faults_of(page: Page) -> dict[str, list[str]]:
    """Return what axe finds in the page and its own frames. In the dark only the colours differ."""
    faults = {}
    for width in at_each_width(page):
        places = [page.main_frame, *(frame for frame in page.frames[1:] if "/frame" in frame.url)]
        for scheme, check in (("light", violations), ("dark", contrast)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            faults |= {f"{width} {scheme} {place.url}": check(place) for place in places}
        page.emulate_media(color_scheme="light")
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        faults[f"{width} scrolls sideways"] = [f"{over} px"] * (over > 0)
    return {where: found for where, found in faults.items() if found}


def open_dock(shopper: Shopper) -> Page:
    page = shopper.open("/subscriptions")
    toggle = page.get_by_role("button", name=shopper.words.shop("Timeline of my orders"))
    expect(toggle).to_be_enabled()
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    return page


@pytest.mark.parametrize("width", [390, 430, 520, 620])
def test_the_links_of_the_header_stand_side_by_side(make_shopper: MakeShopper, width: int):
    shopper = make_shopper("pc", language="ko")
    page = shopper.open("/account")

    page.set_viewport_size({"width": width, "height": 900})

    links = page.get_by_role("navigation", name=shopper.words.shop("Main")).get_by_role("link").all()
    tops = [box["y"] for link in links if (box := link.bounding_box())]
    assert len(tops) == 3
    assert len(set(tops)) == 1


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", [*PAGES, "dock"])
def test_axe_finds_nothing(make_shopper: MakeShopper, language: str, path: str):
    shopper = make_shopper(language=language)

    page = open_dock(shopper) if path == "dock" else shopper.open(path)
    if path == "/guides/inicis":
        GuidePage(page, shopper.words, "pc").expect_address("pc", "/frame")

    assert faults_of(page) == {}


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("width", [PC, PHONE])
def test_nothing_jumps_while_a_guide_loads(make_shopper: MakeShopper, width: int, signed_in: bool):
    page = make_shopper(signed_in=signed_in).page
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(f"({MEASURE_SHIFTS})()")

    page.goto("/guides/inicis", wait_until="networkidle")

    assert page.evaluate("shifts") <= 0.02


@pytest.mark.parametrize(("width", "least"), [(PROJECTOR, 18), (PC, 14)])
def test_code_can_be_read_and_nothing_is_wider_than_the_header(make_shopper: MakeShopper, width: int, least: int):
    page = make_shopper(signed_in=False).page
    page.set_viewport_size({"width": width, "height": 1080})
    page.goto("/guides/inicis")

    guide = GuidePage(page, Words("ko"), "pc")

    assert guide.code_size() >= least
    left, right = guide.edges_of_header()
    assert all(left <= edges[0] and edges[1] <= right for edges in guide.edges_of_parts())
