"""The webhook laboratory, seen from the shop that receives."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from queue import Queue
from typing import NamedTuple
from urllib.parse import parse_qsl

import pytest

from sandbox import runner
from sandbox.app import create_app
from sandbox.config import Config
from sandbox.ledger.models import Delivery, db
from sandbox.rules import late
from sandbox.webhooks.delivery import MAX_IN_FLIGHT, send_due
from tests.sandbox.conftest import PATIENCE, Api
from tests.sandbox.shop import APPROVED, action, open_window


class Notice(NamedTuple):
    """One request as it reached the shop."""

    type: str
    body: str

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Shop:
    """A webhook endpoint that answers with the planned statuses, and only while `may_answer` is set."""

    def __init__(self) -> None:
        self.notices: Queue[Notice] = Queue()
        self.answers: list[int] = []
        """HTTP statuses of the next answers; 200 when the list is empty."""
        self.may_answer = threading.Event()
        self.may_answer.set()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                shop.notices.put(Notice(self.headers["Content-Type"], body))
                shop.may_answer.wait(PATIENCE)
                self.send_response(shop.answers.pop(0) if shop.answers else 200)
                self.end_headers()
                self.wfile.write("받았습니다".encode())

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> Notice:
        return self.notices.get(timeout=PATIENCE)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.may_answer.set()
    shop.server.shutdown()
    shop.server.server_close()


@pytest.fixture
def webhook_url(shop: Shop) -> str:
    return shop.url


@pytest.fixture
def policy(client):
    """Return a function that sets the policy and returns the lever's answer."""
    return lambda **fields: client.post("/control/webhooks", json=fields).json


@pytest.fixture
def turn(app, settle):
    """Return a function that runs one turn of the background and waits until everything it started has ended."""

    def turned() -> None:
        runner.turn(app, late.run_due)
        runner.turn(app, send_due)
        settle()

    return turned


def uids(shop: Shop, count: int) -> list[str]:
    return [shop.next().json["merchant_uid"] for _ in range(count)]


@pytest.mark.parametrize(
    ("format", "type", "read"),
    [
        ("json", "application/json", json.loads),
        ("form", "application/x-www-form-urlencoded", lambda b: dict(parse_qsl(b))),
    ],
)
def test_a_notice_is_json_or_a_form(api, shop, policy, format, type, read):
    policy(format=format)
    api.issue()

    payment = api.charge("order-1").response

    notice = shop.next()
    assert notice.type == type
    assert read(notice.body) == {"imp_uid": payment["imp_uid"], "merchant_uid": "order-1", "status": "paid"}


def test_a_lost_notice_is_never_sent_and_can_be_sent_by_hand(api, client, shop, policy):
    policy(copies=0)
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]
    [lost] = client.get(f"/control/webhooks/deliveries?imp_uid={imp_uid}").json["deliveries"]
    idle = client.get("/control/idle?wait=5").json["idle"]

    sent = client.post("/control/webhooks/deliver", json={"delivery": lost["id"]}).json

    assert (lost["state"], lost["attempts"], idle) == ("lost", [], True)
    assert sent["status"] == 200
    assert shop.next().json == lost["body"]
    assert shop.notices.empty()


def test_of_two_shuffled_notices_the_newer_comes_first(api, client, shop, policy):
    policy(shuffle=True)
    api.issue()

    for n in (1, 2):
        api.charge(f"order-{n}")
    first_pair = uids(shop, 2)
    for n in (3, 4):
        api.charge(f"order-{n}")
    second_pair = uids(shop, 2)

    assert first_pair + second_pair == ["order-2", "order-1", "order-4", "order-3"]
    assert client.get("/control/idle?wait=10").json["idle"]


def test_a_notice_that_no_newer_one_overtakes_comes_in_the_end(api, shop, policy, clock, turn):
    policy(shuffle=True)
    api.issue()
    api.charge("order-1")

    clock.advance(30)
    turn()

    assert uids(shop, 1) == ["order-1"]


