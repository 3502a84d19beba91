"""The demonstration's switch, by which a browser is offered PGs that have left the market."""

import pytest

from tests.views.reading import page_of

CHECKOUT = "/checkout/coffee-monthly"


def offered(visitor, address=CHECKOUT):
    return [radio["value"] for radio in page_of(visitor, address).all("input", name="guide")]


def test_the_switch_adds_the_retired_pgs_and_leads_back(town, visitor):
    before = offered(visitor)

    answer = visitor.post("/demo/retired-pgs", data={"offered": "yes", "next": CHECKOUT})

    assert answer.location == CHECKOUT
    assert (before, offered(visitor)) == (["inicis"], ["inicis", "jtnet", "chai"])
    visitor.post("/demo/retired-pgs", data={"offered": "no", "next": CHECKOUT})
    assert offered(visitor) == ["inicis"]


def test_the_switch_concerns_one_browser(town, user, visitor):
    visitor.post("/demo/retired-pgs", data={"offered": "yes"})

    assert offered(town.browser_of(user)) == ["inicis"]
    assert not town.desk.offers_retired()


@pytest.mark.parametrize(("slug", "is_there"), [("coffee-monthly", True), ("global-monthly", False)])
def test_the_switch_is_there_where_a_retired_pg_takes_the_currency(town, visitor, slug, is_there):
    page = page_of(visitor, f"/checkout/{slug}?lang=en")

    assert ("Offer the retired PGs too" in page.text) == is_there
    assert len(page.all("form", action="/demo/retired-pgs")) == is_there


def test_a_retired_pg_takes_a_purchase_with_the_switch_only(town, visitor):
    body = {
        "plan": "coffee-monthly",
        "guide": "chai",
        "buyer_name": "Jisoo Kim",
        "buyer_email": "jisoo@example.com",
        "buyer_tel": "010-1234-5678",
    }
    before = visitor.post("/orders", json=body)

    visitor.post("/demo/retired-pgs", data={"offered": "yes"})

    assert (before.status_code, visitor.post("/orders", json=body).status_code) == (400, 201)


def test_the_switch_leads_to_no_other_site(town, visitor):
    assert visitor.post("/demo/retired-pgs", data={"next": "https://evil.example"}).location == "/"
