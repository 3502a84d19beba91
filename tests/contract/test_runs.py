"""A guide run against the sandbox: the journal keeps what went over the wire."""

from dataclasses import replace

import pytest

from models import JournalEntry, db
from services import checkout, guide_runs, run_calls, run_report
from services.checkout import Source
from services.desk import Desk
from tests.factories import NOW, place_order


@pytest.fixture
def live(desk: Desk, sandbox) -> Desk:
    client = sandbox.new_client(listener=run_calls.listener(desk.machine_now))
    return replace(desk, client=client, takes_test_payments=True)


def run(live, sandbox, user, plan, guide):
    order = place_order(live, user, plan, guide, run_id="run_1")
    imp_uid = sandbox.pay(checkout.request(live, order, language="ko"))
    checkout.receive(live, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order


@pytest.mark.parametrize(
    ("guide", "paths"),
    [
        ("inicis", ["/users/getToken", "/payments/imp_", "/subscribe/customers/cu_", "/subscribe/payments/again"]),
        ("jtnet", ["/users/getToken", "/payments/prepare", "/payments/imp_", "/subscribe/customers/cu_"]),
    ],
)
def test_a_run_keeps_each_call_once_and_in_order(live, sandbox, user, plan, guide, paths):
    order = run(live, sandbox, user, plan, guide)

    calls = [e for e in db.session.query(JournalEntry).order_by(JournalEntry.id) if e.event == run_calls.EVENT]
    kept = [call.facts["path"] for call in calls]
    assert [path for path, start in zip(kept, paths, strict=True) if not path.startswith(start)] == []
    assert [call.facts["code"] for call in calls[1:]] == [0] * (len(paths) - 1)
    assert {call.merchant_uid for call in calls} <= {o.merchant_uid for o in order.subscription.orders}


def test_the_report_of_a_run_has_the_record_and_the_charge_as_they_were_on_the_wire(live, sandbox, user, plan):
    order = run(live, sandbox, user, plan, "inicis")

    (window,) = run_report.of(guide_runs.orders_of("run_1", user=user))["orders"]

    assert window["record"]["imp_uid"] == order.imp_uid
    assert window["record"]["customer_uid"] == order.billing_key.customer_uid
    (charge,) = window["charges"]
    assert (charge["outcome"], charge["response"]["response"]["status"]) == ("paid", "paid")
    assert charge["request"]["customer_uid"] == order.billing_key.customer_uid
    assert [check["name"] for check in window["checks"] if not check["same"]] == []