@pytest.mark.parametrize("retries", [0, 2, 5])
def test_a_notice_answered_with_5xx_comes_again_a_minute_later(api, client, shop, policy, clock, settle, turn, retries):
    shop.answers = [503] * 9
    policy(retries=retries)
    api.issue()
    api.charge("order-1")
    shop.next()
    settle()

    received = []
    for _ in range(retries + 1):
        for seconds in (59, 1):
            clock.advance(seconds)
            turn()
            received.append(shop.notices.qsize())

    assert received == [*(n for retry in range(retries) for n in (retry, retry + 1)), retries, retries]
    assert client.get("/control/idle").json["idle"]
    [delivery] = client.get("/control/webhooks/deliveries").json["deliveries"]
    assert [attempt["http_status"] for attempt in delivery["attempts"]] == [503] * (retries + 1)
    sent = [attempt["sent_at"] for attempt in delivery["attempts"]]
    assert [later - earlier for earlier, later in pairwise(sent)] == [60] * retries


def test_a_notice_comes_again_until_it_is_answered_and_then_no_more(api, client, shop, policy, clock, settle, turn):
    shop.answers = [500, 502, 204]
    policy(retries=5)
    api.issue()
    api.charge("order-1")
    shop.next()
    settle()

    for _ in range(5):
        clock.advance(60)
        turn()

    [delivery] = client.get("/control/webhooks/deliveries").json["deliveries"]
    assert [attempt["http_status"] for attempt in delivery["attempts"]] == [500, 502, 204]
    assert delivery["state"] == "answered"


@pytest.mark.parametrize("status", [302, 400, 404])
def test_no_other_answer_makes_a_notice_come_again(api, client, shop, policy, status):
    shop.answers = [status]
    policy(retries=5)
    api.issue()

    api.charge("order-1")

    assert client.get("/control/idle?wait=10").json["idle"]
    assert shop.notices.qsize() == 1


def test_a_shop_that_stays_down_is_given_up(api, client, policy, clock, settle, turn):
    policy(retries=1)
    api.issue()
    api.charge("order-1", notice_url="http://127.0.0.1:9/webhooks")
    settle()
    [before] = client.get("/control/webhooks/deliveries").json["deliveries"]

    clock.advance(60)
    turn()

    [after] = client.get("/control/webhooks/deliveries").json["deliveries"]
    assert [attempt["error"] for attempt in after["attempts"]] == ["ConnectionError", "ConnectionError"]
    assert (before["state"], after["state"]) == ("queued", "unreachable")


def test_an_attempt_keeps_request_answer_and_duration(api, client, shop):
    shop.answers = [418]
    api.issue()
    payment = api.charge("order-1").response
    assert client.get("/control/idle?wait=10").json == {"idle": True, "open": 0, "next_at": None}

    [delivery] = client.get("/control/webhooks/deliveries").json["deliveries"]

    [attempt] = delivery["attempts"]
    assert json.loads(attempt["request_body"])["imp_uid"] == payment["imp_uid"]
    assert attempt["request_type"] == "application/json"
    assert (attempt["http_status"], attempt["answer_body"], attempt["error"]) == (418, "받았습니다", None)
    assert 0 <= attempt["duration_ms"] < PATIENCE * 1000


def test_a_window_may_have_to_wait_for_its_notice(api, client, shop, policy):
    policy(turn="before")
    shop.may_answer.clear()
    window = open_window(client, merchant_uid="issue-1")
    submit = threading.Thread(
        target=client.post, args=(action(window, "approve"),), kwargs={"data": {"number": APPROVED}}
    )

    submit.start()
    notice = shop.next()
    waiting = submit.is_alive()
    shop.may_answer.set()
    submit.join(PATIENCE)

    assert waiting
    assert notice.json["merchant_uid"] == "issue-1"
    assert not submit.is_alive()


def test_a_window_waits_for_no_notice_that_a_reset_has_forgotten(client, shop, policy):
    policy(turn="before")
    shop.may_answer.clear()
    approve = action(open_window(client, merchant_uid="issue-1"), "approve")
    submit = threading.Thread(target=client.post, args=(approve,), kwargs={"data": {"number": APPROVED}})

    submit.start()
    shop.next()
    client.post("/control/reset")
    submit.join(PATIENCE)

    assert not submit.is_alive()


