"""The console's page of levers: by subject, with default and present value, and the way back to the default."""

import re

import pytest

from sandbox.merchants import levers
from tests.sandbox.console import HOME
from tests.sandbox.shop import Markup


@pytest.fixture
def changed(client) -> dict[str, object]:
    """Three levers of different types that differ from their defaults."""
    values = {"strict": True, "latency": 0.5, "webhook_format": "form"}
    client.post("/control/levers", json=values)
    return values


def rows(html: str) -> dict[str, str]:
    """Return name of a lever → the text of its row."""
    parts = re.split(r'<div class="lever" id="lever-', html)[1:]
    return {part.split('"')[0]: " ".join(Markup(part.split("</section>")[0]).texts[1:]) for part in parts}


def test_every_lever_is_under_a_subject(client):
    page = client.get(f"{HOME}/levers?lang=en").text

    assert {lever.group for lever in levers.LEVERS.values()} == levers.GROUPS.keys()
    assert rows(page).keys() == levers.LEVERS.keys()
    assert set(re.findall(r'href="#group-(\w+)"', page)) == levers.GROUPS.keys()


def test_a_changed_lever_shows_its_present_value_beside_its_default(client, changed):
    row = rows(client.get(f"{HOME}/levers?lang=en").text)

    assert "changed now 0.5, default 0 Reset latency" in row["latency"]
    assert "changed now true, default false" in row["strict"]
    assert "default 1" in row["webhook_copies"]
    assert [name for name, text in row.items() if " now " in text] == list(changed)


def test_only_the_changed_levers_can_be_shown(client, changed):
    assert list(rows(client.get(f"{HOME}/levers?only=changed").text)) == list(changed)

    client.post("/control/levers", json={name: levers.LEVERS[name].default for name in changed})
    assert "Every lever has its default." in client.get(f"{HOME}/levers?only=changed&lang=en").text


def test_levers_are_set_from_the_page(client):
    client.post(f"{HOME}/pull/levers", data={"merchant_code": "imp00000000", "strict": "true", "latency": "0.5"})

    pulled = client.get("/control/levers").json["levers"]
    assert (pulled["strict"], pulled["latency"]) == (True, 0.5)


def test_one_lever_returns_to_its_default_and_no_other_moves(client, changed):
    page = client.get(f"{HOME}/levers").text
    name, value = re.search(r'<button form="reset-one" name="(latency)" value="([^"]*)"', page).groups()

    client.post(f"{HOME}/pull/levers", data={"merchant_code": "imp00000000", name: value})

    pulled = client.get("/control/levers").json["levers"]
    assert (pulled["latency"], pulled["strict"], pulled["webhook_format"]) == (0.0, True, "form")


def test_all_levers_return_to_their_defaults_after_the_question(client, changed):
    question = client.get(f"{HOME}/confirm/levers?lang=en").text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', question.split("<main")[1]))

    client.post(f"{HOME}/pull/levers", data=fields)

    assert "latency 0.5 → 0" in Markup(question).text
    assert fields.keys() == {"merchant_code", *changed}
    assert client.get("/control/levers").json["levers"] == {n: lever.default for n, lever in levers.LEVERS.items()}
