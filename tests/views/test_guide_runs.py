"""The runs of a guide: what the page reports, what it reads, and who may."""

import json

import pytest

from models import JournalEntry, db
from services import checkout
from services.checkout import Source
from tests.conftest import signed_in
from tests.factories import NOW, make_user, place_order, receive, renew
from views.guide_runs import LONGEST_REPORT

REPORT = {"event": "sdk.callback", "device": "pc", "facts": {"success": True, "card_number": "4242424242424242"}}


@pytest.fixture
def order(desk, user, plan):
    return place_order(desk, user, plan, run_id="run_1")


def report(shopper, order, run="run_1", **changes):
    return shopper.post(f"/guides/runs/{run}/events", json={**REPORT, "merchant_uid": order.merchant_uid, **changes})


def window_of(shopper) -> dict:
    (window,) = shopper.get("/guides/runs/run_1").json["orders"]
    return window


def reports() -> list[JournalEntry]:
    return db.session.query(JournalEntry).filter(JournalEntry.event.like("sdk.%")).all()


def test_a_report_of_the_page_is_kept_without_the_card_number(shopper, order):
    assert report(shopper, order).status_code == 201

    (entry,) = reports()
    assert (entry.lane, entry.merchant_uid) == ("browser", order.merchant_uid)
    assert entry.facts == {"device": "pc", "fields": {"success": True, "card_number": "424242******4242"}}


@pytest.mark.parametrize(
    "changes",
    [{"event": "payment.verified"}, {"device": "fridge"}, {"facts": []}, {"facts": {"x": "y" * LONGEST_REPORT}}],
)
def test_what_no_page_reports_is_refused(shopper, order, changes):
    answer = report(shopper, order, **changes)

    assert (answer.status_code, answer.json["code"], reports()) == (400, "invalid_request", [])


def test_an_order_takes_so_many_reports_and_no_more(shopper, order):
    statuses = [report(shopper, order).status_code for _ in range(41)]

    assert statuses == [201] * 40 + [400]


@pytest.mark.parametrize("changes", [{"run": "run_2"}, {"merchant_uid": "order_unknown"}])
def test_a_report_names_an_order_of_its_run(shopper, order, changes):
    assert report(shopper, order, **changes).status_code == 404


def test_the_run_of_another_user_does_not_exist(app, order):
    other = signed_in(app, make_user("other@example.com"))

    assert other.get("/guides/runs/run_1").status_code == 404
    assert report(other, order).status_code == 404


def test_a_visitor_must_sign_in(client, order):
    assert report(client, order).status_code == 401
    assert client.get("/guides/runs/run_1", headers={"Accept": "application/json"}).status_code == 401


def test_a_page_without_its_token_may_not_report(app, shopper, order):
    app.config["WTF_CSRF_ENABLED"] = True

    assert (report(shopper, order).json["code"], reports()) == ("csrf", [])


def test_a_run_shows_what_was_sent_what_came_back_and_each_comparison(desk, shopper, order):
    sent = checkout.request(desk, order, language="ko")
    report(shopper, order, event="sdk.request_pay", facts=sent)
    imp_uid = desk.client.pay(sent)
    report(shopper, order, facts={"imp_uid": imp_uid, "success": True})
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    window = window_of(shopper)

    assert (window["merchant_uid"], window["imp_uid"], window["outcome"]) == (order.merchant_uid, imp_uid, "registered")
    assert window["sent"] == sent
    assert window["returned"] == {"kind": "callback", "fields": {"imp_uid": imp_uid, "success": True}}
    checks = {check["name"]: (check["ours"], check["theirs"], check["same"]) for check in window["checks"]}
    assert checks["merchant_uid"] == (order.merchant_uid, order.merchant_uid, True)
    assert checks["amount"] == ("19900", "19900", True)
    assert checks["billing_key"][2] is True
    assert {"currency", "customer_uid", "customer_uid_usage", "pg_provider"} <= set(checks)


def test_a_changed_amount_shows_both_values(desk, shopper, user, plan):
    order = place_order(desk, user, plan, "jtnet", run_id="run_1")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    wrong = [check for check in window_of(shopper)["checks"] if not check["same"]]

    assert wrong == [{"name": "amount", "ours": str(order.price.to_major()), "theirs": "1", "same": False}]


def test_a_landing_shows_its_whole_query(desk, shopper, order):
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    query = {"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "imp_success": "true", "error_msg": "한글"}
    shopper.get("/payments/landing", query_string=query)

    assert window_of(shopper)["returned"] == {"kind": "landing", "fields": query}


def test_an_ordinary_order_keeps_neither_query_nor_comparisons(desk, shopper, user, plan):
    order = place_order(desk, user, plan)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    shopper.get("/payments/landing", query_string={"imp_uid": imp_uid, "merchant_uid": order.merchant_uid, "x": "y"})

    kept = json.dumps([entry.facts for entry in db.session.query(JournalEntry)])
    assert order.outcome == "registered"
    assert [fact for fact in ("checks", "query") if fact in kept] == []


@pytest.mark.parametrize(
    ("body", "agent", "device"),
    [({"device": "mobile"}, "Mozilla/5.0", "mobile"), ({}, "Mozilla/5.0 Mobile", "mobile"), ({}, "Mozilla/5.0", "pc")],
)
def test_an_order_of_a_run_knows_its_device(shopper, body, agent, device):
    buyer = {"buyer_name": "김지수", "buyer_email": "jisoo@example.com", "buyer_tel": "010-1234-5678"}
    fields = {"plan": "coffee-monthly", "guide": "inicis", "run": "run_1", **buyer, **body}

    shopper.post("/orders", json=fields, headers={"User-Agent": agent})

    assert window_of(shopper)["device"] == device


def test_the_charges_of_a_key_belong_to_the_run_that_issued_it(desk, shopper, user, plan):
    order = place_order(desk, user, plan, run_id="run_1")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    subscription = order.subscription
    renew(desk, subscription, now=subscription.paid_until)

    charges = window_of(shopper)["charges"]

    assert [charge["outcome"] for charge in charges] == ["paid", "paid"]
    assert {charge["merchant_uid"] for charge in charges} == {o.merchant_uid for o in subscription.orders[:2]}


def test_a_webhook_of_a_run_is_kept_with_its_documented_fields(client, desk, order):
    body = {"merchant_uid": order.merchant_uid, "imp_uid": "imp_1", "status": "paid"}
    more = {"card_number": "4242424242424242", "cancellation_id": "not an id"}

    for _ in range(20):
        assert client.post("/webhooks/iamport", json=body | more).json == {"status": "stored"}

    kept = [e for e in db.session.query(JournalEntry) if e.event == "webhook.stored"]
    assert len(kept) == 12
    assert kept[0].facts == {"body": body}


def test_a_webhook_of_an_ordinary_order_is_not_kept(client, desk, user, plan):
    order = place_order(desk, user, plan)

    client.post("/webhooks/iamport", data={"merchant_uid": order.merchant_uid, "imp_uid": "imp_1"})

    assert [e for e in db.session.query(JournalEntry) if e.event == "webhook.stored"] == []
