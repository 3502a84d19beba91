"""A window on a phone, 390 pixels wide: what a tap fills in can be seen."""

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.facts.pgs import PROFILES
from tests.sandbox.guides import GUIDES
from tests.sandbox.merchant import ShopPage

pytestmark = pytest.mark.e2e

PAGES = [profile.id for profile in PROFILES if GUIDES[profile.id].mobile == "page"]
"""The guides whose window takes the shop's place on a phone."""

IS_SEEN = """field => {
  const { x, y, width, height } = field.getBoundingClientRect();
  return field.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


def opened(phone: ShopPage, guide_id: str) -> Page:
    guide = GUIDES[guide_id]
    uid = f"{guide_id}{phone.page.evaluate('Date.now()')}".replace("-", "")
    params = {"pg": guide.pg, "pay_method": guide.pay_method, "merchant_uid": uid, "customer_uid": uid, **guide.issue}
    phone.visit(**params).subscribe()
    expect(phone.page.locator("html")).to_have_attribute("data-ready", "true")
    return phone.page


def fields(page: Page) -> list[Locator]:
    return page.get_by_role("form").get_by_role("textbox").all()


@pytest.mark.parametrize("guide_id", PAGES)
def test_a_tap_on_an_instrument_shows_the_fields_that_it_fills(phone, guide_id):
    page = opened(phone, guide_id)

    page.get_by_role("button", pressed=False).last.tap()

    for field in fields(page):
        expect(field).not_to_have_value("")
        expect(field).to_be_in_viewport(ratio=1)
        page.wait_for_function(IS_SEEN, arg=field.element_handle())


def test_the_fields_come_before_the_instruments_for_a_reader_too(phone):
    page = opened(phone, "inicis")

    number = page.get_by_label("카드번호").bounding_box()
    shelf = page.get_by_role("heading", name="테스트 카드").bounding_box()

    assert number
    assert shelf
    assert number["y"] < shelf["y"]


def test_a_button_leads_from_the_fields_to_the_instruments_below(phone):
    page = opened(phone, "smartro-v2")

    page.get_by_role("button", name="테스트 번호 고르기").tap()

    expect(page.get_by_role("button", name="항상 승인")).to_be_in_viewport(ratio=1)
