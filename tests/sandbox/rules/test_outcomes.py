"""Outcomes of charges and windows other than an ordinary answer, caused by a test instrument or planned."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from sandbox import runner
from sandbox.api import answers
from sandbox.app import create_app
from sandbox.ledger.transactions import exclusive
from sandbox.rules import late
from tests.sandbox.conftest import PATIENCE, Api, Receiver
from tests.sandbox.merchant import served
from tests.sandbox.shop import APPROVED, Markup, action, open_window

CARD = "4000-0000-0000-{}"
LATE_REASON = "(PG사 결제 장애) Internal error"


@pytest.fixture
def webhook_url(receiver: Receiver) -> str:
    return receiver.url


@pytest.fixture
def plan(client):
    """Return a function that plans an outcome, and returns the JSON of the answer."""
    return lambda outcome, **fields: client.post("/control/outcomes", json={"outcome": outcome, **fields}).json


@pytest.fixture
def pass_time(app, clock):
    """Return a function that advances the clock by seconds, after which the PGs complete what is due."""

    def pass_time(seconds: int) -> None:
        clock.advance(seconds)
        runner.turn(app, late.run_due)

    return pass_time


# Charges --------------------------------------------------------------------------------------------------


def test_a_card_declines_two_charges_and_then_approves(api):
    api.issue(card_number=CARD.format("0102"))

    statuses = [api.charge(f"order-{n}").response["status"] for n in range(4)]

    assert statuses == ["failed", "failed", "paid", "paid"]


@pytest.mark.parametrize(("digits", "reason"), [("0061", "한도"), ("0041", "분실")])
def test_a_card_declines_each_charge_for_its_own_reason(api, digits, reason):
    api.issue(card_number=CARD.format(digits))

    answers = [api.charge(f"order-{n}") for n in range(2)]

    assert [(answer.http, answer.code, answer.response["status"]) for answer in answers] == [(200, 0, "failed")] * 2
    assert reason in answers[0].response["fail_reason"]


@pytest.mark.parametrize(("digits", "found"), [("0500", 404), ("0501", 200)])
def test_a_card_answers_500_with_and_without_the_money_taken(api, digits, found):
    api.issue(card_number=CARD.format(digits))

    broken = api.charge("order-1")

    assert (broken.http, broken.code, broken.response) == (500, -1, None)
    assert api.get("/payments/find/order-1/paid").http == found


def test_a_client_that_waits_for_a_lost_answer_times_out_and_was_charged(app, api, plan):
    api.issue()
    plan("answer_lost", seconds=30)

    with served(app) as url, pytest.raises(requests.ReadTimeout):
        _charge(url, api, "order-1", timeout=0.5)

    assert api.get("/payments/find/order-1/paid").response["amount"] == 9900


def test_a_client_that_waits_indefinitely_is_cut_off_in_the_end(app, api, plan):
    api.issue()
    plan("answer_lost", seconds=0)

    with served(app) as url, pytest.raises(requests.ConnectionError):
        _charge(url, api, "order-1", timeout=10)

    assert api.get("/payments/find/order-1/paid").http == 200


def test_a_slow_answer_comes_late_and_whole(app, api, plan):
    api.issue()
    plan("slow", seconds=1)

    with served(app) as url:
        begun = time.monotonic()
        answer = _charge(url, api, "order-1", timeout=10)
        waited = time.monotonic() - begun

    assert waited >= 1
    assert answer.json()["response"]["status"] == "paid"


def test_a_slow_answer_comes_although_a_reset_deletes_everything_before_it(client, api, plan, monkeypatch):
    api.issue()
    plan("slow", seconds=2)
    monkeypatch.setattr(answers, "sleep", lambda _seconds: client.post("/control/reset"))

    answer = api.charge("order-1")

    assert (answer.http, answer.response["status"]) == (200, "paid")


def test_while_one_answer_is_slow_others_are_not(app, api, plan):
    api.issue()
    plan("answer_lost", seconds=20)

    with served(app) as url:
        slow = threading.Thread(target=_charge_in_vain, args=(url, api, "order-1"))
        slow.start()
        wait_until(lambda: api.get("/payments/find/order-1").http == 200)
        quick = _charge(url, api, "order-2", timeout=2).json()
        slow.join()

    assert quick["response"]["status"] == "paid"


@pytest.mark.parametrize(("digits", "first", "reason"), [("0202", "failed", LATE_REASON), ("0203", "ready", None)])
def test_a_charge_is_approved_late_and_only_then_announced(api, receiver, pass_time, clock, digits, first, reason):
    api.issue(card_number=CARD.format(digits))

    answered = api.charge("order-1").response
    pass_time(9)
    early = api.get("/payments/find/order-1").response
    pass_time(1)
    late_one = api.get("/payments/find/order-1").response

    assert (answered["status"], answered["fail_reason"]) == (first, reason)
    assert early == answered
    assert late_one["imp_uid"] == answered["imp_uid"]
    assert (late_one["status"], late_one["paid_at"], late_one["failed_at"]) == ("paid", clock(), 0)
    assert late_one["fail_reason"] is None
    assert late_one["apply_num"]
    assert receiver.next() == {"imp_uid": answered["imp_uid"], "merchant_uid": "order-1", "status": "paid"}


def test_a_late_approval_comes_once(app, api, client, receiver, pass_time):
    api.issue(card_number=CARD.format("0202"))
    api.charge("order-1")

    for _ in range(3):
        pass_time(20)

    assert receiver.next()["merchant_uid"] == "order-1"
    assert client.get("/control/idle?wait=10").json["idle"]
    assert receiver.is_silent()


def test_a_late_approval_that_a_reset_deletes_stops_no_clock(api, client, clock, plan, monkeypatch):
    def after_a_reset(payment):
        client.post("/control/reset", json={})
        return exclusive(payment)

    monkeypatch.setattr(late, "exclusive", after_a_reset)
    client.post("/control/merchants", json={"code": "imp_other"})
    api.issue()
    plan("late_approval", seconds=10)
    api.charge("order-1")
    clock.advance(10)

    answer = client.post("/control/clock", json={"merchant_code": "imp_other", "advance": 1})

    assert answer.status_code == 200


def test_a_late_approval_outlives_the_process_that_promised_it(config, clock, api, receiver, plan):
    api.issue(card_number=CARD.format("0202"))
    api.charge("order-1")
    plan("lost_card", customer_uid="card-1")
    clock.advance(10)

    successor = create_app(config, clock, background=False)
    runner.turn(successor, late.run_due)

    after = Api(successor.test_client())
    assert after.get("/payments/find/order-1").response["status"] == "paid"
    assert receiver.next()["merchant_uid"] == "order-1"
    assert "분실" in after.charge("order-2").response["fail_reason"]


def test_a_late_approval_does_not_come_when_the_order_was_paid_in_the_meantime(api, plan, pass_time):
    api.issue()
    plan("late_approval")
    failed = api.charge("order-1").response
    again = api.charge("order-1").response

    pass_time(60)

    assert api.get(f"/payments/{failed['imp_uid']}").response["status"] == "failed"
    assert api.get(f"/payments/{again['imp_uid']}").response["status"] == "paid"


# Windows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("digits", "first"), [("0202", "failed"), ("0203", "ready")])
def test_a_window_is_approved_late_with_its_key(api, payer, receiver, pass_time, digits, first):
    opened = payer.open(merchant_uid="issue-1", customer_uid="card-1")

    imp_uid = payer.approve(opened, CARD.format(digits))
    before = api.get(f"/payments/{imp_uid}").response["status"]
    no_key = api.get("/subscribe/customers/card-1").http
    pass_time(10)

    assert (before, no_key) == (first, 404)
    assert api.get(f"/payments/{imp_uid}").response["status"] == "paid"
    assert api.get("/subscribe/customers/card-1").http == 200
    assert receiver.next()["imp_uid"] == imp_uid


@pytest.mark.parametrize(("device", "word", "value"), [("pc", "success", True), ("mobile", "imp_success", "true")])
def test_a_pending_window_is_a_success_to_the_browser_and_not_in_the_record(api, client, device, word, value):
    window = open_window(client, device, merchant_uid="issue-1")

    rsp = submitted(client, window, "0203")

    assert rsp[word] == value
    assert api.get("/payments/find/issue-1").response["status"] == "ready"
    assert api.get(f"/payments/{rsp['imp_uid']}").response["paid_at"] == 0


@pytest.mark.parametrize("device", ["pc", "mobile"])
@pytest.mark.parametrize("digits", ["4242", "0499"])
def test_the_deprecated_success_can_be_dropped(client, device, digits):
    client.post("/control/levers", json={"drop_success": True})

    rsp = submitted(client, open_window(client, device, merchant_uid="issue-1"), digits)

    assert not {"success", "imp_success"} & set(rsp)
    assert rsp["merchant_uid"] == "issue-1"
    assert bool(rsp.get("error_msg")) is (digits == "0499")


@pytest.mark.parametrize(("device", "status"), [("pc", "failed"), ("mobile", "ready")])
def test_a_payer_closes_the_window(api, client, device, status):
    window = open_window(client, device, merchant_uid="issue-1")

    rsp = submitted(client, window, "0499")

    assert rsp["error_msg"] == "사용자가 결제를 취소하셨습니다"
    assert "error_code" not in rsp
    assert api.get("/payments/find/issue-1").response["status"] == status


def test_a_payer_who_abandons_the_window_leaves_the_payment_ready_and_the_shop_in_the_dark(api, client, receiver):
    window = open_window(client, "mobile", merchant_uid="issue-1")

    answer = client.post(action(window, "approve"), data={"number": CARD.format("0498")})

    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert 'href="http://shop.test/" target="_top"' in answer.text
    assert api.get("/payments/find/issue-1").response["status"] == "ready"
    assert client.get("/control/idle").json["idle"]
    assert receiver.is_silent()


def test_a_planned_outcome_beats_the_instrument_in_a_window(api, payer, plan):
    plan("approve", place="window")
    plan("decline", place="window")

    statuses = [
        api.get(f"/payments/{payer.approve(payer.open(merchant_uid=uid, customer_uid=uid), number)}").response["status"]
        for uid, number in (("issue-1", CARD.format("0002")), ("issue-2", "4242-4242-4242-4242"))
    ]

    assert statuses == ["paid", "failed"]


# Planned outcomes -----------------------------------------------------------------------------------------


def test_an_outcome_is_played_as_often_as_planned(api, plan):
    api.issue()
    plan("insufficient_funds", times=2)

    statuses = [api.charge(f"order-{n}").response["status"] for n in range(3)]

    assert statuses == ["failed", "failed", "paid"]


def test_an_outcome_for_one_customer_touches_no_other_and_goes_before_one_for_any(api, client, plan):
    api.issue("card-1")
    api.issue("card-2")
    plan("limit_exceeded")
    plan("lost_card", customer_uid="card-1")

    first = api.charge("order-1", customer_uid="card-1").response["fail_reason"]
    left = client.get("/control/outcomes").json["orders"]
    second = api.charge("order-2", customer_uid="card-2").response["fail_reason"]

    assert "분실" in first
    assert [entry["outcome"] for entry in left] == ["limit_exceeded"]
    assert "한도" in second


def test_an_outcome_for_a_window_waits_for_a_window(api, payer, plan):
    api.issue()
    plan("decline", place="window")

    charge = api.charge("order-1").response["status"]
    imp_uid = payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-9"), "4242-4242-4242-4242")

    assert charge == "paid"
    assert api.get(f"/payments/{imp_uid}").response["status"] == "failed"


def test_a_charge_that_is_refused_uses_up_no_outcome(api, client, plan):
    api.issue()
    plan("decline")

    api.charge("order-1", customer_uid="nobody")

    assert client.get("/control/outcomes").json["orders"][0]["times"] == 1


def test_planned_outcomes_can_be_withdrawn(api, client, plan):
    api.issue()
    plan("decline")
    plan("decline", customer_uid="card-1")

    one_less = client.delete("/control/outcomes", json={"customer_uid": "card-1"}).json["orders"]
    none = client.delete("/control/outcomes").json["orders"]

    assert (len(one_less), none) == (1, [])
    assert api.charge("order-1").response["status"] == "paid"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "earthquake"},
        {"outcome": "window_cancelled", "place": "charge"},
        {"outcome": "decline", "place": "moon"},
        {"outcome": "decline", "times": -1},
        {"outcome": "decline", "seconds": "soon"},
    ],
)
def test_an_impossible_outcome_is_an_error(client, body):
    answer = client.post("/control/outcomes", json=body)

    assert answer.status_code == 400
    assert answer.json["error"]


def submitted(client: FlaskClient, window: str, digits: str) -> dict[str, Any]:
    """Submit a window with a test card. Return what the shop receives: the callback's `rsp`, or the query."""
    number = CARD.format(digits) if digits != "4242" else APPROVED
    answer = client.post(action(window, "approve"), data={"number": number})
    if answer.status_code == 302:
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    return json.loads(Markup(answer.text).attribute("data-result")[0])


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline


def _charge(url: str, api: Api, merchant_uid: str, *, timeout: float) -> requests.Response:
    fields = {"customer_uid": "card-1", "merchant_uid": merchant_uid, "amount": 9900, "name": "원두"}
    return requests.post(f"{url}/subscribe/payments/again", json=fields, headers=api.headers, timeout=timeout)


def _charge_in_vain(url: str, api: Api, merchant_uid: str) -> None:
    with pytest.raises(requests.ReadTimeout):
        _charge(url, api, merchant_uid, timeout=3)
