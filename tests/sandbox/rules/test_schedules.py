"""Schedules: booked, moved, revoked, and run once when they are due."""

from typing import Any

import pytest
from flask import Flask

from sandbox import runner
from sandbox.rules import schedules
from tests.sandbox.conftest import Answer, Api, Clock, Receiver

DAY = 86_400
START = Clock().seconds
POOR = "4000-0000-0000-0341"
"""A card that can be registered and declines every charge."""


class Shop(Api):
    """A shop that books schedules, and renews its token."""

    def send(self, method: str, path: str, **request: Any) -> Answer:
        answer = super().send(method, path, **request)
        if answer.http != 401:
            return answer
        self.sign_in()
        return super().send(method, path, **request)

    def book(self, *entries: dict[str, Any], **fields: Any) -> Answer:
        return self.post("/subscribe/payments/schedule", **{"customer_uid": "card-1", "schedules": entries, **fields})

    def schedule(self, merchant_uid: str) -> dict[str, Any]:
        return self.get(f"/subscribe/payments/schedule/{merchant_uid}").response

    def change(self, merchant_uid: str, **fields: Any) -> Answer:
        return self.send("PUT", f"/subscribe/payments/schedule/{merchant_uid}", json=fields)


def entry(merchant_uid: str = "month-1", after: int = DAY, **fields: Any) -> dict[str, Any]:
    defaults = {"amount": 9900, "currency": "KRW", "name": "원두 한 달"}
    return {"merchant_uid": merchant_uid, "schedule_at": START + after, **defaults, **fields}


@pytest.fixture
def webhook_url(receiver: Receiver) -> str:
    return receiver.url


@pytest.fixture
def shop(client) -> Shop:
    shop = Shop(client)
    shop.issue(customer_name="김매달", customer_email="kim@shop.test")
    return shop


def run_due(app: Flask) -> None:
    runner.turn(app, schedules.run_due)


def test_a_schedule_is_answered_as_an_array_of_what_was_requested(shop):
    answer = shop.book(entry(custom_data="mine", buyer_tel="010-1111-2222"), entry("month-2", 31 * DAY))

    assert (answer.http, answer.code) == (200, 0)
    assert answer.response[0] == {
        "customer_uid": "card-1",
        "merchant_uid": "month-1",
        "customer_id": None,
        "imp_uid": None,
        "pg_provider": "html5_inicis",
        "pg_id": "INIBillTst",
        "schedule_at": START + DAY,
        "executed_at": 0,
        "revoked_at": 0,
        "amount": 9900,
        "currency": "KRW",
        "name": "원두 한 달",
        "buyer_name": "김매달",
        "buyer_email": "kim@shop.test",
        "buyer_tel": "010-1111-2222",
        "buyer_addr": None,
        "buyer_postcode": None,
        "custom_data": "mine",
        "schedule_status": "scheduled",
        "payment_status": None,
        "fail_reason": None,
        "promotion_id": None,
    }
    assert answer.response[1]["merchant_uid"] == "month-2"


def test_a_schedule_is_charged_once_when_it_is_due_and_announced(shop, app, clock, receiver):
    shop.book(entry())

    run_due(app)
    early = shop.schedule("month-1")["schedule_status"]
    clock.advance(DAY)
    run_due(app)
    run_due(app)

    done = shop.schedule("month-1")
    payment = shop.get(f"/payments/{done['imp_uid']}").response
    assert early == "scheduled"
    assert (done["schedule_status"], done["payment_status"], done["executed_at"]) == ("executed", "paid", START + DAY)
    assert (payment["status"], payment["amount"], payment["paid_at"]) == ("paid", 9900, START + DAY)
    assert (payment["channel"], payment["customer_uid_usage"]) == ("api", "payment.scheduled")
    assert payment["buyer_name"] == "김매달"
    assert receiver.next() == {"imp_uid": done["imp_uid"], "merchant_uid": "month-1", "status": "paid"}
    assert shop.get("/payments/findAll/month-1").response["total"] == 1


def test_a_schedule_of_a_foreign_currency_keeps_its_cents(shop, app, clock):
    shop.book(entry(amount=49.99, currency="USD"))

    clock.advance(DAY)
    run_due(app)

    assert shop.schedule("month-1")["amount"] == 49.99
    assert shop.get("/payments/find/month-1").response["amount"] == 49.99


