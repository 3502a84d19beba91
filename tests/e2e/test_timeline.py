"""The timeline in a browser: live rows in order, its keys, its diagram, its files, and the dock."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.e2e.conftest import MakeShopper, Shopper
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.timeline import Timeline
from tests.e2e.pages.window import APPROVED

pytestmark = pytest.mark.e2e

CARD = re.compile(r"4242[ -]?4242[ -]?4242[ -]?4242")


def bought(shopper: Shopper) -> Page:
    """Run the guide of Inicis, and return the page of the order."""
    guide = GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, "inicis")
    guide.run().pay(APPROVED)
    guide.follow_to_order()
    return shopper.page


def test_a_run_on_a_pc_shows_its_rows_while_they_happen_and_in_order(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    guide = GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, "inicis")
    timeline = Timeline.in_guide(shopper.page, shopper.words)

    window = guide.run()
    timeline.shows("POST /orders", "IMP.request_pay", "POST /sdk/payments")
    window.pay(APPROVED)
    timeline.shows("POST /payments/complete", "payment.verified", "POST /subscribe/payments/again", "webhook paid")
    timeline.shows("callback", "subscription.started")

    names = timeline.names()
    window_and_return = ["POST /orders", "IMP.request_pay", "POST /sdk/payments", "callback", "POST /payments/complete"]
    charge = ["payment.verified", "charge.sent", "POST /subscribe/payments/again", "subscription.started"]
    # The webhook may settle the order before the callback has come.
    for lane in (window_and_return, [*window_and_return[:3], *charge]):
        places = [names.index(name) for name in lane]
        assert places == sorted(places)
    assert len([name for name in names if name == "POST /subscribe/payments/again"]) == 1


def test_a_row_opens_to_what_was_sent_and_answered_and_leads_to_the_code(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = bought(shopper)
    timeline = Timeline.of_order(page, shopper.words)

    row = timeline.open_row("POST /subscribe/payments/again")

    expect(row).to_contain_text("The shop measured")
    expect(row).to_contain_text('--oauth2-bearer "$TOKEN"')
    expect(row).to_contain_text('"status": "paid"')
    with page.expect_popup() as record:
        row.get_by_role("link", name="Record in the sandbox").click()
    expect(record.value.locator("body")).to_contain_text("/subscribe/payments/again")
    back = record.value.get_by_role("link", name="Back to the shop")
    expect(back).to_have_attribute("href", re.compile(f"^{shopper.site.shop}/orders/"))
    with page.expect_popup() as code:
        row.get_by_role("link", name="Show the code").click()
    expect(code.value.locator("#here")).to_contain_text("def _request")
    assert violations(code.value) == []


def test_the_viewer_serves_no_other_file(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")

    for path in ("config.py/Config", "../../etc/passwd/x", "services/payments.py/_settle", ".env/x"):
        answer = shopper.page.request.get(f"{shopper.site.shop}/demo/source/{path}")
        assert answer.status == 404, path


def test_the_keys_move_filter_open_and_close(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = bought(shopper)
    timeline = Timeline.of_order(page, shopper.words)
    timeline.shows("POST /payments/complete")
    press = page.keyboard.press

    timeline.place.get_by_role("searchbox").focus()
    press("Escape")
    expect(timeline.facts.nth(0)).to_be_focused()
    press("j")
    press("j")
    press("k")
    expect(timeline.facts.nth(1)).to_be_focused()
    press("Enter")
    expect(timeline.facts.nth(1)).to_have_attribute("aria-expanded", "true")
    press("Escape")
    expect(timeline.facts.nth(1)).to_have_attribute("aria-expanded", "false")
    press("/")
    page.keyboard.type("again")
    expect(timeline.facts.filter(has_text="POST /payments/complete")).to_have_count(0)
    timeline.shows("POST /subscribe/payments/again")
    press("Escape")
    timeline.shows("POST /payments/complete")


def test_the_keys_also_work_right_after_a_button_was_pressed(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = bought(shopper)
    timeline = Timeline.of_order(page, shopper.words)
    timeline.shows("POST /payments/complete")

    page.get_by_role("link", name="My subscriptions").first.focus()
    page.keyboard.press("j")
    expect(timeline.facts.nth(0)).to_be_focused()

    page.get_by_role("link", name="My subscriptions").first.focus()
    page.keyboard.press("/")
    expect(timeline.place.get_by_role("searchbox")).to_be_focused()


def test_the_dock_remembers_covers_nothing_and_leaves_typing_alone(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = shopper.open("/checkout/coffee-monthly")
    dock = Timeline.in_dock(page, shopper.words)
    search = dock.place.get_by_role("searchbox")

    page.get_by_role("textbox").first.press("t")
    expect(search).to_be_hidden()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("t")
    expect(search).to_be_visible()
    page.reload()
    expect(search).to_be_visible()
    button = page.get_by_role("main").get_by_role("button").last
    button.scroll_into_view_if_needed()
    box, foot = button.bounding_box(), dock.place.bounding_box()
    assert box is not None
    assert foot is not None
    assert box["y"] + box["height"] <= foot["y"]

    search.press("Escape")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("t")
    expect(search).to_be_hidden()


def test_the_files_of_a_run_hold_no_secret(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = bought(shopper)
    Timeline.of_order(page, shopper.words).shows("POST /subscribe/payments/again")
    address = page.url.partition("?")[0]

    har, script = (page.request.get(f"{address}/export.{kind}").text() for kind in ("har", "sh"))

    requests = [entry["request"]["url"] for entry in json.loads(har)["log"]["entries"]]
    assert any(url.endswith("/subscribe/payments/again") for url in requests)
    for text in (har, script):
        words = ("Authorization", "Bearer ", "imp_secret", "access_token", "sandbox_secret", "sandbox_key")
        assert [word for word in words if word in text] == []
        assert CARD.search(text) is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "language"), [("pc", "ko"), ("phone", "en")])
def test_a_timeline_suits_every_reader(make_shopper: MakeShopper, device: str, language: str, scheme: str):
    shopper = make_shopper(device, language=language)
    page = bought(shopper)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    timeline = Timeline.of_order(page, shopper.words)

    timeline.open_row("POST /subscribe/payments/again")
    faults = violations(page)
    timeline.draw()
    faults += violations(page)
    page.get_by_role("button", name=shopper.words.shop("Timeline of my orders")).click()
    Timeline.in_dock(page, shopper.words).shows("POST /orders")
    faults += violations(page)

    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def a_month_passes(shopper: Shopper) -> None:
    """Move the person's clock by a month in another tab, as the banner of the demonstration does."""
    page = shopper.page.context.new_page()
    page.goto(f"{shopper.site.shop}/subscriptions")
    page.get_by_role("button", name=shopper.words.shop("One month later")).click()
    # With an open order there is a stop at each look-up of it, so the journey may take a while.
    expect(page.get_by_role("main").locator(".notice strong")).to_be_visible(timeout=90_000)
    page.close()


def test_a_month_that_passes_after_a_run_stands_before_the_renewal(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page = bought(shopper)
    a_month_passes(shopper)
    page.get_by_role("link", name="My subscriptions").first.click()
    page.get_by_role("main").get_by_role("link", name="Taster box").click()

    timeline = Timeline.of_order(page, shopper.words)
    timeline.shows("subscription.renewed")

    expect(timeline.jumps()).to_have_text([re.compile(r"^(28|29|30|31) days later$")])
    assert timeline.name_after_last_jump() == "order.created"


def test_a_month_that_passes_during_a_run_stands_before_what_follows(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    guide = GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, "inicis")
    window = guide.run()
    expect(window.place.locator("[data-instrument]").first).to_be_visible()
    a_month_passes(shopper)

    window.pay(APPROVED)
    timeline = Timeline.in_guide(shopper.page, shopper.words)
    timeline.shows("POST /payments/complete")

    # The open order was looked up on the way, so the month has passed in several jumps.
    expect(timeline.jumps().last).to_have_text(re.compile(r"days? later$"))
    assert re.match("POST /windows/.*/approve", timeline.name_after_last_jump())
