"""The console's page *Fidelity*: complete, filtered by links and a form, readable on a phone."""

import pytest
from playwright.sync_api import Page, expect

from sandbox.facts.fidelity import BEHAVIOURS
from sandbox.openapi import fidelity
from tests.axe import violations
from tests.sandbox.console import HOME
from tests.sandbox.shop import Markup


@pytest.fixture
def page_text(client):
    """Return a function that returns the text of the page with this query."""
    return lambda **query: Markup(client.get(f"{HOME}/fidelity", query_string=query).text).text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_lists_every_call_field_test_and_behaviour(page_text, language):
    text = page_text(lang=language)

    for call in fidelity.calls():
        assert call.call in text
        assert all(test in text for test in call.tests)
        for side in ("takes", "gives"):
            for state, certainty in {(one.state, one.certainty) for one in getattr(call, side)}:
                assert ", ".join(call.named(side, state, certainty)) in text, call.call
    for behaviour in BEHAVIOURS:
        assert getattr(behaviour, f"title_{language}") in text
        assert getattr(behaviour, f"source_{language}") in text


def test_it_is_served_for_programs_with_its_counts(client):
    served = client.get("/control/fidelity").json

    states = [field["state"] for call in served["calls"] for field in call["takes"]]
    assert {call["call"] for call in served["calls"]} == {call.call for call in fidelity.calls()}
    assert served["summary"]["takes"] == {state: states.count(state) for state in fidelity.STATES}
    assert served["summary"]["calls"]["not_served"] > 0
    assert served["field_tests"] == fidelity.FIELD_TESTS


def test_only_what_has_no_effect_is_shown(page_text):
    text = page_text(only="ignored", lang="en")

    assert "use_card_point" not in text
    assert "secure_3d_token" in text
    assert "Response fields" not in text
    assert "POST /cvs" not in text


def test_only_what_is_never_filled_is_shown(page_text):
    text = page_text(only="empty", lang="en")

    assert "cancel_history.receipt_url" in text
    assert "buyer_postcode" not in text
    assert "shipping_address.tel2" in text


def test_only_what_is_not_served_is_shown(page_text):
    text = page_text(only="not_served", lang="en")

    assert "POST /cvs" in text
    assert "deposit_history.depositor_name" in text
    assert "secure_3d_token" not in text


def test_only_what_is_assumed_is_shown(page_text):
    text = page_text(only="assumed", lang="en")

    assert "POST /vbanks" in text
    assert "POST /users/getToken" not in text
    assert "token.reuse" not in text
    assert "rest.malformed" in text


def test_a_part_of_a_name_finds_the_calls_with_it(page_text):
    by_field, by_call = page_text(part="card_quota", lang="en"), page_text(part="/vbanks", lang="en")

    assert "POST /subscribe/payments/again" in by_field
    assert "buyer_postcode" not in by_field
    assert "buyer_postcode" in by_call
    assert "GET /cards" not in by_call


def test_a_part_that_nothing_contains_says_so(page_text):
    assert "No call or field matches. " in page_text(part="<nothing>", lang="en")


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("query", ["", "&only=ignored", "&part=schedules."])
def test_it_is_readable_on_a_phone(page: Page, sandbox_url: str, query, language):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{sandbox_url}{HOME}/fidelity?lang={language}{query}")
    page.locator("summary").filter(has_text="/subscribe/payments/schedule").first.click()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("heading", level=1)).to_be_visible()
