"""The deliberate mistakes that only a browser can make or only a second run can: the run shows the refusal."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.e2e.conftest import MakeShopper, Shopper
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.request import RequestPanel
from tests.e2e.pages.window import APPROVED

pytestmark = pytest.mark.e2e


def opened(shopper: Shopper, guide: str) -> tuple[GuidePage, RequestPanel]:
    page = GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, guide)
    return page, RequestPanel(shopper.page, shopper.words)


@pytest.mark.parametrize("device", ["pc", "phone"])
def test_without_init_the_sdk_refuses_and_the_page_says_so(make_shopper: MakeShopper, device: str):
    shopper = make_shopper(device, language="en")
    alerts: list[str] = []

    def close(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.accept()

    shopper.page.on("dialog", close)
    _, panel = opened(shopper, "inicis")
    panel.chip("IMP.init forgotten").click()

    panel.run()

    shop = shopper.page.frame_locator("figure[data-device=pc] iframe") if device == "pc" else shopper.page
    expect(shop.get_by_role("alert").filter(has_text="IMP.init was not called")).to_be_visible()
    assert ["IMP.init" in alert for alert in alerts] == [True]
    expect(panel.panel.get_by_role("button", name=shopper.words.shop("Run"), exact=True)).to_be_enabled()


def test_after_init_was_forgotten_the_next_run_is_paid(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    shopper.page.on("dialog", lambda dialog: dialog.accept())
    page, panel = opened(shopper, "inicis")
    chip = panel.chip("IMP.init forgotten")
    chip.click()
    panel.run()
    expect(panel.panel.get_by_role("button", name=shopper.words.shop("Run"), exact=True)).to_be_enabled()

    chip.click()
    page.run().pay(APPROVED)

    page.expect_result()
    page.expect_proof()


def test_a_number_that_was_paid_before_is_refused(make_shopper: MakeShopper):
    shopper = make_shopper("pc", language="en")
    page, panel = opened(shopper, "inicis")
    chip = panel.chip("Reused merchant_uid")
    expect(chip).to_be_disabled()  # nothing has been paid yet
    page.run().pay(APPROVED)
    page.expect_result()
    first = page.value_of("merchant_uid")

    chip.click()
    assert panel.setup()["request"]["merchant_uid"] == first
    panel.run()

    expect(shopper.page.locator("#run-result")).to_contain_text("이미 결제가 이루어진 거래건입니다.")
    assert page.value_of("merchant_uid") != first
    sent = shopper.page.locator("#code-html tr[data-field=merchant_uid] td").first
    expect(sent).to_have_text(f'"{first}"')
