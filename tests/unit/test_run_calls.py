"""The REST calls of a guide run in the journal, with the real client over a connection without a socket."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from models import JournalEntry, db
from services import checkout, run_calls
from services.checkout import Source
from services.desk import Desk
from services.iamport import IamportClient
from tests.factories import NOW, place_order, receive
from tests.fake_wire import FakeWire
from tests.fakes import FakeIamport


@pytest.fixture
def service() -> FakeIamport:
    return FakeIamport()


@pytest.fixture
def wire(service: FakeIamport) -> FakeWire:
    return FakeWire(service, seconds=lambda: 0.0)


@pytest.fixture
def live(desk: Desk, wire: FakeWire) -> Desk:
    """The desk with the real client, whose listener is the shop's."""
    session = requests.Session()
    session.mount("https://api.test", wire)
    client = IamportClient(
        base_url="https://api.test",
        key="the-key",
        secret="the-secret",
        session=session,
        listener=run_calls.listener(desk.machine_now),
    )
    return replace(desk, client=client)


def calls() -> list[JournalEntry]:
    return db.session.query(JournalEntry).filter_by(event=run_calls.EVENT).order_by(JournalEntry.id).all()


def decline(live, service, order, imp_uid=None):
    """Report a declined window: the shop reads the payment, and looks for an approved one."""
    request = checkout.request(live, order, language="ko")
    imp_uid = imp_uid or service.pay(request, card="declined")
    receive(live, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return imp_uid


def test_a_run_keeps_its_calls_in_the_order_in_which_they_were_made(live, service, user, plan):
    order = place_order(live, user, plan, run_id="run_1")

    imp_uid = decline(live, service, order)

    token, read, find = [entry.facts for entry in calls()]
    assert (token["method"], token["path"], token["status"]) == ("POST", "/users/getToken", 200)
    assert read["path"] == f"/payments/{imp_uid}?include_sandbox=true"
    assert find["path"] == f"/payments/find/{order.merchant_uid}/paid?include_sandbox=true"
    assert (read["code"], read["response"]["response"]["status"]) == (0, "failed")
    assert (find["status"], find["response"]["response"]) == (404, None)


def test_no_secret_and_no_token_is_kept(live, service, user, plan):
    decline(live, service, place_order(live, user, plan, run_id="run_1"))

    kept = json.dumps([entry.facts for entry in calls()])
    assert [secret for secret in ("the-secret", "the-key", "access_token") if secret in kept] == []
    assert (calls()[0].facts["request"], calls()[0].facts["response"]) == (None, None)


def test_an_ordinary_order_keeps_no_calls(live, service, user, plan):
    decline(live, service, place_order(live, user, plan))

    assert calls() == []


def test_a_call_without_an_answer_is_kept_too(live, service, wire, user, plan):
    order = place_order(live, user, plan, run_id="run_1")
    wire.outage = lambda path: (0, {}) if path != "/users/getToken" else None

    decline(live, service, order)

    assert [(c.facts["status"], c.facts["error"]) for c in calls()[1:]] == [(None, "ConnectionError")]


def test_the_payment_of_another_buyer_is_not_kept(live, service, user, plan):
    other = service.pay({"merchant_uid": "order_of_another", "customer_uid": "cu_x", "amount": 1, "pg": "jtnet"})
    order = place_order(live, user, plan, run_id="run_1")

    decline(live, service, order, imp_uid=other)

    read = next(c.facts for c in calls() if c.facts["path"].startswith(f"/payments/{other}"))
    assert read["response"]["response"] == {"merchant_uid": "of another order"}


def test_a_payment_of_this_buyer_under_another_id_is_kept(live, service, user, plan):
    order = place_order(live, user, plan, run_id="run_1")
    request = checkout.request(live, order, language="ko")

    decline(live, service, order, imp_uid=service.pay(request, merchant_uid="another-id"))

    assert "another-id" in [(c.facts["response"] or {}).get("response", {}).get("merchant_uid") for c in calls()[1:2]]


def test_a_call_is_recorded_at_the_time_at_which_it_began(live, user, plan):
    order = place_order(live, user, plan, run_id="run_1")
    hear = run_calls.listener(live.machine_now)

    with run_calls.of(order, now=NOW):
        hear(
            run_calls.Exchange(
                method="GET", path="/x", request="", status=200, answer="{}", error="", took=timedelta(seconds=2)
            )
        )
    db.session.commit()

    (call,) = calls()
    assert (call.recorded_at, call.facts["ms"]) == (live.machine_now() - timedelta(seconds=2), 2000)
