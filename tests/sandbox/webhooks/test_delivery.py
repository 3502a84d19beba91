"""Notices to the shop, and the levers that lose, copy and delay them."""

import time

import pytest

from sandbox import runner
from sandbox.webhooks import delivery
from tests.sandbox.conftest import PATIENCE, Api, Receiver


@pytest.fixture
def webhook_url(receiver: Receiver) -> str:
    return receiver.url


def wait_until_idle(api: Api) -> None:
    deadline = time.monotonic() + PATIENCE
    while not api.client.get("/control/idle").json["idle"]:
        assert time.monotonic() < deadline, "a webhook is still in flight"


def test_a_charge_is_announced_once(api, receiver):
    api.issue()

    payment = api.charge("order-1").response

    assert receiver.next() == {"imp_uid": payment["imp_uid"], "merchant_uid": "order-1", "status": "paid"}
    wait_until_idle(api)
    assert receiver.is_silent()


def test_an_approved_window_is_announced_once_however_often_it_is_submitted(api, payer, receiver):
    window = payer.open(merchant_uid="issue-1", customer_uid="card-1")

    imp_uid = payer.approve(window, "4242-4242-4242-4242")
    payer.approve(window, "4242-4242-4242-4242")

    assert receiver.next() == {"imp_uid": imp_uid, "merchant_uid": "issue-1", "status": "paid"}
    wait_until_idle(api)
    assert receiver.is_silent()


def test_nothing_else_is_announced(api, payer, receiver):
    api.issue()
    api.issue("poor", card_number="4000-0000-0000-0341")
    payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-9"), "4000-0000-0000-0002")
    payer.close(payer.open(merchant_uid="issue-2", customer_uid="card-9"))
    payer.decline(payer.open(merchant_uid="issue-3", customer_uid="card-9"))
    api.charge("order-1", customer_uid="poor")
    api.charge("order-2", customer_uid="nobody")

    paid = api.charge("order-3").response
    api.post("/payments/cancel", imp_uid=paid["imp_uid"])

    assert receiver.next()["merchant_uid"] == "order-3"
    wait_until_idle(api)
    assert receiver.is_silent()


def test_a_notice_url_replaces_the_address_of_the_console(api, receiver):
    elsewhere = Receiver()
    api.issue()

    api.charge("order-1", notice_url=elsewhere.url)

    assert elsewhere.next()["merchant_uid"] == "order-1"
    wait_until_idle(api)
    assert receiver.is_silent()


def test_several_notice_urls_all_receive_a_notice(api, receiver):
    api.issue()

    api.charge("order-1", notice_url=[receiver.url, receiver.url])

    assert [receiver.next()["merchant_uid"], receiver.next()["merchant_uid"]] == ["order-1", "order-1"]


def test_a_shop_that_is_down_does_not_fail_its_charge(api):
    api.issue()

    answer = api.charge("order-1", notice_url="http://127.0.0.1:9/webhooks")

    wait_until_idle(api)
    assert answer.response["status"] == "paid"


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_notices_can_be_lost_or_doubled(api, receiver, copies):
    api.issue()

    policy = api.client.post("/control/webhooks", json={"copies": copies}).json
    api.charge("order-1")

    assert policy == {"copies": copies, "delay": 0}
    assert [receiver.next()["merchant_uid"] for _ in range(copies)] == ["order-1"] * copies
    wait_until_idle(api)
    assert receiver.is_silent()


def test_notices_can_be_late(app, api, receiver, clock):
    api.client.post("/control/webhooks", json={"delay": 30})
    api.issue()

    api.charge("order-1")
    clock.advance(29)
    runner.turn(app, delivery.send_due)

    assert api.client.get("/control/idle").json == {"idle": False, "open": 1, "next_at": clock() + 1}
    assert receiver.is_silent()
    clock.advance(1)
    runner.turn(app, delivery.send_due)
    assert receiver.next()["merchant_uid"] == "order-1"


@pytest.mark.parametrize("answer", [200, 500])
def test_a_notice_is_delivered_again_on_demand_and_its_answer_reported(api, receiver, answer):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]
    receiver.next()
    receiver.answer_status = answer

    report = api.client.post("/control/webhooks/deliver", json={"imp_uid": imp_uid}).json

    assert report["status"] == answer
    assert report["deliveries"] == [{"url": receiver.url, "status": answer, "error": None}]
    assert receiver.next()["imp_uid"] == imp_uid
