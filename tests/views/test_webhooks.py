"""A webhook is a hint, unsigned, repeated, out of order, sometimes absent: the shop stores it, and asks afterwards."""

import logging
from sqlite3 import OperationalError

import pytest
from sqlalchemy import event

import clock
from models import JournalEntry, Notice, db
from services import checkout, renewals
from states import OrderStatus
from tests.factories import make_user, place_order, read_notices

PATH = "/webhooks/iamport"
STORED = (200, {"status": "stored"})


@pytest.fixture
def order(desk, user, plan):
    return place_order(desk, user, plan, now=clock.now())


@pytest.fixture
def imp_uid(desk, order):
    return desk.client.pay(checkout.request(desk, order, language="ko"))


@pytest.fixture
def report(client, desk):
    """A function that sends a notice, lets the worker settle it, and returns the answer to the notice."""

    def report(**notice):
        answer = client.post(PATH, json=notice)
        read_notices(desk, now=clock.now())
        return answer.status_code, answer.json

    return report


@pytest.mark.parametrize("form", ["json", "data"])
def test_a_notice_is_taken_as_json_and_as_a_form(client, desk, order, imp_uid, form):
    notice = {"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "status": "paid"}

    answer = client.post(PATH, **{form: notice})
    read_notices(desk, now=clock.now())

    assert (answer.status_code, answer.json) == STORED
    assert order.outcome == "registered"
    assert order.billing_key.confirmed_at is not None


def test_a_webhook_needs_no_token_of_a_page(app, report, order, imp_uid):
    app.config["WTF_CSRF_ENABLED"] = True

    assert report(imp_uid=imp_uid, merchant_uid=order.merchant_uid, status="paid") == STORED
    assert order.status is OrderStatus.PAID


def test_a_notice_is_answered_before_the_service_is_asked(client, desk, order, imp_uid):
    desk.client.calls.clear()

    answer = client.post(PATH, json={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "status": "paid"})

    assert (answer.status_code, answer.json) == STORED
    assert (order.outcome, desk.client.calls) == ("checking", [])


def test_a_notice_charges_nothing(report, desk, order, imp_uid):
    for _ in range(3):
        report(imp_uid=imp_uid, merchant_uid=order.merchant_uid, status="paid")

    assert desk.client.charges == []
    assert renewals.due(desk, now=clock.now()) == [order.subscription_id]


@pytest.mark.parametrize("claim", ["paid", "failed", "cancelled", "ready", "", None, 7, {"a": 1}])
def test_what_the_notice_claims_is_not_believed(report, order, claim):
    assert report(imp_uid="imp_forged", merchant_uid=order.merchant_uid, status=claim) == STORED

    assert order.outcome == "checking"


def test_a_forged_failure_does_not_undo_a_payment(report, order, imp_uid):
    report(imp_uid=imp_uid, merchant_uid=order.merchant_uid, status="paid")

    report(imp_uid="imp_forged", merchant_uid=order.merchant_uid, status="cancelled")

    assert order.status is OrderStatus.PAID


def test_a_notice_of_another_orders_payment_grants_nothing(report, desk, order, plan):
    other = place_order(desk, make_user("minsu@example.com"), plan, now=clock.now())
    foreign = desk.client.pay(checkout.request(desk, other, language="ko"))

    assert report(imp_uid=foreign, merchant_uid=order.merchant_uid, status="paid") == STORED

    assert (order.outcome, other.outcome) == ("mismatch", "checking")


@pytest.mark.parametrize("junk", [None, "", "x" * 33, "imp_" + "9" * 5000, 7, ["imp_1"], {"$ne": ""}, "'; DROP TABLE"])
def test_a_notice_without_a_usable_imp_uid_is_settled_by_the_order_number(report, order, imp_uid, junk):
    assert report(merchant_uid=order.merchant_uid, imp_uid=junk) == STORED

    assert (order.status, order.imp_uid) == (OrderStatus.PAID, imp_uid)


def test_a_notice_of_an_unknown_order_is_answered_so_that_it_is_not_repeated(app, report, caplog):
    counted = app.extensions["unknown_orders"].total
    caplog.set_level(logging.WARNING)

    for merchant_uid in ("order_nobody", "another-shops-order", "x" * 5000):
        assert report(imp_uid="imp_1", merchant_uid=merchant_uid) == (200, {"status": "unknown order"})

    assert app.extensions["unknown_orders"].total == counted + 3
    assert caplog.text.count("named no order") <= 1
    assert db.session.query(JournalEntry).count() == db.session.query(Notice).count() == 0


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


def test_a_notice_is_not_wanted_again_where_only_the_service_is_silent(report, payments, order, imp_uid):
    payments.silent = True
    assert report(imp_uid=imp_uid, merchant_uid=order.merchant_uid) == STORED
    assert order.outcome == "checking"

    payments.silent = False
    assert report(imp_uid=imp_uid, merchant_uid=order.merchant_uid) == STORED
    assert order.outcome == "registered"


def test_a_notice_that_could_not_be_stored_is_wanted_again(report, order, imp_uid):
    @event.listens_for(db.engine, "before_cursor_execute")
    def fail(_connection, _cursor, statement, *_others):
        if statement.startswith("INSERT INTO notices"):
            event.remove(db.engine, "before_cursor_execute", fail)
            raise OperationalError("database is locked")

    assert report(imp_uid=imp_uid, merchant_uid=order.merchant_uid) == (503, {"code": "not_stored"})
    assert report(imp_uid=imp_uid, merchant_uid=order.merchant_uid) == STORED
    assert order.outcome == "registered"


def test_only_a_post_is_a_notice(client):
    assert client.get(PATH).status_code == 405