def test_a_declined_run_is_executed_and_announced_as_failed(shop, app, clock, receiver):
    shop.issue("poor", card_number=POOR)
    shop.book(entry(), customer_uid="poor")

    clock.advance(DAY)
    run_due(app)

    done = shop.schedule("month-1")
    assert (done["schedule_status"], done["payment_status"]) == ("executed", "failed")
    assert done["fail_reason"]
    assert receiver.next() == {"imp_uid": done["imp_uid"], "merchant_uid": "month-1", "status": "failed"}


def test_a_schedule_whose_key_is_gone_fails_when_due(shop, app, clock, receiver):
    shop.book(entry())
    shop.send("DELETE", "/subscribe/customers/card-1")

    clock.advance(DAY)
    run_due(app)

    assert shop.schedule("month-1")["fail_reason"] == "등록되지 않은 구매자입니다."
    assert receiver.next()["status"] == "failed"


def test_a_lever_lets_a_deleted_key_take_its_schedules_along(shop, client):
    shop.book(entry())
    client.post("/control/levers", json={"delete_revokes": True})

    shop.send("DELETE", "/subscribe/customers/card-1")

    assert shop.schedule("month-1")["schedule_status"] == "revoked"


@pytest.mark.parametrize("missing", ["customer_uid", "schedules"])
def test_a_schedule_needs_its_fields(shop, missing):
    fields = {"customer_uid": "card-1", "schedules": [entry()], missing: None}

    answer = shop.post("/subscribe/payments/schedule", **fields)

    assert (answer.http, answer.code) == (400, -1)
    assert missing in answer.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"merchant_uid": None},
        {"merchant_uid": "m" * 41},
        {"schedule_at": None},
        {"schedule_at": "soon"},
        {"schedule_at": START + 0.5},
        {"schedule_at": START},
        {"schedule_at": START - 1},
        {"schedule_at": 10**14},
        {"amount": None},
        {"amount": "much"},
        {"amount": 0},
        {"amount": -1},
        {"amount": 10.5},
        {"currency": "won"},
    ],
)
def test_a_wrong_entry_refuses_the_whole_call(shop, wrong):
    answer = shop.book(entry("month-1"), entry("month-2", **wrong) if "merchant_uid" not in wrong else entry(**wrong))

    assert (answer.http, answer.code, answer.response) == (400, -1, None)
    assert shop.get("/subscribe/payments/schedule/month-1").http == 404


@pytest.mark.parametrize("entries", ["month-1", [1], [[]], {"merchant_uid": "month-1"}])
def test_schedules_must_be_an_array_of_objects(shop, entries):
    assert shop.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=entries).http == 400


def test_entries_may_come_as_form_fields(shop):
    form = {f"schedules[0][{name}]": str(value) for name, value in entry().items()}

    answer = shop.send("POST", "/subscribe/payments/schedule", data={"customer_uid": "card-1", **form})

    assert answer.response[0]["schedule_at"] == START + DAY


def test_a_lever_refuses_a_past_time_in_another_way(shop, client):
    client.post("/control/levers", json={"past_schedule_http": "200"})

    answer = shop.book(entry(after=-1))

    assert (answer.http, answer.code) == (200, 1)


def test_a_customer_without_key_and_card_cannot_schedule(shop):
    answer = shop.book(entry(), customer_uid="nobody")

    assert (answer.http, answer.code, answer.message) == (200, 1, "등록된 고객정보가 없습니다.")


def test_a_card_sent_along_becomes_the_key(shop):
    card = {"card_number": "4242-4242-4242-4242", "expiry": "2099-12", "birth": "900101", "customer_id": "kim"}

    answer = shop.book(entry(), customer_uid="card-2", **card)

    assert answer.response[0]["customer_id"] == "kim"
    assert shop.get("/subscribe/customers/card-2").response["card_number"] == "424242******4242"


@pytest.mark.parametrize(
    ("card", "checking_amount", "refused"),
    [("4000-0000-0000-0002", 0, True), (POOR, 0, False), (POOR, 100, True), ("4242-4242-4242-4242", 100, False)],
)
def test_a_card_is_checked_before_it_is_scheduled_for(shop, card, checking_amount, refused):
    answer = shop.book(
        entry(), customer_uid="card-2", card_number=card, expiry="2099-12", checking_amount=checking_amount
    )

    assert answer.code == (1 if refused else 0)
    assert answer.message is None or answer.message.startswith("카드정보 확인에 실패하였습니다.")


def test_a_merchant_uid_is_scheduled_once(shop):
    shop.book(entry("month-1"))
    shop.charge("month-0")

    answers = [shop.book(entry("fresh"), entry(uid)) for uid in ("month-1", "month-0", "fresh")]

    assert [(answer.http, answer.code) for answer in answers] == [(200, 1)] * 3
    assert shop.get("/subscribe/payments/schedule/fresh").http == 404


