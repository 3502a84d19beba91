"""Another variant of a guide takes the reader's changes along, and says which of them it does not keep."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import MakeShopper
from tests.e2e.pages.request import RequestPanel

pytestmark = pytest.mark.e2e


def open_guide(make_shopper: MakeShopper, address: str) -> RequestPanel:
    shopper = make_shopper("pc", language="en", signed_in=False)
    shopper.open(address)
    panel = RequestPanel(shopper.page, shopper.words)
    expect(panel.panel.get_by_role("button", name=shopper.words.shop("Run"), exact=True)).to_be_enabled()
    return panel


def test_changes_that_apply_to_the_other_variant_are_kept(make_shopper: MakeShopper):
    panel = open_guide(make_shopper, "/guides/jtnet")
    panel.type("buyer_tel", "02-1234-1234")
    panel.leave_out("notice_url")
    panel.chip("IMP.init forgotten").click()

    panel.variant("2.1 Key only").click()

    panel.page.wait_for_url("**variant=2-1**")
    panel.expect_changed("buyer_tel", "notice_url")
    expect(panel.chip("IMP.init forgotten")).to_have_attribute("aria-pressed", "true")
    expect(panel.page.locator("#dropped-fields")).to_be_hidden()


def test_a_field_that_the_variant_sets_itself_is_dropped_and_named(make_shopper: MakeShopper):
    panel = open_guide(make_shopper, "/guides/jtnet")
    panel.type("amount", "500")
    panel.type("buyer_name", "Box")

    panel.variant("2.1 Key only").click()

    panel.page.wait_for_url("**variant=2-1**")
    panel.expect_changed("buyer_name")
    assert panel.setup()["request"]["amount"] == 0
    expect(panel.page.locator("#dropped-fields")).to_contain_text("except for amount:")
    assert panel.page.url.endswith("#buyer_name=Box")


def test_a_field_that_no_link_can_carry_is_named_too(make_shopper: MakeShopper):
    panel = open_guide(make_shopper, "/guides/paymentwall")
    panel.open_json().fill('{"pg": "paymentwall", "typo": 1}')

    panel.variant("Terminal3 window").click()

    panel.page.wait_for_url("**variant=terminal3**")
    expect(panel.page.locator("#dropped-fields")).to_contain_text("except for typo:")
    expect(panel.field("buyer_name")).to_have_value("")