def test_a_notice_may_have_to_wait_for_the_browser(api, client, shop, policy, clock, turn):
    policy(turn="after")
    client.post(action(open_window(client, merchant_uid="issue-1"), "approve"), data={"number": APPROVED})
    turn()
    early = shop.notices.qsize()

    clock.advance(3)
    turn()

    assert early == 0
    assert uids(shop, 1) == ["issue-1"]


@pytest.mark.parametrize(
    ("kind", "lies_about"),
    [("wrong_amount", "amount"), ("unknown_imp_uid", "imp_uid"), ("wrong_merchant_uid", "merchant_uid")],
)
def test_a_forged_notice_goes_ahead_of_the_true_one(api, client, shop, policy, kind, lies_about):
    policy(forged=kind)
    api.issue()

    payment = api.charge("order-1").response
    forged, true = shop.next().json, shop.next().json

    facts = {"imp_uid": payment["imp_uid"], "merchant_uid": "order-1", "status": "paid"}
    assert true == facts
    assert {name for name in forged if forged[name] != facts.get(name)} == {lies_about}


def test_a_forged_imp_uid_is_unknown_to_the_service(api, shop, policy):
    policy(forged="unknown_imp_uid")
    api.issue()
    api.charge("order-1")

    assert api.get(f"/payments/{shop.next().json['imp_uid']}").http == 404


def test_a_notice_can_be_forged_for_a_payment_that_is_not_paid(api, client, payer, shop):
    imp_uid = payer.open(merchant_uid="issue-1", customer_uid="card-1").json["imp_uid"]

    sent = client.post("/control/webhooks/forge", json={"imp_uid": imp_uid, "kind": "wrong_amount"}).json

    assert sent["status"] == 200
    assert shop.next().json == {"imp_uid": imp_uid, "merchant_uid": "issue-1", "status": "paid", "amount": 1}
    assert api.get(f"/payments/{imp_uid}").response["status"] == "ready"


def test_a_cancel_is_announced_where_the_shop_asks_for_it(api, client, shop):
    api.issue()
    for n in (1, 2):
        api.charge(f"order-{n}")
    assert client.get("/control/idle?wait=10").json["idle"]
    shop.notices.queue.clear()

    api.post("/payments/cancel", merchant_uid="order-1", reason="변심")
    cancelled = api.post("/payments/cancel", merchant_uid="order-2", amount=900, enable_webhook=True).response

    assert shop.next().json == {
        "imp_uid": cancelled["imp_uid"],
        "merchant_uid": "order-2",
        "status": "cancelled",
        "cancellation_id": cancelled["cancel_history"][0]["cancellation_id"],
    }
    assert client.get("/control/idle?wait=10").json["idle"]
    assert shop.notices.empty()


def test_a_cancel_in_the_console_is_announced_always(api, client, shop):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]
    shop.next()

    answer = client.post("/control/cancel", json={"imp_uid": imp_uid, "amount": 900, "reason": "콘솔"}).json

    assert (answer["status"], answer["cancel_amount"], answer["cancel_reason"]) == ("cancelled", 900, "콘솔")
    assert shop.next().json["status"] == "cancelled"


@pytest.mark.parametrize("wanted", [True, False])
def test_an_issue_that_charged_nothing_is_announced_or_not(api, client, shop, wanted):
    client.post("/control/levers", json={"issue_webhook": wanted})

    client.post(action(open_window(client, merchant_uid="issue-1"), "approve"), data={"number": APPROVED})
    client.post(action(open_window(client, pg="jtnet", merchant_uid="issue-2"), "approve"), data={"number": APPROVED})

    assert client.get("/control/idle?wait=10").json["idle"]
    assert sorted(uids(shop, 1 + wanted)) == (["issue-1", "issue-2"] if wanted else ["issue-2"])
    assert shop.notices.empty()


