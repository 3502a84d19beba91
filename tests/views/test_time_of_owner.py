"""A return to the shop is settled in the business time of the order's owner, whoever's browser brings it."""

from dataclasses import replace
from datetime import timedelta

import pytest

import clock
from services import checkout, webhooks
from tests.factories import NOW, place_order


@pytest.fixture
def order(app, desk, user, plan):
    """An order of a person whose business time is a month ahead, paid in the window."""
    app.extensions["desk"] = replace(desk, time_of=lambda owner: NOW + timedelta(days=owner * 30))
    yield place_order(desk, user, plan, now=NOW)
    app.extensions["desk"] = desk


@pytest.fixture
def imp_uid(desk, order):
    return desk.client.pay(checkout.request(desk, order, language="ko"))


def land(app, client, merchant_uid, imp_uid):
    client.get("/payments/landing", query_string={"merchant_uid": merchant_uid, "imp_uid": imp_uid})


def complete(app, client, merchant_uid, imp_uid):
    client.post("/payments/complete", json={"merchant_uid": merchant_uid, "imp_uid": imp_uid})


def notify(app, client, merchant_uid, imp_uid):
    webhooks.receive(merchant_uid=merchant_uid, imp_uid=imp_uid)
    app.test_cli_runner().invoke(args=["reconcile"], catch_exceptions=False)


@pytest.mark.parametrize("bring", [land, complete, notify])
def test_news_of_an_order_is_settled_in_its_owners_time(app, client, order, imp_uid, bring):
    bring(app, client, order.merchant_uid, imp_uid)

    assert order.billing_key.activated_at == NOW + timedelta(days=order.user_id * 30)


def test_news_of_an_unknown_order_has_the_time_of_day(app, client):
    assert client.get("/payments/landing", query_string={"merchant_uid": "order_x"}).status_code == 302
    assert abs(clock.now() - clock.machine_now()) < timedelta(seconds=1)
