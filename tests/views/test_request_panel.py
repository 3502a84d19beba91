"""The request panel of a guide: its form, its presets and mistakes, and what remains of it without test payments."""

import json
from dataclasses import replace

import pytest

from app import create_app
from services import checkout
from services.checkout import Source
from tests.factories import NOW, place_order
from tests.views.reading import Page, page_of

GUIDES = ("inicis", "jtnet", "chai", "paymentwall")


@pytest.fixture
def config(config):
    """A shop that accepts test payments, so that guides can be edited and run."""
    return replace(config, TEST_PAYMENTS=True, IMP_SECRET="a-value-that-no-page-shows")


@pytest.fixture
def careful_client(config, payments, app):
    """A visitor of a shop that does not accept test payments, on the same database."""
    shop = create_app(replace(config, TEST_PAYMENTS=False), payments)
    return shop.test_client()


def facts_of(page: Page) -> dict[str, dict]:
    facts = [json.loads(group["data-facts"]) for group in page.all("tbody") if "data-facts" in group]
    return {field["name"]: field for field in facts}


def mistakes_of(page: Page) -> dict[str, dict]:
    chips = [button for button in page.all("button") if "data-mistake" in button]
    return {json.loads(chip["data-mistake"])["id"]: chip for chip in chips}


@pytest.mark.parametrize("guide_id", GUIDES)
def test_every_parameter_is_a_row_with_a_labelled_input_and_a_checkbox(client, desk, guide_id):
    page = page_of(client, f"/guides/{guide_id}?lang=en")

    names = [parameter.name for parameter in desk.guides[guide_id].parameters]
    assert list(facts_of(page)) == names
    labels = {label["for"] for label in page.all("label") if label.get("for", "").startswith("field-")}
    controls = {attrs["id"] for tag, attrs in page.elements if tag in ("input", "select") and "id" in attrs}
    assert labels == {f"field-{name.replace('.', '-')}" for name in names}
    assert labels <= controls
    assert {f"Send {name}" for name in names} == {box["aria-label"] for box in page.all("input", type="checkbox")}


def test_a_row_says_what_the_browser_needs_to_check_it(client):
    facts = facts_of(page_of(client, "/guides/paymentwall?lang=en&variant=terminal3"))

    assert facts["amount"] == {"name": "amount", "kind": "number", "sent": True, "value": 49.99, "required": "always"}
    assert facts["buyer_name"].items() >= {"limit": 16, "pattern": r"^\S+ \S+$", "required": "always"}.items()
    assert facts["pay_method"].items() >= {"fixed": "card", "kind": "string"}.items()
    assert facts["bypass.widget_code"].items() >= {"sent": True, "value": "t3_1"}.items()
    assert facts["merchant_uid"]["id"] is True
    assert "sent" not in facts["custom_data"]


def test_an_amount_of_zero_is_sent(client):
    facts = facts_of(page_of(client, "/guides/jtnet?variant=2-1"))

    assert facts["amount"].items() >= {"sent": True, "value": 0}.items()


def test_the_form_holds_what_a_run_sends_for_this_account(shopper, user):
    facts = facts_of(page_of(shopper, "/guides/inicis"))

    sent = [facts[name]["value"] for name in ("buyer_name", "buyer_email", "buyer_tel")]
    assert sent == [user.name, user.email, user.tel]


def test_ids_are_left_to_the_server(client):
    page = page_of(client, "/guides/inicis?lang=en")

    for name in ("merchant_uid", "customer_uid"):
        (field,) = page.all("input", id=f"field-{name}")
        assert (field["value"], field["placeholder"]) == ("", "by the server")


def test_a_number_that_was_paid_can_be_sent_again_only_by_who_paid_it(client, shopper, desk, user, plan):
    before = mistakes_of(page_of(shopper, "/guides/chai"))["reused-merchant-uid"]
    order = place_order(desk, user, plan, "inicis")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    after = mistakes_of(page_of(shopper, "/guides/chai"))["reused-merchant-uid"]

    assert ("data-off" in before, "data-off" in after) == (True, False)
    assert json.loads(after["data-mistake"])["value"] == order.merchant_uid
    assert order.merchant_uid not in client.get("/guides/chai").text


def test_presets_name_the_test_channel_so_a_shop_with_its_own_has_none(app, client, config, payments):
    own = create_app(replace(config, PG_CHANNELS={"inicis": "html5_inicis.MOIown"}), payments).test_client()

    pages = [page_of(client, "/guides/inicis"), page_of(own, "/guides/inicis")]

    counts = [len([button for button in page.all("button") if "data-preset" in button]) for page in pages]
    assert counts == [2, 0]


def test_without_test_payments_the_page_explains_itself_and_offers_no_editor(careful_client):
    page = page_of(careful_client, "/guides/inicis?lang=en")

    assert "TEST_PAYMENTS is off" in page.text
    assert not page.all("input", type="checkbox")
    assert not mistakes_of(page)
    assert not page.all("form", id="run-bar")
    assert list(facts_of(page))
    assert page.all("code", id="source-python")


@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_page_holds_no_secret(shopper, config, guide_id):
    assert config.IMP_SECRET not in shopper.get(f"/guides/{guide_id}").text
