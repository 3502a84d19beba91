"""Merchants beside the default one: how they are added, and that none sees another's data."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm.exc import ObjectDeletedError

from sandbox import wirelog
from sandbox.ledger.models import Payment, db
from sandbox.ledger.transactions import exclusive
from tests.sandbox.conftest import Api, Receiver
from tests.sandbox.rules.test_schedules import DAY, START, entry


@pytest.fixture
def webhook_url(receiver: Receiver) -> str:
    return receiver.url


def add(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    """Add a merchant and return it with its secret."""
    answer = client.post("/control/merchants", json=fields)
    assert answer.status_code == 201, answer.json
    return answer.json


@pytest.fixture
def other(client: FlaskClient) -> Api:
    """A second shop, signed in."""
    merchant = add(client, code="imp_other", key="other_key", secret="other_secret")
    return Api(client, merchant["key"], merchant["secret"])


def test_what_a_new_merchant_does_not_send_is_made_up(client):
    one, two = add(client), add(client)

    assert one["code"].startswith("imp")
    assert (
        len({one[name] for name in ("code", "key", "secret")} | {two[name] for name in ("code", "key", "secret")}) == 6
    )
    assert (one["webhook_url"], one["content_type"], one["now"]) == ("", "json", START)
    assert Api(client, one["key"], one["secret"]).issue().code == 0


def test_a_merchant_is_what_it_was_asked_to_be(client):
    fields = {
        "code": "imp_mine",
        "key": "k",
        "secret": "s",
        "webhook_url": "http://shop.test/hook",
        "content_type": "form",
    }

    merchant = add(client, **fields, channels=["html5_inicis.MINE", "jtnet"])

    assert {name: merchant[name] for name in fields} == fields
    assert merchant["channels"] == ["html5_inicis.MINE", "jtnet.tpaytest2m"]


def test_a_merchant_with_an_empty_list_of_pgs_has_none(client):
    merchant = add(client, code="imp_bare", channels=[])
    api = Api(client, merchant["key"], merchant["secret"])

    assert merchant["channels"] == []
    assert api.get("/users/pg").response == []
    card = {"card_number": "4242424242424242", "expiry": "2099-12"}
    assert api.post("/subscribe/customers/key-1", **card).message == "비인증결제모듈 사용정보를 찾을 수 없습니다."


def test_merchants_are_listed_without_their_secrets(client, other):
    listed = client.get("/control/merchants").json["merchants"]

    assert [merchant["code"] for merchant in listed] == ["imp00000000", "imp_other"]
    assert all("secret" not in merchant for merchant in listed)
    assert client.get("/control/merchants/imp_other").json == listed[1]


def test_a_merchant_is_changed_where_something_was_sent(client, other):
    changed = client.patch("/control/merchants/imp_other", json={"content_type": "form", "channels": ["jtnet"]}).json

    assert (changed["content_type"], changed["channels"], changed["key"]) == ("form", ["jtnet.tpaytest2m"], "other_key")
    assert (
        client.patch("/control/merchants/imp_other", json={"webhook_url": "http://a.test/"}).json["content_type"]
        == "form"
    )


@pytest.mark.parametrize(
    ("fields", "http"),
    [
        ({"code": "imp00000000"}, 409),
        ({"key": "sandbox_key"}, 409),
        ({"code": "c" * 41}, 400),
        ({"code": "imp/mine"}, 400),
        ({"key": "k" * 81}, 400),
        ({"webhook_url": "not an address"}, 400),
        ({"content_type": "xml"}, 400),
        ({"channels": ["nobody"]}, 400),
    ],
)
def test_a_merchant_that_cannot_be_is_not_made(client, fields, http):
    answer = client.post("/control/merchants", json=fields)

    assert (answer.status_code, list(answer.json)) == (http, ["error"])
    assert len(client.get("/control/merchants").json["merchants"]) == 1


def test_a_merchant_can_be_removed_with_all_it_had_but_the_default_one_stays(client, api, other):
    other.issue()
    other.charge("order-1")

    removed = client.delete("/control/merchants/imp_other")

    assert removed.json == {"removed": "imp_other"}
    assert other.get("/payments/find/order-1").http == 401
    assert client.get("/control/merchants/imp_other").status_code == 404
    assert client.delete("/control/merchants/imp00000000").status_code == 409


# Apart --------------------------------------------------------------------------------------------------------


def test_merchants_may_use_the_same_names_for_different_things(api, other):
    api.issue("card-1")
    other.issue("card-1", card_number="4000-0000-0000-0341")

    mine, theirs = api.charge("order-1").response, other.charge("order-1").response

    assert (mine["status"], theirs["status"]) == ("paid", "failed")
    assert api.get(f"/payments/{theirs['imp_uid']}").http == 404
    assert other.get("/payments/find/order-1").response["imp_uid"] == theirs["imp_uid"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/subscribe/customers/card-1", None),
        ("DELETE", "/subscribe/customers/card-1", None),
        ("GET", "/payments/find/order-1", None),
        ("GET", "/payments/prepare/order-2", None),
        ("GET", "/subscribe/payments/schedule/month-1", None),
        ("PUT", "/subscribe/payments/schedule/month-1", {"schedule_at": START + 9 * DAY}),
        ("POST", "/subscribe/payments/schedule/month-1/retry", {}),
        ("POST", "/subscribe/payments/schedule/month-1/reschedule", {"schedule_at": START + 9 * DAY}),
    ],
)
def test_what_one_merchant_has_another_cannot_find(api, other, method, path, body):
    api.issue()
    api.charge("order-1")
    api.post("/payments/prepare", merchant_uid="order-2", amount=100)
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry("month-1")])

    assert other.send(method, path, json=body).http == 404
    assert api.get("/subscribe/payments/schedule/month-1").response["schedule_status"] == "scheduled"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (
            "/subscribe/payments/again",
            {"customer_uid": "card-1", "merchant_uid": "order-9", "amount": 100, "name": "x"},
        ),
        ("/payments/cancel", {"merchant_uid": "order-1"}),
        ("/subscribe/payments/unschedule", {"merchant_uid": "month-1"}),
    ],
)
def test_what_one_merchant_has_another_cannot_touch(api, other, path, fields):
    api.issue()
    paid = api.charge("order-1").response
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry("month-1")])

    refused = other.post(path, **fields)

    assert refused.code == 1
    assert api.get(f"/payments/{paid['imp_uid']}").response["status"] == "paid"
    assert api.get("/subscribe/payments/schedule/month-1").response["schedule_status"] == "scheduled"


def test_lists_hold_nothing_of_another_merchant(api, other):
    api.issue()
    api.charge("order-1")
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry("month-1")])
    span = f"schedule_from={START}&schedule_to={START + 9 * DAY}"

    assert other.get("/payments/status/all").response["total"] == 0
    assert other.get(f"/subscribe/payments/schedule?{span}").response["total"] == 0
    assert api.get(f"/subscribe/payments/schedule?{span}").response["total"] == 1


def test_each_merchant_has_a_clock_of_its_own(client, api, other):
    for shop in (api, other):
        shop.issue()
        shop.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry("month-1")])

    client.post("/control/clock", json={"merchant_code": "imp_other", "advance": 2 * DAY})

    assert other.get("/subscribe/payments/schedule/month-1").response["payment_status"] == "paid"
    assert api.get("/subscribe/payments/schedule/month-1").response["payment_status"] is None
    assert client.get("/control/clock").json["now"] == START


def test_each_merchant_has_levers_of_its_own(client, api, other):
    for shop in (api, other):
        shop.issue(pg="jtnet")
    client.post("/control/levers", json={"merchant_code": "imp_other", "strict": True})
    client.post("/control/outcomes", json={"merchant_code": "imp_other", "outcome": "limit_exceeded"})

    assert other.charge("order-1", name=None).http == 400
    assert api.charge("order-1", name=None).response["status"] == "paid"
    assert other.charge("order-1").response["status"] == "failed"


def test_each_merchant_receives_notices_of_its_own_payments(client, api, other, receiver):
    elsewhere = Receiver()
    client.patch("/control/merchants/imp_other", json={"webhook_url": elsewhere.url})
    for shop, order in ((api, "mine"), (other, "theirs")):
        shop.issue()
        shop.charge(order)

    assert (receiver.next()["merchant_uid"], elsewhere.next()["merchant_uid"]) == ("mine", "theirs")


# Reset --------------------------------------------------------------------------------------------------------


def test_a_reset_empties_one_merchant_and_leaves_the_others_alone(client, api, other):
    for shop in (api, other):
        shop.issue()
        shop.charge("order-1")
        shop.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry("month-1", 9 * DAY)])
    client.post("/control/levers", json={"merchant_code": "imp_other", "strict": True})
    client.post("/control/clock", json={"merchant_code": "imp_other", "advance": DAY})

    client.post("/control/reset", json={"merchant_code": "imp_other"})

    assert other.get("/payments/find/order-1").http == 401
    other.sign_in()
    assert other.get("/payments/find/order-1").http == 404
    assert other.get("/subscribe/payments/schedule/month-1").http == 404
    assert client.get("/control/clock?merchant_code=imp_other").json["now"] == START
    assert client.get("/control/levers?merchant_code=imp_other").json["levers"]["strict"] is False
    assert api.get("/payments/find/order-1").response["status"] == "paid"


def test_a_reset_of_everything_leaves_the_default_merchant_alone_in_the_world(client, other):
    client.post("/control/reset", json={"everything": True})

    assert [merchant["code"] for merchant in client.get("/control/merchants").json["merchants"]] == ["imp00000000"]
    assert Api(client).issue().code == 0


def test_a_webhook_under_way_at_a_reset_is_not_taken_for_another_merchant_s(client, api, other, receiver):
    elsewhere = Receiver()
    client.patch("/control/merchants/imp_other", json={"webhook_url": elsewhere.url})
    for shop in (api, other):
        shop.issue()

    def act(_notice: dict[str, str]) -> None:
        client.post("/control/reset")
        other.charge("theirs")

    receiver.on_notice = act
    api.charge("mine")

    assert elsewhere.next()["merchant_uid"] == "theirs"
    assert client.get("/control/idle?wait=10&merchant_code=imp_other").json["idle"]
    [delivery] = client.get("/control/webhooks/deliveries?merchant_code=imp_other").json["deliveries"]
    assert ["theirs" in attempt["request_body"] for attempt in delivery["attempts"]] == [True]


def test_a_webhook_sent_again_while_a_reset_forgets_it_is_not_found(client, api, receiver):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]
    assert client.get("/control/idle?wait=10").json["idle"]
    receiver.on_notice = lambda _notice: client.post("/control/reset")

    answer = client.post("/control/webhooks/deliver", json={"imp_uid": imp_uid})

    assert (answer.status_code, list(answer.json)) == (404, ["error"])


def test_a_decision_about_what_a_reset_has_forgotten_raises(app, api, client):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]
    with app.app_context():
        payment = db.session.scalar(select(Payment).where(Payment.imp_uid == imp_uid))
        client.post("/control/reset")

        with pytest.raises(ObjectDeletedError), exclusive(payment):
            pytest.fail("the reset has deleted the payment")


@pytest.mark.parametrize("path", ["clock", "levers", "webhooks", "outcomes", "idle"])
def test_no_lever_is_pulled_for_a_merchant_who_is_not_there(client, path):
    answer = client.get(f"/control/{path}?merchant_code=imp_nobody")

    assert (answer.status_code, list(answer.json)) == (404, ["error"])


# The customers of one merchant --------------------------------------------------------------------------------


def leave_traces(shop: Api, client: FlaskClient, customer_uid: str) -> None:
    """Give a customer a row of every kind that names one."""
    shop.issue(customer_uid)
    shop.charge(f"order-{customer_uid}", customer_uid=customer_uid)
    shop.post("/payments/prepare", merchant_uid=f"order-{customer_uid}", amount=9900)
    shop.post("/payments/cancel", merchant_uid=f"order-{customer_uid}", amount=100, enable_webhook=True)
    shop.post(
        "/subscribe/payments/schedule", customer_uid=customer_uid, schedules=[entry(f"month-{customer_uid}", DAY)]
    )
    client.post("/control/outcomes", json={"outcome": "decline", "customer_uid": customer_uid})
    client.post("/control/clock", json={"customer_uid": customer_uid, "offset": 60})


def rows_that_mention(app: Flask, text: str) -> list[str]:
    """Return the table of each row in which a column contains `text`."""
    with app.app_context():
        wirelog.flush()
        rows = [(table.name, row) for table in db.metadata.sorted_tables for row in db.session.execute(select(table))]
    return [name for name, row in rows if text in repr(tuple(row))]


def test_a_reset_of_customers_leaves_no_trace_of_them_and_everything_of_the_others(app, api, client, receiver, settle):
    for customer_uid in ("gone-1", "gone-2", "stays"):
        leave_traces(api, client, customer_uid)
    settle()
    before = rows_that_mention(app, "stays")

    answer = client.post("/control/reset", json={"customer_uid": ["gone-1", "gone-2"]})
    left = [table for table in rows_that_mention(app, "gone-") if table != "wire_entries"]

    assert (answer.status_code, answer.json) == (200, {"reset": True})
    assert left == []
    assert rows_that_mention(app, "stays") == before
    assert {"payments", "billing_keys", "schedules", "deliveries", "attempts", "prepared"} <= set(before)
    assert api.charge("again", customer_uid="gone-1").code == 1


@pytest.mark.parametrize("fields", [{"customer_uid": []}, {"customer_uid": "stays", "everything": True}])
def test_a_reset_that_names_its_customers_wrongly_erases_nothing(api, client, fields):
    api.issue("stays")

    assert client.post("/control/reset", json=fields).status_code == 400
    assert api.charge("order-1", customer_uid="stays").code == 0
