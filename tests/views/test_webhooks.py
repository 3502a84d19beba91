"""A webhook is a hint, unsigned, repeated, out of order, sometimes absent."""

import pytest

import clock
from models import JournalEntry, OrderStatus, db
from services import checkout, renewals
from tests.factories import place_order

PATH = "/webhooks/iamport"


@pytest.fixture
def order(desk, user, plan):
    return place_order(desk, user, plan, now=clock.now())


@pytest.fixture
def imp_uid(desk, order):
    return desk.client.pay(checkout.request(desk, order, language="ko"))


@pytest.mark.parametrize("form", ["json", "data"])
def test_a_notice_is_taken_as_json_and_as_a_form(client, order, imp_uid, form):
    notice = {"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "status": "paid"}

    answer = client.post(PATH, **{form: notice})

    assert (answer.status_code, answer.json) == (200, {"status": "paid"})
    assert order.outcome == "registered"
    assert order.billing_key.confirmed_at is not None


def test_a_webhook_needs_no_token_of_a_page(app, client, order, imp_uid):
    app.config["WTF_CSRF_ENABLED"] = True

    answer = client.post(PATH, json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "status": "paid"})

    assert answer.status_code == 200
    assert order.status is OrderStatus.PAID


def test_a_notice_is_answered_before_anything_is_charged(client, desk, order, imp_uid):
    for _ in range(3):
        client.post(PATH, json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "status": "paid"})

    assert desk.client.charges == []
    assert renewals.due(now=clock.now()) == [order.subscription_id]


@pytest.mark.parametrize("claim", ["paid", "failed", "cancelled", "ready", "", None, 7, {"a": 1}])
def test_what_the_notice_claims_is_not_believed(client, order, claim):
    answer = client.post(PATH, json={"imp_uid": "imp_forged", "merchant_uid": order.merchant_uid, "status": claim})

    assert (answer.status_code, answer.json) == (200, {"status": "ready"})
    assert order.outcome == "checking"


def test_a_forged_failure_does_not_undo_a_payment(client, order, imp_uid):
    client.post(PATH, json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "status": "paid"})

    client.post(PATH, json={"imp_uid": "imp_forged", "merchant_uid": order.merchant_uid, "status": "cancelled"})

    assert order.status is OrderStatus.PAID


def test_a_notice_without_an_imp_uid_is_settled_by_the_order_number(client, order, imp_uid):
    client.post(PATH, json={"merchant_uid": order.merchant_uid})

    assert (order.status, order.imp_uid) == (OrderStatus.PAID, imp_uid)


def test_a_notice_of_an_unknown_order_is_answered_so_that_it_is_not_repeated(client):
    answer = client.post(PATH, json={"imp_uid": "imp_1", "merchant_uid": "order_nobody", "status": "paid"})

    assert (answer.status_code, answer.json) == (200, {"status": "unknown order"})
    assert db.session.query(JournalEntry).count() == 0


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"data": "", "content_type": "application/json"},
        {"data": "{", "content_type": "application/json"},
        {"json": []},
        {"json": [1]},
        {"json": "imp_1"},
        {"json": 7},
        {"json": {}},
        {"json": {"imp_uid": "imp_1"}},
        {"json": {"merchant_uid": ""}},
        {"data": {"imp_uid": "imp_1"}},
    ],
    ids=repr,
)
def test_a_notice_that_names_no_order_is_refused(client, options):
    answer = client.post(PATH, **options)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_a_notice_that_could_not_be_checked_is_wanted_again(client, payments, order, imp_uid):
    payments.silent = True
    answer = client.post(PATH, json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid})
    assert (answer.status_code, answer.json) == (503, {"code": "payment_service_down"})

    payments.silent = False
    answer = client.post(PATH, json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid})
    assert (answer.status_code, answer.json) == (200, {"status": "paid"})


def test_only_a_post_is_a_notice(client):
    assert client.get(PATH).status_code == 405
