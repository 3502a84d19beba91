"""The demonstration's timelines: the shop's journal joined with what the sandbox recorded of the same orders."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

import clock
from demo import sandbox as levers
from demo import source
from demo import timeline as joining
from models import db
from services import checkout, run_calls, run_events, timeline
from services.checkout import Source
from services.desk import Desk
from services.sources import SOURCES
from services.timeline import Row
from tests.factories import NOW, place_order


@pytest.fixture
def live(desk: Desk, sandbox) -> Desk:
    client = sandbox.new_client(listener=run_calls.listener(clock.machine_now))
    return replace(desk, client=client, takes_test_payments=True)


@pytest.fixture(autouse=True)
def connected(app, sandbox, monkeypatch) -> Iterator[None]:
    """Let the demonstration read the sandbox in this process, and let its addresses be built as in a request."""

    def read(record: str, *, timeout: float, **query: str | int) -> Any:
        answer = sandbox.app.test_client().get(f"/control/{record}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    monkeypatch.setattr(levers, "_get", read)
    monkeypatch.setattr(source, "address_of", lambda name: f"/demo/source/{name}" if name else "")
    with app.test_request_context(environ_base={"REMOTE_ADDR": "127.0.0.1"}):  # the console opens on this machine
        yield


def run(live, sandbox, user, plan, run_id: str | None = "run_1"):
    order = place_order(live, user, plan, run_id=run_id)
    imp_uid = sandbox.pay(checkout.request(live, order, language="ko"))
    checkout.receive(live, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order


def rows_of(order, joiners=(joining.joined,)) -> list[Row]:
    return timeline.rows(timeline.of_order(order), joiners)


def test_a_call_that_both_recorded_is_one_row_with_both_durations(live, sandbox, user, plan):
    order = run(live, sandbox, user, plan)

    calls = [row for row in rows_of(order) if row.method and row.lane == "shop" and "getToken" not in row.path]

    assert [row.name.split("/")[1] for row in calls] == ["payments", "subscribe", "subscribe"]
    assert [row for row in calls if row.ms is None or row.their_ms is None] == []
    assert all("wire/" in " ".join(row.links.values()) for row in calls)
    assert [row.replaces[0][0] for row in calls] == ["c"] * 3


def test_the_calls_of_an_ordinary_order_come_from_the_sandbox_alone(live, sandbox, user, plan):
    order = run(live, sandbox, user, plan, run_id=None)

    calls = [row for row in rows_of(order) if row.method and row.lane == "shop"]

    assert [row for row in rows_of(order, ()) if row.method] == []
    assert {row.id[0] for row in calls} == {"c"}
    assert calls[-1].path == "/subscribe/payments/again"
    assert calls[-1].source == SOURCES["POST /subscribe/payments/again"]


def test_a_merged_row_is_new_to_a_reader_who_saw_one_half(live, sandbox, user, plan):
    order = run(live, sandbox, user, plan)
    alone = timeline.cursor(rows_of(order, ()))

    new = [row for row in rows_of(order) if timeline.is_new(row, alone)]

    assert {row.name.split("/")[1] for row in new} >= {"payments", "subscribe"}
    assert [row for row in rows_of(order) if timeline.is_new(row, timeline.cursor(rows_of(order)))] == []


def test_two_equal_calls_are_two_rows(live, sandbox, user, plan):
    order = run(live, sandbox, user, plan)
    for _ in range(2):
        checkout.receive(live, source=Source.CHECK, merchant_uid=order.merchant_uid, imp_uid=order.imp_uid, now=NOW)

    reads = [row for row in rows_of(order) if row.name == f"GET /payments/{order.imp_uid}"]

    assert len(reads) == 3
    assert [row for row in reads if row.their_ms is None] == []


def test_without_the_sandbox_the_shops_own_rows_remain(live, sandbox, user, plan, monkeypatch):
    order = run(live, sandbox, user, plan)

    def fails(*_: Any, **__: Any) -> Any:
        raise requests.ConnectionError

    monkeypatch.setattr(levers, "_get", fails)

    assert [row.id for row in rows_of(order)] == [row.id for row in rows_of(order, ())]


def delivered(order, *, began: float) -> dict[str, Any]:
    attempt = {"began": began, "sent_at": began, "duration_ms": 40, "http_status": 200, "answer_body": "{}"}
    body = {"merchant_uid": order.merchant_uid, "imp_uid": "imp_1", "status": "paid"}
    return {"id": 4, "url": "http://shop.test/webhooks/iamport", "body": body, "attempts": [{**attempt, "error": None}]}


def test_a_webhook_that_both_recorded_is_one_row(desk, user, plan, monkeypatch):
    order = place_order(desk, user, plan, run_id="run_1")
    began = clock.machine_now().timestamp()
    delivery = delivered(order, began=began)
    run_events.record_webhook(order.merchant_uid, delivery["body"], now=NOW)
    db.session.commit()
    monkeypatch.setattr(levers, "_get", lambda record, *_, **__: {"calls": [], "deliveries": [delivery]})

    (row,) = [row for row in rows_of(order) if row.name == "webhook paid"]

    assert (row.id[0], row.ms, row.status, row.response) == ("j", 40, "200", "{}")
    assert row.at.timestamp() == pytest.approx(began)


def test_a_webhook_that_only_the_sandbox_recorded_is_a_row(desk, user, plan, monkeypatch):
    order = place_order(desk, user, plan)
    delivery = delivered(order, began=clock.machine_now().timestamp())
    monkeypatch.setattr(levers, "_get", lambda record, *_, **__: {"calls": [], "deliveries": [delivery]})

    assert [row.id[0] for row in rows_of(order) if row.name == "webhook paid"] == ["w"]


def test_a_webhook_is_a_row_with_the_shops_answer():
    attempt = {"began": 1_800_000_000.25, "sent_at": 1_802_678_400, "http_status": 200, "answer_body": "{}",
               "duration_ms": 9, "error": None}  # fmt: skip
    delivery = {"id": 4, "url": "http://shop.test/webhooks/iamport", "body": {"status": "paid", "merchant_uid": "m"}}

    row = joining._attempt(delivery, attempt)

    assert (row.lane, row.to, row.name, row.status, row.ms) == ("pg", "shop", "webhook paid", "200", 9)
    assert row.business_at - row.at == timedelta(days=31, seconds=-0.25)


def test_the_call_of_the_sdk_comes_before_what_it_caused(desk, user, plan, monkeypatch):
    """The page reports the call over the network, and the window may be quicker."""
    order = place_order(desk, user, plan, run_id="run_1")
    began = clock.machine_now().timestamp()
    facts = {"user": user, "run_id": "run_1", "merchant_uid": order.merchant_uid, "device": "pc", "now": NOW}
    run_events.report(event="sdk.request_pay", **facts, facts={})
    opened = {"id": 1, "kind": "sdk", "method": "POST", "path": "/sdk/payments", "status": 201, "code": None, "ms": 5}
    call = {**opened, "began": began, "at": began, "request": None, "response": None, "ids": [order.merchant_uid]}
    monkeypatch.setattr(levers, "_get", lambda record, *_, **__: {"calls": [call], "deliveries": []})

    names = [row.name for row in rows_of(order)]

    assert names.index("IMP.request_pay") < names.index("POST /sdk/payments")


# The viewer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", sorted(set(SOURCES.values())))
def test_the_viewer_finds_the_line_of_each_function(named):
    file, _, function = named.partition("::")

    assert source.line_of(file, function) > 0