def test_a_scheduled_merchant_uid_cannot_be_charged_beside_its_schedule(shop, client):
    shop.book(entry())

    refused = shop.charge("month-1")
    client.post("/control/levers", json={"charge_reserved": True})
    allowed = shop.charge("month-1")

    assert refused.code == 1
    assert allowed.response["status"] == "paid"


def test_a_run_whose_merchant_uid_was_paid_in_the_meantime_fails(shop, app, clock, client):
    shop.book(entry())
    client.post("/control/levers", json={"charge_reserved": True})
    shop.charge("month-1")

    clock.advance(DAY)
    run_due(app)

    assert shop.schedule("month-1")["payment_status"] == "failed"
    assert shop.get("/payments/find/month-1/paid").response["amount"] == 9900


# Revoking, moving, retrying -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "revoked"),
    [
        ({"customer_uid": "card-1"}, ["month-1", "month-2"]),
        ({"customer_uid": "card-1", "merchant_uid": "month-2"}, ["month-2"]),
        ({"customer_uid": "card-1", "merchant_uid": ["month-1", "other-1"]}, ["month-1"]),
        ({"merchant_uid": ["month-2", "other-1", "unknown"]}, ["month-2", "other-1"]),
    ],
)
def test_schedules_are_revoked_by_customer_by_order_or_by_both(shop, app, clock, fields, revoked):
    shop.issue("card-2")
    shop.book(entry("month-1"), entry("month-2", 2 * DAY))
    shop.book(entry("other-1", 3 * DAY), customer_uid="card-2")

    answer = shop.post("/subscribe/payments/unschedule", **fields)
    clock.advance(9 * DAY)
    run_due(app)

    assert [one["merchant_uid"] for one in answer.response] == revoked
    assert {(one["schedule_status"], one["revoked_at"]) for one in answer.response} == {("revoked", START)}
    assert [shop.schedule(uid)["schedule_status"] for uid in revoked] == ["revoked"] * len(revoked)
    assert [shop.schedule(uid)["imp_uid"] for uid in revoked] == [None] * len(revoked)


def test_revoking_nothing_says_so(shop):
    answer = shop.post("/subscribe/payments/unschedule", customer_uid="card-1")

    assert (answer.http, answer.code, answer.message) == (200, 1, "취소할 예약결제 기록이 존재하지 않습니다.")
    assert shop.post("/subscribe/payments/unschedule").http == 400


def test_an_open_schedule_can_be_moved(shop, app, clock):
    shop.book(entry())

    moved = shop.change("month-1", schedule_at=START + 2 * DAY)
    clock.advance(DAY)
    run_due(app)

    assert moved.response["schedule_at"] == START + 2 * DAY
    assert shop.schedule("month-1")["schedule_status"] == "scheduled"


@pytest.mark.parametrize("path", ["", "/reschedule", "/retry"])
def test_an_unknown_schedule_is_not_found(shop, path):
    method = "POST" if path else "PUT"

    answer = shop.send(method, f"/subscribe/payments/schedule/nowhere{path}", json={"schedule_at": START + DAY})

    assert (answer.http, answer.code) == (404, -1)
    assert shop.get("/subscribe/payments/schedule/nowhere").message == "invalid imp_uid"


def bring_to(state: str, shop: Shop, app: Flask, clock: Clock) -> None:
    """Book a schedule month-1 and make it open, paid, failed or revoked."""
    card = POOR if state == "failed" else "4242-4242-4242-4242"
    shop.issue("card-1", card_number=card)
    shop.book(entry())
    if state in ("paid", "failed"):
        clock.advance(DAY)
        run_due(app)
    if state == "revoked":
        shop.post("/subscribe/payments/unschedule", merchant_uid="month-1")


POSSIBLE = {
    "open": {"move"},
    "paid": set(),
    "failed": {"reschedule", "retry"},
    "revoked": {"reschedule", "retry"},
}
"""State of a schedule → what can be done with it."""


@pytest.mark.parametrize("state", POSSIBLE)
@pytest.mark.parametrize("step", ["move", "reschedule", "retry"])
def test_what_can_be_done_with_a_schedule_depends_on_its_state(shop, app, clock, state, step):
    method, path = ("PUT", "") if step == "move" else ("POST", f"/{step}")
    bring_to(state, shop, app, clock)

    later = {"schedule_at": START + 9 * DAY}
    answer = shop.send(method, f"/subscribe/payments/schedule/month-1{path}", json=later)

    assert answer.http == (200 if step in POSSIBLE[state] else 400)


