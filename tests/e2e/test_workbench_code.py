"""The panes of code follow the request: unchanged they are the server's files, and each change appears in its line."""

import json
import re
from html import unescape

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import MakeShopper
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.request import RequestPanel
from tests.e2e.pages.window import APPROVED

pytestmark = pytest.mark.e2e

PANES = ("javascript", "html", "python", "bash")
SETUPS = ["inicis", "jtnet?variant=2-1", "chai", "paymentwall?variant=terminal3"]


def change(page: Page, **fields: object) -> None:
    """Announce a request with other values, as the form does while a field is typed. None leaves a field out."""
    page.evaluate(
        """(fields) => {
          const workbench = document.getElementById("workbench");
          const setup = JSON.parse(workbench.dataset.setup);
          Object.assign(setup.request, fields);
          for (const [name, value] of Object.entries(fields)) if (value === null) delete setup.request[name];
          const detail = { ...setup, changed: Object.keys(fields) };
          workbench.dispatchEvent(new CustomEvent("setup-change", { detail }));
        }""",
        fields,
    )


def without_ids(code: str) -> str:
    """Return code without the number of the next charge, which each page makes new."""
    return re.sub(r"inv_\w+", "inv", code)


@pytest.mark.parametrize("setup", SETUPS)
def test_without_a_change_the_code_is_the_server_s(make_shopper: MakeShopper, setup: str):
    shopper = make_shopper("pc", signed_in=False)
    html = shopper.page.request.get(f"/guides/{setup}").text()

    page = shopper.open(f"/guides/{setup}")
    expect(page.locator("#workbench")).to_have_attribute("data-setup", re.compile("request"))

    for pane in PANES:
        written = re.search(rf'<code id="source-{pane}"[^>]*>(.*?)</code>', html, re.S)
        assert written is not None
        shown = page.locator(f"#source-{pane}").text_content() or ""
        assert without_ids(shown) == without_ids(unescape(re.sub(r"<[^>]+>", "", written[1])))


def test_a_changed_field_appears_in_every_file_that_shows_it(make_shopper: MakeShopper):
    page = make_shopper("pc", signed_in=False).open("/guides/inicis")
    expect(page.locator("#workbench")).to_have_attribute("data-setup", re.compile("request"))

    change(page, name='Say "hi"', buyer_addr="Seoul", notice_url=None)

    name = json.dumps('Say "hi"')
    expect(page.locator("#source-javascript")).to_contain_text(f"name: {name},")
    expect(page.locator("#source-javascript")).to_contain_text('buyer_addr: "Seoul",')
    expect(page.locator("#source-javascript")).not_to_contain_text("notice_url")
    expect(page.locator("#source-html")).to_contain_text(f"name: order.order_name, // {name}")
    expect(page.locator("#source-python")).to_contain_text(f'"order_name": {name},')


def test_the_price_in_the_server_s_files_never_follows_the_browser(make_shopper: MakeShopper):
    page = make_shopper("pc", signed_in=False).open("/guides/inicis")
    expect(page.locator("#workbench")).to_have_attribute("data-setup", re.compile("request"))

    change(page, amount=1)

    expect(page.locator("#source-javascript")).to_contain_text("amount: 1,")
    expect(page.locator("#source-python")).to_contain_text('Decimal("1004")')
    expect(page.locator("#source-bash")).to_contain_text('"amount": 1004')


def test_pointing_at_a_field_lights_up_its_lines_and_the_other_way_round(make_shopper: MakeShopper):
    shopper = make_shopper("pc", signed_in=False)
    page = shopper.open("/guides/inicis")
    expect(RequestPanel(page, shopper.words).run_button).to_be_enabled()  # the scripts have started
    line = page.locator("#source-javascript .line[data-field=amount]")
    pointed = page.evaluate_handle(
        "() => { const names = []; document.getElementById('workbench')"
        ".addEventListener('field-point', (event) => names.push(event.detail.name)); return names; }"
    )

    line.hover()

    expect(line).to_have_class(re.compile("line--pointed"))
    assert "amount" in pointed.json_value()


def test_after_a_run_the_code_is_what_was_sent_until_a_field_is_changed(make_shopper: MakeShopper):
    shopper = make_shopper("pc")
    guide = GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, "inicis")
    panel = RequestPanel(shopper.page, shopper.words)
    panel.type("buyer_tel", "02-555-1234")
    guide.run().pay(APPROVED)
    guide.expect_result()
    guide.expect_proof()  # the code shows the change that was sent

    panel.type("buyer_name", "Somebody Else")
    panel.leave_out("notice_url")
    guide.expect_proof("buyer_name", "notice_url")
    panel.undo("buyer_name")
    panel.undo("notice_url")

    guide.expect_proof()
