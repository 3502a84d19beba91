"""Which PGs a buyer may choose, and by which method they are grouped."""

import pytest

from errors import PgUnavailable, PlanUnavailable
from services import offers
from services.offers import Method


def ids(guides):
    return [guide.id for guide in guides]


def test_a_retired_pg_is_not_offered(desk):
    assert ids(offers.every(desk)) == ["inicis", "paymentwall"]
    assert ids(offers.for_currency(desk, "KRW")) == ["inicis"]


def test_a_demonstration_may_offer_the_retired_pgs_too(with_retired_pgs, app):
    desk = app.extensions["desk"]

    assert ids(offers.every(desk)) == ["inicis", "jtnet", "chai", "paymentwall"]
    assert ids(offers.for_currency(desk, "KRW")) == ["inicis", "jtnet", "chai"]


def test_a_pg_that_cannot_take_the_currency_is_not_offered(desk):
    assert ids(offers.for_currency(desk, "USD")) == ["paymentwall"]
    with pytest.raises(PlanUnavailable):
        offers.for_currency(desk, "EUR")
    with pytest.raises(PgUnavailable):
        offers.pick(desk.guides, "inicis", currency="USD")


def test_a_method_without_a_pg_is_left_out(desk):
    every = list(desk.guides.values())
    cards = [guide for guide in every if guide.id != "chai"]

    grouped = {method: ids(guides) for method, guides in offers.by_method(every).items()}

    assert grouped == {Method.CARD: ["inicis", "jtnet", "paymentwall"], Method.ACCOUNT: ["chai"]}
    assert list(offers.by_method(cards)) == [Method.CARD]