@pytest.mark.parametrize("state", ["failed", "revoked"])
def test_a_schedule_that_came_to_nothing_is_scheduled_again(shop, app, clock, state):
    bring_to(state, shop, app, clock)
    shop.issue()

    again = shop.post("/subscribe/payments/schedule/month-1/reschedule", schedule_at=START + 9 * DAY).response
    clock.advance(9 * DAY)
    run_due(app)

    assert (again["schedule_status"], again["payment_status"]) == ("scheduled", None)
    assert (again["imp_uid"], again["executed_at"], again["revoked_at"]) == (None, 0, 0)
    assert shop.schedule("month-1")["payment_status"] == "paid"


@pytest.mark.parametrize(("card", "status"), [("4242-4242-4242-4242", "paid"), (POOR, "failed")])
def test_a_retry_charges_immediately_and_answers_with_a_payment(shop, app, clock, card, status):
    bring_to("failed", shop, app, clock)
    shop.issue(card_number=card)

    payment = shop.post("/subscribe/payments/schedule/month-1/retry").response

    assert (payment["merchant_uid"], payment["status"]) == ("month-1", status)
    assert shop.schedule("month-1")["payment_status"] == status
    assert shop.schedule("month-1")["imp_uid"] == payment["imp_uid"]


def test_a_retry_needs_a_key(shop, app, clock):
    bring_to("failed", shop, app, clock)
    shop.send("DELETE", "/subscribe/customers/card-1")

    assert shop.post("/subscribe/payments/schedule/month-1/retry").http == 404


@pytest.mark.parametrize("schedule_at", [None, START, START - DAY, "soon"])
def test_a_schedule_cannot_be_moved_into_the_past(shop, schedule_at):
    shop.book(entry())

    assert shop.change("month-1", schedule_at=schedule_at).http == 400


# Lists ----------------------------------------------------------------------------------------------------


def listed(answer: Answer) -> list[str]:
    return [one["merchant_uid"] for one in answer.response["list"]]


@pytest.fixture
def three(shop: Shop, app: Flask, clock: Clock) -> Shop:
    """Book three schedules: one run, one revoked, one open."""
    shop.book(entry("run", DAY), entry("revoked", 2 * DAY), entry("open", 3 * DAY))
    clock.advance(DAY)
    run_due(app)
    shop.post("/subscribe/payments/unschedule", merchant_uid="revoked")
    return shop


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["open", "revoked", "run"]),
        ("&sorting=scheduled", ["run", "revoked", "open"]),
        ("&schedule_status=executed", ["run"]),
        ("&schedule_status=revoked", ["revoked"]),
        ("&schedule_status=scheduled", ["open"]),
        ("&limit=2", ["open", "revoked"]),
        ("&limit=2&page=2", ["run"]),
    ],
)
def test_schedules_are_listed_for_a_range_of_time(three, query, found):
    path = f"/subscribe/payments/schedule?schedule_from={START}&schedule_to={START + 9 * DAY}{query}"

    answer = three.get(path)

    assert listed(answer) == found
    assert sorted(answer.response) == ["list", "next", "previous", "total"]


def test_a_range_includes_its_start_and_not_its_end(three):
    path = f"/subscribe/payments/schedule?schedule_from={START + DAY}&schedule_to={START + 3 * DAY}"

    assert listed(three.get(path)) == ["revoked", "run"]


@pytest.mark.parametrize(
    "path", ["/subscribe/payments/schedule/customers/card-1", "/subscribe/customers/card-1/schedules"]
)
def test_schedules_are_listed_by_customer(three, path):
    three.issue("card-2")
    three.book(entry("other"), customer_uid="card-2")
    span = f"from={START}&to={START + 9 * DAY}"

    assert listed(three.get(f"{path}?{span}")) == ["open", "revoked", "run"]
    assert listed(three.get(f"{path}?{span}&schedule-status=executed")) == ["run"]
    assert listed(three.get(f"{path}?{span}&schedule_status=executed")) == ["open", "revoked", "run"]


@pytest.mark.parametrize(
    "span",
    [
        "",
        f"from={START}",
        f"from={START}&to={START}",
        f"from={START}&to={START + 93 * DAY}",
        f"from={START}&to=soon",
        f"from={START}&to={START + DAY}&schedule-status=lost",
    ],
)
def test_a_bad_range_is_refused(three, span):
    assert three.get(f"/subscribe/customers/card-1/schedules?{span}").http == 400
    assert three.get("/subscribe/payments/schedule").http == 400
