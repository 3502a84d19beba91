"""The clocks of a merchant and of one customer, and what happens when they are moved."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.sandbox.conftest import Api, Receiver
from tests.sandbox.rules.test_schedules import DAY, START, entry

MONTH = 31 * DAY


@pytest.fixture
def webhook_url(receiver: Receiver) -> str:
    return receiver.url


@pytest.fixture
def shop(api: Api) -> Api:
    api.issue()
    return api


def move(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    """Move a clock and return the report of the move."""
    answer = client.post("/control/clock", json=fields)
    assert answer.status_code == 200, answer.json
    return answer.json


def book(shop: Api, *entries: dict[str, Any], customer_uid: str = "card-1") -> None:
    """Schedule charges for a customer."""
    answer = shop.post("/subscribe/payments/schedule", customer_uid=customer_uid, schedules=entries)
    assert answer.code == 0, answer.message


def test_a_clock_goes_with_the_computers_until_it_is_moved(client, clock):
    clock.advance(5)

    assert client.get("/control/clock").json == {
        "merchant_code": "imp00000000",
        "now": START + 5,
        "offset": 0,
        "customers": {},
    }


@pytest.mark.parametrize(
    ("fields", "now"),
    [
        ({"advance": 90}, START + 90),
        ({"advance": "90"}, START + 90),
        ({"set": START + MONTH}, START + MONTH),
        ({"set": START - MONTH}, START - MONTH),
        ({"offset": -3600}, START - 3600),
        ({"offset": 0}, START),
        ({"advance": 0}, START),
    ],
)
def test_a_clock_is_set_or_advanced_and_goes_on_from_there(client, clock, fields, now):
    moved = move(client, **fields)
    clock.advance(7)

    assert (moved["now"], moved["offset"], moved["ran"]) == (now, now - START, [])
    assert client.get("/control/clock").json["now"] == now + 7


def test_the_clock_of_one_customer_moves_alone(shop, client):
    shop.issue("card-2")

    moved = move(client, customer_uid="card-1", advance=MONTH)
    ahead, usual = (shop.charge(uid, customer_uid=uid).response["paid_at"] for uid in ("card-1", "card-2"))

    assert (moved["customer_uid"], moved["now"], moved["offset"]) == ("card-1", START + MONTH, MONTH)
    assert (ahead, usual) == (START + MONTH, START)
    assert client.get("/control/clock").json["customers"] == {"card-1": MONTH}


def test_a_customers_offset_adds_to_the_merchants(shop, client):
    move(client, customer_uid="card-1", offset=DAY)
    move(client, advance=MONTH)

    assert client.get("/control/clock?customer_uid=card-1").json["now"] == START + MONTH + DAY
    assert move(client, customer_uid="card-1", offset=0)["now"] == START + MONTH
    assert client.get("/control/clock").json["customers"] == {}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"advance": -1},
        {"advance": "soon"},
        {"advance": 1.5},
        {"advance": 10**12},
        {"set": -1},
        {"offset": -(10**11)},
        {"offset": -START - 1},
        {"advance": 1, "set": START},
        {"advance": 1, "customer_uid": ["card-1"]},
    ],
)
def test_a_clock_moved_wrongly_stays(client, fields):
    answer = client.post("/control/clock", json=fields)

    assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert client.get("/control/clock").json["now"] == START


def test_a_token_outlives_a_leap_of_the_clock(shop, client):
    move(client, advance=10 * MONTH)

    assert shop.charge("order-1").response["paid_at"] == START + 10 * MONTH


# What happens on the way --------------------------------------------------------------------------------------


def test_an_advance_runs_what_is_due_on_the_way_in_order_and_at_its_own_time(shop, client, receiver):
    book(shop, entry("third", 3 * MONTH), entry("first", MONTH), entry("late", 5 * MONTH))
    book(shop, entry("second", 2 * MONTH))

    moved = move(client, advance=4 * MONTH)

    assert [(p["merchant_uid"], p["paid_at"] - START) for p in moved["ran"]] == [
        ("first", MONTH),
        ("second", 2 * MONTH),
        ("third", 3 * MONTH),
    ]
    assert moved["now"] == START + 4 * MONTH
    assert [receiver.next()["merchant_uid"] for _ in range(3)] == ["first", "second", "third"]
    assert shop.get("/subscribe/payments/schedule/late").response["schedule_status"] == "scheduled"


def test_what_is_due_at_the_very_end_of_an_advance_is_run(shop, client):
    book(shop, entry("on-time", DAY), entry("too-late", DAY + 1))

    assert [payment["merchant_uid"] for payment in move(client, advance=DAY)["ran"]] == ["on-time"]


def test_schedules_of_one_second_are_run_in_the_order_they_were_made(shop, client):
    book(shop, *(entry(f"order-{n}", DAY) for n in range(5)))

    ran = move(client, advance=DAY)["ran"]

    assert [payment["merchant_uid"] for payment in ran] == [f"order-{n}" for n in range(5)]


def test_setting_a_clock_back_runs_nothing_and_undoes_nothing(shop, client):
    book(shop, entry("month-1", MONTH))
    move(client, advance=MONTH)

    moved = move(client, offset=0)

    assert moved["ran"] == []
    assert shop.get("/payments/find/month-1").response["paid_at"] == START + MONTH


def test_the_clock_of_one_customer_runs_only_their_schedules(shop, client):
    shop.issue("card-2")
    book(shop, entry("mine", DAY))
    book(shop, entry("theirs", DAY), customer_uid="card-2")

    alone = move(client, customer_uid="card-1", advance=MONTH)["ran"]
    together = move(client, advance=DAY)["ran"]

    assert [(p["merchant_uid"], p["paid_at"]) for p in alone] == [("mine", START + DAY)]
    assert [(p["merchant_uid"], p["paid_at"]) for p in together] == [("theirs", START + DAY)]


def test_a_customer_who_is_ahead_is_charged_earlier_on_the_merchants_clock(shop, client):
    shop.issue("card-2")
    move(client, customer_uid="card-1", advance=2 * DAY)
    book(shop, entry("ahead", 3 * DAY))
    book(shop, entry("usual", 2 * DAY), customer_uid="card-2")

    ran = move(client, advance=MONTH)["ran"]

    assert [(p["merchant_uid"], p["paid_at"] - START) for p in ran] == [("ahead", 3 * DAY), ("usual", 2 * DAY)]


def test_a_shop_that_schedules_month_by_month_lives_through_a_year_in_one_leap(app, shop, client, receiver):
    def renew(notice: dict[str, str]) -> None:
        mine = Api(app.test_client())
        paid = mine.get(f"/payments/{notice['imp_uid']}").response
        following = int(notice["merchant_uid"].removeprefix("month-")) + 1
        book(mine, entry(f"month-{following}") | {"schedule_at": paid["paid_at"] + MONTH})

    receiver.on_notice = renew
    book(shop, entry("month-1", MONTH))

    ran = move(client, advance=12 * MONTH)["ran"]

    assert [p["paid_at"] - START for p in ran] == [n * MONTH for n in range(1, 13)]
    assert shop.get("/subscribe/payments/schedule/month-13").response["schedule_status"] == "scheduled"


def test_a_late_approval_and_a_repeated_webhook_happen_on_the_way(shop, client, receiver):
    client.post("/control/levers", json={"webhook_retries": 5})
    client.post("/control/outcomes", json={"outcome": "late_approval", "seconds": 3600})
    receiver.answer_status = 503
    failed = shop.charge("order-1").response

    move(client, advance=DAY)

    approved = shop.get(f"/payments/{failed['imp_uid']}").response
    sent = client.get("/control/webhooks/deliveries").json["deliveries"][0]["attempts"]
    assert (failed["status"], approved["status"], approved["paid_at"]) == ("failed", "paid", START + 3600)
    assert [attempt["sent_at"] - START for attempt in sent] == [3600 + 60 * n for n in range(6)]


# Several customers --------------------------------------------------------------------------------------------


def test_customers_go_together_and_meet_what_is_due_in_its_order(shop, client):
    shop.issue("card-2")
    book(shop, entry("second", 2 * DAY))
    book(shop, entry("first", DAY), entry("third", 3 * DAY), customer_uid="card-2")

    moved = move(client, customer_uid=["card-1", "card-2"], offset=4 * DAY)

    assert [(p["merchant_uid"], p["paid_at"] - START) for p in moved["ran"]] == [
        ("first", DAY),
        ("second", 2 * DAY),
        ("third", 3 * DAY),
    ]
    assert (moved["now"], moved["customers"]) == (START + 4 * DAY, {"card-1": 4 * DAY, "card-2": 4 * DAY})


def test_customers_who_were_apart_meet(shop, client):
    move(client, customer_uid="card-1", offset=9 * DAY)

    moved = move(client, customer_uid=["card-1", "card-2", "card-1"], set=START + 2 * DAY)

    assert moved["customers"] == {"card-1": 2 * DAY, "card-2": 2 * DAY}


@pytest.mark.parametrize("fields", [{"advance": 1}, {"set": START, "customer_uid": []}, {"customer_uid": ["c" * 81]}])
def test_several_clocks_moved_wrongly_stay(client, fields):
    answer = client.post("/control/clock", json={"customer_uid": ["card-1", "card-2"], **fields})

    assert (answer.status_code, client.get("/control/clock").json["customers"]) == (400, {})


def test_a_move_reports_when_the_next_work_of_these_customers_is_due(shop, client):
    shop.issue("card-2")
    book(shop, entry("mine", 3 * DAY))
    book(shop, entry("theirs", DAY), customer_uid="card-2")

    assert move(client, customer_uid="card-1", offset=DAY)["next_in"] == 2 * DAY
    assert move(client, customer_uid="card-1", offset=3 * DAY)["next_in"] is None
    assert move(client, advance=0)["next_in"] == DAY


# Webhooks -----------------------------------------------------------------------------------------------------


def test_a_customers_webhooks_are_dated_and_repeated_by_the_customers_clock(shop, client, receiver):
    client.post("/control/levers", json={"webhook_retries": 1})
    receiver.answer_status = 503
    move(client, customer_uid="card-1", offset=MONTH)
    shop.charge("order-1")

    moved = move(client, customer_uid="card-1", offset=MONTH)
    move(client, customer_uid="card-1", offset=MONTH + DAY)

    (delivery,) = client.get("/control/webhooks/deliveries").json["deliveries"]
    assert moved["next_in"] == 60
    assert [attempt["sent_at"] - START for attempt in delivery["attempts"]] == [MONTH, MONTH + 60]
    assert delivery["created_at"] - START == MONTH


def test_a_webhook_sent_again_or_forged_has_the_customers_time(shop, client, receiver):
    move(client, customer_uid="card-1", offset=MONTH)
    imp_uid = shop.charge("order-1").response["imp_uid"]

    client.post("/control/webhooks/deliver", json={"imp_uid": imp_uid})
    client.post("/control/webhooks/forge", json={"imp_uid": imp_uid, "kind": "wrong_amount"})

    deliveries = client.get("/control/webhooks/deliveries").json["deliveries"]
    assert {delivery["created_at"] - START for delivery in deliveries} == {MONTH}


def test_the_wait_for_a_customers_webhook_is_reported_on_the_merchants_clock(shop, client, receiver):
    client.post("/control/levers", json={"webhook_delay": 100})
    move(client, customer_uid="card-1", offset=MONTH)
    shop.charge("order-1")

    assert client.get("/control/idle").json == {"idle": False, "next_at": START + 100, "open": 1}
