"""The console with many records: each page asks the database as often as with few, and the rest is one link away."""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import event

from sandbox.dashboard import lists
from sandbox.ledger.models import db
from tests.sandbox.console import HOME, SECTIONS
from tests.sandbox.shop import Markup

DAY = 86_400
FEW, MANY = 5, 200


@pytest.fixture
def stock(client, api) -> Callable[[int], None]:
    """A function that adds records of every kind, until there are this many of each."""
    client.post("/control/levers", json={"webhook_delay": 3600})
    now = client.get("/control/clock").json["now"]
    counted = [0]

    def stock(number: int) -> None:
        api.sign_in()
        added = range(counted[0], number)
        for one in added:
            api.issue(f"card-{one}")
            api.charge(f"order-{one}", customer_uid="card-0", notice_url="http://127.0.0.1:9/")
            api.post("/certifications/otp/request", merchant_uid="order-0", **PERSON)
            client.post("/control/outcomes", json={"outcome": "decline", "customer_uid": f"card-{one}x"})
        for one in added[:35]:
            api.post("/payments/prepare", merchant_uid=f"early-{one}", amount=100)
            client.post("/control/merchants", json={})
        entry = {"schedule_at": now + 7 * DAY, "amount": 1, "name": "원두"}
        booked = [{**entry, "merchant_uid": f"next-{one}"} for one in added]
        run = [{**entry, "merchant_uid": f"run-{one}", "schedule_at": now + number} for one in added]
        api.post("/subscribe/payments/schedule", customer_uid="card-0", schedules=[*booked, *run])
        moved = [f"card-{one}y" for one in added]
        client.post("/control/clock", json={"customer_uid": moved, "offset": 60})
        client.post("/control/clock", json={"advance": 2 * 3600})
        counted[0] = number

    return stock


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database from now on."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_queries_of_a_page_does_not_grow_with_its_rows(client, api, stock, queries):
    def cost() -> dict[str, int]:
        costs = {page: _cost(client, queries, HOME + page) for page in (*SECTIONS, *OTHERS)}
        newest = {name: _page(client, f"/{name}") for name in ("schedules", "webhooks", "wire")}
        newest["payments"] = client.get(f"{HOME}/search?q=order-0").location  # has a webhook, and all checks
        return costs | {f"one of {name}": _cost(client, queries, page) for name, page in newest.items()}

    stock(FEW)
    few = cost()
    stock(MANY)
    many = cost()

    assert {page: (few[page], many[page]) for page in few if many[page] > few[page]} == {}


def test_what_a_page_does_not_show_is_one_link_away(client, api, monkeypatch):
    monkeypatch.setattr(lists, "ROWS", 3)
    api.issue("card-1")
    api.issue("card-2")
    for one in range(4):
        api.charge(f"order-{one}", customer_uid="card-1")
    api.charge("other-1", customer_uid="card-2")

    page = client.get(f"{HOME}/key?customer_uid=card-1&lang=en").text
    links = [unescape(link) for link in re.findall(r'href="([^"]+)">The newest 3 are shown', page)]
    everything = client.get(next(link for link in links if "/payments" in link)).text
    older = unescape(re.findall(r'href="([^"]+before=[^"]+)"', everything)[0])

    assert {link.partition("?")[0] for link in links} == {f"{HOME}/payments", f"{HOME}/wire"}
    assert "order-3" in everything
    assert "other-1" not in everything
    assert "order-0" in client.get(older).text
    assert "Only this billing key: card-1" in Markup(client.get(older).text).text


PERSON = {"name": "홍길동", "phone": "010-1234-5678", "birth": "900101", "gender_digit": "1", "carrier": "SKT"}
OTHERS = (
    "/key?customer_uid=card-0",
    "/order?merchant_uid=order-0",
    "/schedules?only=executed",
    "/webhooks?only=unreachable",
    "/search?q=o",
    "/confirm/reset",
    "/confirm/withdraw",
)


def _cost(client, queries: list[str], page: str) -> int:
    client.get(page)  # stores the calls that the log still holds in memory
    queries.clear()
    assert client.get(page).status_code == 200
    return len(queries)


def _page(client, section: str) -> str:
    """Return the address of the page of the section's newest row."""
    table = client.get(HOME + section).text.partition("<tbody>")[2]
    found = re.search(r'href="([^"]+)"', table)
    assert found
    return found[1]
