"""Editing the request of a guide: form, JSON, presets and mistakes change one setup, and the address keeps it."""

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import GUNICORN, ROOT, MakeShopper, Shopper, Site, free_port, wait_for
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.request import RequestPanel

pytestmark = pytest.mark.e2e


@pytest.fixture
def visitor(make_shopper: MakeShopper) -> Shopper:
    return make_shopper("pc", language="en", signed_in=False)


@pytest.fixture
def careful_shop(site: Site, tmp_path: Path) -> Iterator[str]:
    """The address of a second web process of the shop, which does not accept test payments."""
    port = free_port()
    command = [*GUNICORN, "--bind", f"127.0.0.1:{port}", "demo:create_app()"]
    environ = {**site.environ, "TEST_PAYMENTS": "0"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(f"http://localhost:{port}/healthz", tmp_path / "log")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait()


def panel_of(shopper: Shopper, address: str = "/guides/inicis") -> RequestPanel:
    shopper.open(address)
    panel = RequestPanel(shopper.page, shopper.words)
    expect(panel.panel.get_by_role("button", name=shopper.words.shop("Run"), exact=True)).to_be_enabled()
    return panel


def test_an_edit_reaches_the_setup_the_address_and_the_next_visit(visitor: Shopper):
    panel = panel_of(visitor)

    panel.type("buyer_tel", "02-1234-1234")
    panel.leave_out("buyer_email")

    panel.expect_changed("buyer_email", "buyer_tel")
    panel.expect_said("buyer_tel", "010-1234-5678")
    setup = panel.setup()
    assert setup["request"]["buyer_tel"] == "02-1234-1234"
    assert "buyer_email" not in setup["request"]
    assert visitor.page.url.endswith("#buyer_tel=02-1234-1234&unset=buyer_email")

    again = panel_of(visitor, visitor.page.url.removeprefix(visitor.site.shop))
    visitor.page.reload()
    again.expect_changed("buyer_email", "buyer_tel")
    assert again.setup() == setup


def test_changes_are_undone_one_by_one_and_at_once(visitor: Shopper):
    panel = panel_of(visitor, "/guides/inicis#amount=7&name=Box&unset=buyer_email")

    panel.undo("amount")
    panel.expect_changed("name", "buyer_email")
    panel.undo_all()

    panel.expect_changed()
    assert "#" not in visitor.page.url.removesuffix("#")


def test_empty_text_is_sent_and_an_absent_field_is_not(visitor: Shopper):
    panel = panel_of(visitor)

    panel.type("buyer_name", "")
    panel.leave_out("buyer_email")

    request = panel.setup()["request"]
    assert request["buyer_name"] == ""
    assert "buyer_email" not in request


def test_a_field_that_breaks_a_rule_of_the_pg_says_so(visitor: Shopper):
    panel = panel_of(visitor, "/guides/paymentwall")

    panel.type("buyer_name", "Haneul")
    panel.expect_said("buyer_name", "First and last name")
    panel.type("merchant_uid", "x" * 41)
    panel.expect_said("merchant_uid", "40 characters")
    panel.type("amount", "ten")
    panel.expect_said("amount", "text, not a number")
    panel.leave_out("currency")
    panel.expect_said("currency", "Required at this PG")

    expect(panel.field("amount")).to_have_attribute("aria-invalid", "true")


def test_a_field_is_required_on_phones_only_when_the_run_includes_a_phone(visitor: Shopper):
    panel = panel_of(visitor)
    panel.leave_out("m_redirect_url")
    expect(panel.field("m_redirect_url")).to_have_attribute("aria-invalid", "false")

    panel.choose_device("Both")

    panel.expect_said("m_redirect_url", "Required on phones")


def test_an_id_is_the_servers_until_another_one_is_rolled(visitor: Shopper):
    panel = panel_of(visitor)
    before = panel.setup()["request"]["merchant_uid"]

    panel.roll("merchant_uid")

    panel.expect_changed("merchant_uid")
    rolled = panel.setup()["request"]["merchant_uid"]
    assert rolled.startswith("order_")
    assert rolled != before
    expect(panel.field("merchant_uid")).to_have_value(rolled)


def test_json_and_form_show_one_setup(visitor: Shopper):
    panel = panel_of(visitor)
    panel.type("amount", "500")

    area = panel.open_json()
    request = json.loads(area.input_value())
    assert request["amount"] == 500
    del request["buyer_email"]
    area.fill(json.dumps(request | {"name": "Box", "bypass": {"inicis": {"authtype": "01"}}, "typo": 1}))

    panel.open_form()
    panel.expect_changed("name", "amount", "buyer_email", "bypass.inicis.authtype")
    expect(panel.field("name")).to_have_value("Box")
    assert panel.setup()["request"]["typo"] == 1
    assert "typo" not in visitor.page.url


def test_while_the_json_is_wrong_the_form_keeps_the_last_valid_request(visitor: Shopper):
    panel = panel_of(visitor)
    area = panel.open_json()

    area.fill('{\n  "pg": "html5_inicis",\n  "amount": 5x\n}')

    expect(panel.panel.get_by_text("Line 3")).to_be_visible()
    assert panel.setup()["changed"] == []


def test_a_secret_in_the_json_is_refused(visitor: Shopper):
    panel = panel_of(visitor)

    panel.open_json().fill('{"pg": "html5_inicis", "imp_secret": "abc"}')

    expect(panel.panel.get_by_text("imp_secret is a secret")).to_be_visible()
    assert panel.setup()["changed"] == []
    assert "abc" not in visitor.page.url


def test_a_preset_and_a_mistake_are_chips_over_the_same_fields(visitor: Shopper):
    panel = panel_of(visitor)

    panel.chip("One MID").click()
    panel.chip("Amount as text").click()

    expect(panel.chip("One MID")).to_have_attribute("aria-pressed", "true")
    panel.expect_changed("pg", "amount")
    expect(panel.field("amount")).to_have_value('"1004"')
    expect(panel.panel.get_by_text("F0004")).to_be_visible()
    panel.chip("Another amount").click()
    expect(panel.chip("Amount as text")).to_have_attribute("aria-pressed", "false")
    panel.type("amount", "1004")
    assert panel.setup()["mistakes"] == []


def test_junk_in_the_address_is_ignored(visitor: Shopper):
    junk = "#step-2&nonsense=1&unset=nothing,,&mistakes=no-such&device=toaster&__proto__=1&amount=%7B%22a%22"

    panel = panel_of(visitor, f"/guides/inicis{junk}")

    panel.expect_changed("amount")
    assert panel.setup()["mistakes"] == []


def test_a_link_of_another_variant_opens_that_variant(visitor: Shopper):
    panel = panel_of(visitor, "/guides/jtnet?variant=2-1#buyer_name=A")

    request = panel.setup()["request"]
    assert (request["amount"], request["buyer_name"]) == (0, "A")


def test_signing_up_comes_back_with_the_setup(visitor: Shopper):
    page, words = visitor.page, visitor.words
    panel = panel_of(visitor)
    panel.type("buyer_tel", "02-1234-1234")
    panel.run()
    one_click = page.locator("#sign-in input[name=next]").first
    expect(one_click).to_have_value("/guides/inicis#buyer_tel=02-1234-1234")

    page.get_by_role("link", name=words.shop("Sign in to run it")).click()
    page.get_by_role("main").get_by_role("link", name=words.shop("Sign up")).click()
    for label, text in (("Name", "Jisoo Kim"), ("E-mail", f"{secrets.token_hex(6)}@example.com")):
        page.get_by_label(words.shop(label)).fill(text)
    page.get_by_label(words.shop("Phone")).fill("010-1234-5678")
    page.get_by_label(words.shop("Password")).fill("correct horse")
    page.get_by_role("main").get_by_role("button").click()

    panel.expect_changed("buyer_tel")
    expect(page.locator("#sign-in")).to_have_count(0)


def test_pointing_at_a_field_is_announced_and_an_announced_field_is_marked(visitor: Shopper):
    panel = panel_of(visitor)

    panel.field("amount").hover()
    expect(visitor.page.locator("#workbench")).to_have_attribute("data-pointed", "amount")

    event = (
        "document.querySelector('#workbench').dispatchEvent(new CustomEvent('field-point', {detail: {name: 'name'}}))"
    )
    visitor.page.evaluate(event)
    expect(panel.panel.locator("tbody[data-pointed] th code")).to_have_text(["name"])


def test_enter_in_a_field_does_not_run(visitor: Shopper):
    panel = panel_of(visitor)

    panel.field("name").press("Enter")

    expect(visitor.page.locator("#run-bar")).not_to_have_attribute("aria-busy", "true")
    assert panel.setup()["changed"] == []


def test_the_link_to_the_other_language_keeps_the_setup(visitor: Shopper):
    panel = panel_of(visitor)
    panel.type("amount", "500")

    visitor.page.get_by_role("link", name="한국어").click()

    visitor.page.wait_for_url("**lang=ko**")
    expect(visitor.page.locator("#field-amount")).to_have_value("500")


def test_a_phone_reaches_run_and_code_within_two_screens(make_shopper: MakeShopper):
    page = make_shopper("phone", signed_in=False).open("/guides/paymentwall")
    expect(page.locator("#workbench")).to_have_attribute("data-setup", re.compile("request"))
    two_screens = 2 * (page.viewport_size or {})["height"]

    run, code = page.locator("#run-bar"), page.locator("#source-javascript")

    expect(run).to_be_in_viewport()
    assert (code.bounding_box() or {})["y"] < two_screens


def test_a_phone_shows_required_and_changed_fields_until_all_are_wanted(make_shopper: MakeShopper):
    shopper = make_shopper("phone", signed_in=False)
    panel = panel_of(shopper, "/guides/inicis#notice_url=https%3A%2F%2Fexample.com%2Fhook")

    expect(panel.field("amount")).to_be_visible()
    expect(panel.field("notice_url")).to_be_visible()
    expect(panel.field("buyer_name")).to_be_hidden()
    panel.show_all_fields()
    expect(panel.field("buyer_name")).to_be_visible()
    expect(panel.field("custom_data")).to_be_visible()


def test_without_test_payments_the_page_shows_and_folds_but_runs_nothing(visitor: Shopper, careful_shop: str):
    page = visitor.page
    page.goto(f"{careful_shop}/guides/inicis")
    expect(page.locator("#workbench")).to_have_attribute("data-setup", re.compile("request"))

    expect(page.get_by_text("TEST_PAYMENTS is off")).to_be_visible()
    expect(page.locator("#source-javascript")).to_contain_text("html5_inicis")
    expect(page.get_by_role("button", name=visitor.words.shop("Run"), exact=True)).to_have_count(0)
    page.locator("tbody[data-facts] button").first.click()
    expect(page.locator("#about-pg")).to_be_visible()


def test_an_edit_reaches_the_payment_window_and_not_the_order(make_shopper: MakeShopper):
    shopper = make_shopper("pc")
    page = GuidePage(shopper.page, shopper.words, shopper.device).open(shopper.site.shop, "inicis")
    panel = panel_of(shopper)
    panel.type("amount", "500")

    page.run().shows_amount("500원")


@pytest.mark.parametrize("mistake", ["Amount as text", "Another amount"])
def test_a_mistake_is_refused_before_a_window_opens(make_shopper: MakeShopper, mistake: str):
    shopper = make_shopper("pc", language="en")
    panel = panel_of(shopper, "/guides/jtnet")

    panel.chip(mistake).click()
    panel.run()

    shopper.page.wait_for_url("**order=**")
    expect(shopper.page.locator("#run-result")).to_contain_text("F000")
