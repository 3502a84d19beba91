"""The console's wire log: what is red, what repeats, and what the filters find."""

import re

import pytest

from tests.sandbox.console import HOME
from tests.sandbox.shop import Markup


@pytest.fixture
def rows(client):
    """A function that returns the rows of the wire log with a query: the tone of each answer, and its text."""

    def rows(**query: str) -> list[tuple[str, str]]:
        answer = client.get(f"{HOME}/wire", query_string={"lang": "en", **query})
        assert answer.status_code == 200
        found = re.findall(r'<tr id="wire_entries-\d+">(.*?)</tr>', answer.text, re.DOTALL)
        return [(re.findall(r'data-tone="(\w+)"', row)[0], Markup(row).text) for row in found]

    return rows


def test_a_look_up_of_what_is_not_there_is_calm(api, rows):
    api.get("/payments/find/order-1")
    api.get("/subscribe/customers/card-1")

    assert [tone for tone, _ in rows(method="GET")] == ["calm", "calm"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/payments/no/such/address"),
        ("POST", "/payments/cancel"),
        ("GET", "/payments/status/broken"),
        ("POST", "/subscribe/payments/again"),
    ],
)
def test_what_needs_attention_is_red(api, rows, method, path):
    fields = {"customer_uid": "nobody", "merchant_uid": "order-1", "amount": 1, "name": "x"}
    api.send(method, path, **({"json": fields} if method == "POST" else {}))

    assert rows(path=path)[0][0] == "bad"


def test_a_call_without_credentials_is_red(client, rows):
    client.get("/payments/imp_1")

    assert rows(path="/payments/imp_1")[0][0] == "bad"


def test_equal_look_ups_share_a_row_and_none_is_lost(api, client, rows):
    for day in range(4):
        api.get(f"/payments/status/paid?from={1_790_000_000 + day}")
        api.get("/payments/find/order-1")
    listed = rows(method="GET")
    html = client.get(f"{HOME}/wire?method=GET").text

    assert [(text.split()[1].split("?")[0], "×4" in text) for _, text in listed] == [
        ("/payments/find/order-1", True),
        ("/payments/status/paid", True),
    ]
    assert len(set(re.findall(r"/wire/(\d+)", html))) == 8


def test_a_call_that_changes_something_parts_the_look_ups_around_it(api, rows):
    api.get("/payments/find/order-1")
    api.issue()
    api.charge("order-1")
    api.get("/payments/find/order-1")
    api.get("/payments/find/order-1")
    api.charge("order-2")
    api.get("/payments/find/order-1")

    assert [("×" in text, tone) for tone, text in rows(path="/payments/find")] == [(True, "good"), (False, "calm")]
    assert [("×" in text) for _, text in rows() if "/payments/find" in text] == [False, True, False]


def test_a_row_of_look_ups_stays_itself_when_one_more_arrives(api, client):
    for _ in range(2):
        api.get("/payments/find/order-1")
    before = re.findall(r'<tr id="(wire_entries-\d+)"', client.get(f"{HOME}/wire?method=GET").text)
    api.get("/payments/find/order-1")

    assert re.findall(r'<tr id="(wire_entries-\d+)"', client.get(f"{HOME}/wire?method=GET").text) == before


def test_calls_are_found_by_every_filter(api, rows):
    api.issue()
    api.charge("order-1")
    api.get("/payments/find/order-2")

    assert len(rows(merchant_uid="order-1")) == 1
    assert len(rows(status="4xx")) == 1
    assert len(rows(status="2xx", path="/subscribe")) == 2
    assert len(rows(method="get")) == 1
    assert len(rows(only="sdk")) == 0


def test_the_filters_stay_in_the_form_and_in_the_links(client, api):
    page = client.get(f"{HOME}/wire?lang=en&only=rest&status=2xx&path=/users").text
    links = Markup(page).attribute("href")

    assert re.search(r"<option selected>2xx</option>", page)
    assert 'name="path" value="/users"' in page
    assert any("only=sdk" in link and "status=2xx" in link for link in links)
    assert f"{HOME}/wire?lang=en&only=rest" in [link.replace("&amp;", "&") for link in links]


def test_a_status_that_is_none_is_refused_with_the_reason(client):
    refused = client.get(f"{HOME}/wire?status=teapot")

    assert refused.status_code == 400
    assert "status must be" in refused.text