def test_a_pg_that_reviews_approves_when_its_time_has_come(api, client, shop, clock, turn):
    client.post("/control/levers", json={"approval_pingback": 120})
    paymentwall = open_window(client, pg="paymentwall", merchant_uid="issue-1", customer_uid="card-1")
    inicis = open_window(client, merchant_uid="issue-2", customer_uid="card-2")

    for window in (paymentwall, inicis):
        client.post(action(window, "approve"), data={"number": APPROVED})
    immediately = [api.get(f"/payments/find/issue-{n}").response["status"] for n in (1, 2)]
    no_key = api.get("/subscribe/customers/card-1").http
    notified = uids(shop, 1)
    clock.advance(120)
    turn()

    assert (immediately, no_key, notified) == (["ready", "paid"], 404, ["issue-2"])
    assert api.get("/payments/find/issue-1").response["status"] == "paid"
    assert api.get("/subscribe/customers/card-1").http == 200
    assert uids(shop, 1) == ["issue-1"]


@pytest.mark.parametrize("ahead", [0, 30 * 86_400, -30 * 86_400])
def test_a_pg_that_cancels_later_says_nothing_of_it_until_then(api, client, shop, clock, turn, ahead):
    client.post("/control/levers", json={"cancel_pingback": 60})
    client.post("/control/clock", json={"customer_uid": "card-1", "offset": ahead})
    window = open_window(client, pg="paymentwall", merchant_uid="issue-1", customer_uid="card-1")
    client.post(action(window, "approve"), data={"number": APPROVED})
    shop.next()

    accepted = api.post("/payments/cancel", merchant_uid="issue-1", enable_webhook=True)
    again = api.post("/payments/cancel", merchant_uid="issue-1")
    turn()
    before = api.get("/payments/find/issue-1").response
    clock.advance(60)
    turn()
    after = api.get("/payments/find/issue-1").response

    assert (accepted.code, accepted.response["status"], before["cancel_amount"]) == (0, "paid", 0)
    assert again.code == -1
    assert (after["status"], after["cancel_amount"], after["cancelled_at"]) == ("cancelled", 9900, clock() + ahead)
    assert shop.next().json["status"] == "cancelled"


def test_a_shop_that_does_not_answer_keeps_no_other_shop_waiting(api, client, shop, receiver):
    shop.may_answer.clear()
    other = client.post("/control/merchants", json={"webhook_url": receiver.url}).json
    api.issue()
    neighbour = Api(client, other["key"], other["secret"])
    neighbour.issue()

    for n in range(MAX_IN_FLIGHT + 4):
        api.charge(f"order-{n}")
    neighbour.charge("order-0")

    assert receiver.next()["merchant_uid"] == "order-0"
    shop.may_answer.set()
    assert len(set(uids(shop, MAX_IN_FLIGHT + 4))) == MAX_IN_FLIGHT + 4


def test_an_address_that_cannot_be_one_is_given_up(api, client):
    api.issue()

    api.charge("order-1", notice_url=f"http://{'x' * 70}.test/")

    assert client.get("/control/idle?wait=10").json["idle"]
    [delivery] = client.get("/control/webhooks/deliveries").json["deliveries"]
    assert delivery["state"] == "unreachable"


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_a_notice_outlives_the_process_that_was_to_send_it(tmp_path, clock, shop, state):
    config = Config(DATABASE_URL=f"sqlite:///{tmp_path}/sandbox.db", WEBHOOK_URL=shop.url)
    first = create_app(config, clock, background=False)
    shop.may_answer.clear()
    Api(first.test_client()).issue()
    Api(first.test_client()).charge("order-1")
    shop.next()
    _pretend_a_crash(first, state)

    clock.advance(11)
    second = create_app(config, clock, background=False)
    runner.turn(second, send_due)

    assert uids(shop, 1) == ["order-1"]


def test_an_unknown_kind_of_forgery_says_so(api, client):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    answer = client.post("/control/webhooks/forge", json={"imp_uid": imp_uid, "kind": "none"})

    assert answer.status_code == 400


def _pretend_a_crash(app, state: str) -> None:
    """Leave the notice as a killed process would have left it: claimed or not, and without a result."""
    with app.app_context():
        db.session.execute(db.update(Delivery).values(state=state))
        db.session.commit()
        db.engine.dispose()
