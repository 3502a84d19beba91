"""The console's links: whatever belongs together is linked both ways, and an id that has a page is a link to it."""

import re
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest

from tests.sandbox.console import HOME, SECTIONS
from tests.sandbox.shop import APPROVED

MONTH = 30 * 86_400


@pytest.fixture
def stocked(client, api, payer, receiver) -> dict[str, str]:
    """A ledger with one record of each kind, all of them about each other. Name of a record → the path of its page."""
    now = client.get("/control/clock").json["now"]
    api.post("/payments/prepare", merchant_uid="order-1", amount=9900)
    api.post("/payments/prepare", merchant_uid="order-9", amount=500)
    opened = payer.open(merchant_uid="order-1", customer_uid="card-1", notice_url=receiver.url, escrow=True)
    imp_uid = payer.approve(opened, APPROVED)
    entry = {"merchant_uid": "next-1", "schedule_at": now + MONTH, "amount": 9900, "name": "원두"}
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[{**entry, "notice_url": receiver.url}])
    client.post("/control/clock", json={"advance": MONTH + 60})
    api.sign_in()  # the old token has expired in this month
    charged = api.get("/payments/find/next-1").response["imp_uid"]
    person = {"name": "홍길동", "phone": "010-1234-5678", "birth": "900101", "gender_digit": "1", "carrier": "SKT"}
    certified = api.post("/certifications/otp/request", **person, merchant_uid="order-1").response["imp_uid"]
    account = {
        "merchant_uid": "bank-1",
        "name": "원두",
        "amount": 9900,
        "vbank_code": "03",
        "vbank_holder": "매달상점",
        "pg_api_key": "key",
        "vbank_due": now + 2 * MONTH,
    }
    buyer = {"buyer_name": "홍길동", "buyer_email": "gildong@example.com", "buyer_tel": "010-1234-5678"}
    into = api.post("/vbanks", **account, **buyer).response["imp_uid"]
    client.post("/control/deposits", json={"imp_uid": into})
    api.post(f"/receipts/{into}", identifier="010-1234-5678", identifier_type="phone", type="person")
    client.post("/control/outcomes", json={"outcome": "decline", "customer_uid": "card-1"})
    client.get("/control/idle?wait=5")
    return {
        "window": f"{HOME}/payments/{imp_uid}",
        "run": f"{HOME}/payments/{charged}",
        "vbank": f"{HOME}/payments/{into}",
        "key": f"{HOME}/key?customer_uid=card-1",
        "schedule": _row(client, "schedules"),
        "webhook": _row(client, "webhooks", imp_uid),
        "webhook of the run": _row(client, "webhooks", charged),
        "order": f"{HOME}/order?merchant_uid=order-1",
        "scheduled order": f"{HOME}/order?merchant_uid=next-1",
        "bank order": f"{HOME}/order?merchant_uid=bank-1",
        "check": f"{HOME}/checks/{certified}",
        "window call": _row(client, "wire?path=/sdk/payments"),
        "booking call": _row(client, "wire?path=/subscribe/payments/schedule"),
        "check call": _row(client, "wire?path=/certifications"),
    }


RELATED = [
    ("window", "key"),
    ("window", "webhook"),
    ("window", "order"),
    ("window", "check"),
    ("window", "run"),
    ("window", "window call"),
    ("run", "key"),
    ("run", "schedule"),
    ("run", "webhook of the run"),
    ("run", "scheduled order"),
    ("vbank", "bank order"),
    ("key", "schedule"),
    ("key", "webhook"),
    ("key", "window call"),
    ("key", "booking call"),
    ("schedule", "webhook of the run"),
    ("schedule", "scheduled order"),
    ("schedule", "booking call"),
    ("webhook", "order"),
    ("webhook", "window call"),
    ("check", "order"),
    ("check", "check call"),
]


def test_records_that_belong_together_link_to_each_other(client, stocked):
    targets = {name: _targets(client, path) for name, path in stocked.items()}
    both_ways = [*RELATED, *((other, one) for one, other in RELATED)]

    assert [(one, other) for one, other in both_ways if stocked[other] not in targets[one]] == []


def test_every_id_in_a_list_that_has_a_page_is_a_link(client, stocked):
    lists = [*SECTIONS, "/search?q=order", "/search?q=card", "/search?q=imp"]

    assert {name: found for name in lists if (found := _unlinked(client, HOME + name))} == {}


def test_every_id_on_a_record_s_page_that_has_a_page_is_a_link(client, stocked):
    assert {name: found for name, path in stocked.items() if (found := _unlinked(client, path))} == {}


def test_every_link_of_every_page_leads_somewhere(client, stocked):
    waiting, seen = [HOME + section for section in SECTIONS], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        waiting += {link for link in _links(answer.text) if link.startswith(HOME)} - seen - set(waiting)

    assert len(seen) > 60
    assert {path for path in stocked.values() if path not in seen} == set()


def test_what_a_payment_has_beside_it_is_on_its_page(client, stocked):
    window = client.get(f"{stocked['window']}?lang=en").text
    bank = client.get(f"{stocked['vbank']}?lang=en").text

    assert "Prepared amount" in window
    assert "Virtual account" in bank
    assert "Cash receipt" in bank


def test_an_order_without_a_payment_has_a_page(client, stocked):
    found = client.get(f"{HOME}/search?q=order-9")

    assert found.location == f"{HOME}/order?merchant_uid=order-9"
    assert "Prepared amount" in client.get(f"{found.location}&lang=en").text
    assert client.get(f"{HOME}/order?merchant_uid=order-8").status_code == 404


def test_an_order_has_a_page_whatever_its_name(client, api):
    name = "order/1?x=&amp; ü"
    api.post("/payments/prepare", merchant_uid=name, amount=9900)

    assert client.get(f"{HOME}/order?merchant_uid={quote(name, safe='')}").status_code == 200


# ----------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """The links of a page, and the words that a reader sees outside of any link, field, body or title."""

    SILENT = ("a", "pre", "h1", "title", "option", "summary", "script")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(str(dict(attrs).get("href")))
        if tag in self.SILENT:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words += data.split()


def _links(html: str) -> list[str]:
    """Return the addresses of the page's links, without fragments and without the language switch."""
    return [link.partition("#")[0] for link in _Page(html).links if "lang=" not in link and not link.startswith("#")]


def _targets(client, path: str) -> set[str]:
    """Return the pages to which a page links. A link to a complete id counts as the page that the search opens."""
    links = set(_links(client.get(path).text))
    opened = {client.get(link).location for link in links if urlsplit(link).path.endswith("/search")}
    return links | {str(page) for page in opened}


def _unlinked(client, path: str) -> list[str]:
    """Return the ids that a page shows outside of links although the search opens a page for them."""
    words = {word.strip(",.·") for word in _Page(client.get(path).text).words}
    ids = [word for word in words if re.fullmatch(r"(imps?_|order-|next-|bank-|card-)\w+", word)]
    return sorted(one for one in ids if client.get(f"{HOME}/search?q={one}").status_code == 302)


def _row(client, section: str, text: str = "") -> str:
    """Return the address of the page of the first row with `text`."""
    rows = re.findall(r"<tr id=.*?</tr>", client.get(f"{HOME}/{section}").text, re.DOTALL)
    return next(_Page(row).links[0] for row in rows if text in row)
