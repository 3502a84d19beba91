"""The expiry of a card: refused at issue once its month is over, and declined at every later charge."""

import sqlite3
from contextlib import closing
from datetime import datetime

import pytest

from sandbox.merchants.clock import SEOUL
from sandbox.rules import expiry
from tests.sandbox.rules.test_schedules import entry

EXPIRED = "유효기간이 만료된 카드입니다."
CARD = "4242-4242-4242-4242"
CHAI = {"pg": "chai", "pay_method": "trans", "m_redirect_url": "http://shop.test/"}
ORDER = {"pg": "jtnet", "merchant_uid": "once-1", "amount": 9900, "card_number": CARD}


def in_seoul(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=SEOUL).timestamp())


@pytest.fixture
def at(clock):
    """`at(2027, 1, 31, 23, 59)` sets the clock to a time in Seoul."""

    def move(*moment: int) -> None:
        clock.seconds = in_seoul(*moment)

    return move


def window(payer, expires, number=CARD, **params):
    """Approve a window with this expiry. Return the `imp_uid`."""
    opened = payer.open(**{"merchant_uid": "issue-1", "customer_uid": "card-1", **params})
    return payer._press("approve", opened, {"number": number, "expiry": expires})


# At issue -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "expires", "is_refused"),
    [
        ((2027, 1, 31, 23, 59, 59), "2027-01", False),
        ((2027, 2, 1, 0, 0, 0), "2027-01", True),
        ((2027, 2, 1, 0, 0, 0), "2027-02", False),
        ((2027, 1, 1, 0, 0, 0), "2026-12", True),
        ((2027, 1, 1, 0, 0, 0), "1999-01", True),
        ((2027, 1, 1, 0, 0, 0), "9999-12", False),
    ],
)
def test_a_card_is_valid_to_the_end_of_its_month_in_seoul(api, payer, at, moment, expires, is_refused):
    at(*moment)
    api.sign_in()

    issued = api.issue("key-1", expiry=expires)
    once = api.post("/subscribe/payments/onetime", **ORDER, expiry=expires)
    booked = api.post(
        "/subscribe/payments/schedule",
        customer_uid="key-2",
        card_number=CARD,
        expiry=expires,
        schedules=[entry() | {"schedule_at": in_seoul(2027, 3, 1)}],
    )

    assert [issued.code, once.code] == [-1 if is_refused else 0] * 2
    assert booked.code == (1 if is_refused else 0)
    assert [EXPIRED in (answer.message or "") for answer in (issued, once, booked)] == [is_refused] * 3
    assert api.get("/subscribe/customers/key-1").http == (404 if is_refused else 200)
    assert api.get("/payments/find/once-1").http == (404 if is_refused else 200)


def test_a_window_declines_a_card_that_has_expired(api, payer, at):
    at(2027, 2, 1)
    api.sign_in()

    payment = api.get(f"/payments/{window(payer, '01/27')}").response

    assert (payment["status"], payment["fail_reason"]) == ("failed", EXPIRED)
    assert api.get("/subscribe/customers/card-1").http == 404


@pytest.mark.parametrize("typed", ["01/28", "1/28", "0128", " 01 / 28 "])
def test_a_payer_may_type_an_expiry_in_several_ways(api, payer, at, typed):
    at(2027, 2, 1)
    api.sign_in()

    assert api.get(f"/payments/{window(payer, typed)}").response["status"] == "paid"
    at(2028, 2, 1)
    api.sign_in()
    assert api.charge("order-1").response["fail_reason"] == EXPIRED


@pytest.mark.parametrize("typed", ["13/28", "2028-01", "soon", "1/2/28"])
def test_a_typing_error_in_the_expiry_does_not_end_the_payment(api, payer, client, typed):
    opened = payer.open(merchant_uid="issue-1", customer_uid="card-1", language="en")
    path = opened.json["window_url"].replace("http://localhost", "").replace("?", "/approve?")

    answer = client.post(path, data={"number": CARD, "expiry": typed})

    assert answer.status_code == 422
    assert "Enter the expiry date as month and year" in answer.text
    assert f'value="{typed}"' in answer.text
    assert api.get(f"/payments/{opened.json['imp_uid']}").response["status"] == "ready"


def test_a_window_fills_in_a_date_to_come_by_its_clock_and_lever(client, payer, at):
    at(2026, 11, 29)
    pages = []
    for months in (48, 12, 1, 2):
        client.post("/control/levers", json={"window_expiry": months})
        opened = payer.open(merchant_uid=f"issue-{months}", customer_uid="card-1")
        pages.append(client.get(opened.json["window_url"]).text)

    for page, fill in zip(pages, ("11/30", "11/27", "12/26", "01/27"), strict=True):
        assert f'data-fill="{fill}"' in page


# Later ----------------------------------------------------------------------------------------------------


def test_a_key_is_charged_to_the_end_of_its_month_and_then_declined(api, at):
    at(2027, 1, 1)
    api.sign_in()
    api.issue(expiry="2027-01")
    at(2027, 1, 31, 23, 59, 59)
    api.sign_in()
    before = api.charge("order-1").response
    at(2027, 2, 1)
    after = api.charge("order-2")

    assert before["status"] == "paid"
    assert (after.code, after.response["status"], after.response["fail_reason"]) == (0, "failed", EXPIRED)


@pytest.mark.parametrize("issue", ["window", "onetime"])
def test_however_a_key_was_issued_it_expires(api, payer, at, issue):
    at(2027, 1, 1)
    api.sign_in()
    if issue == "window":
        window(payer, "01/27")
    else:
        api.post("/subscribe/payments/onetime", **ORDER, expiry="2027-01", customer_uid="card-1")
    assert api.charge("order-1").response["status"] == "paid"

    at(2027, 2, 1)
    api.sign_in()

    assert api.charge("order-2").response["fail_reason"] == EXPIRED


def test_a_schedule_that_is_due_after_the_expiry_fails(api, client, at):
    at(2027, 1, 1)
    api.sign_in()
    api.issue(expiry="2027-01")
    for uid, day in (("month-1", 31), ("month-2", 32)):
        api.post(
            "/subscribe/payments/schedule",
            customer_uid="card-1",
            schedules=[entry(uid) | {"schedule_at": in_seoul(2027, 1, 1, 12) + (day - 1) * 86_400}],
        )

    client.post("/control/clock", json={"advance": 40 * 86_400})

    found = [api.get(f"/payments/find/{uid}").response for uid in ("month-1", "month-2")]
    assert [(payment["status"], payment["fail_reason"]) for payment in found] == [("paid", None), ("failed", EXPIRED)]


def test_only_the_customer_whose_clock_has_passed_the_month_is_declined(api, client, at):
    at(2027, 1, 1)
    api.sign_in()
    for uid in ("card-1", "card-2"):
        api.issue(uid, expiry="2027-01")
    client.post("/control/clock", json={"customer_uid": "card-2", "offset": 31 * 86_400})

    assert api.charge("order-1", customer_uid="card-1").response["status"] == "paid"
    assert api.charge("order-2", customer_uid="card-2").response["fail_reason"] == EXPIRED


def test_a_pending_window_issues_its_key_with_the_expiry(api, client, payer, at):
    at(2027, 1, 1)
    api.sign_in()
    client.post("/control/outcomes", json={"outcome": "pending", "seconds": 60})
    window(payer, "01/27")
    client.post("/control/clock", json={"advance": 61})
    assert api.charge("order-1").response["status"] == "paid"

    at(2027, 2, 1)
    api.sign_in()

    assert api.charge("order-2").response["fail_reason"] == EXPIRED


@pytest.mark.parametrize("number", ["4000-0000-0000-0504", "4000-0000-0000-0203", "4000-0000-0000-0202"])
def test_no_fault_of_a_test_card_lets_an_expired_one_through(api, client, at, number):
    at(2027, 1, 1)
    api.sign_in()
    api.issue(card_number=number, expiry="2027-01")
    at(2027, 2, 1)
    api.sign_in()

    api.charge("order-1")
    client.post("/control/clock", json={"advance": 3600})

    assert api.get("/payments/find/order-1").response["status"] == "failed"


def test_a_card_is_checked_with_its_expiry_before_it_is_scheduled_for(api, at):
    at(2027, 1, 1)
    api.sign_in()
    api.issue(expiry="2027-01")
    at(2027, 2, 1)
    api.sign_in()
    schedules = [entry() | {"schedule_at": in_seoul(2027, 3, 1)}]

    answer = api.post("/subscribe/payments/schedule", customer_uid="card-1", checking_amount=100, schedules=schedules)

    assert answer.code == 1
    assert answer.message.endswith(EXPIRED)


def test_a_lever_accepts_every_expiry(api, client, payer, at):
    at(2027, 2, 1)
    api.sign_in()
    client.post("/control/levers", json={"expiry": False})

    assert api.issue("key-1", expiry="2020-01").code == 0
    assert api.post("/subscribe/payments/onetime", **ORDER, expiry="2020-01").response["status"] == "paid"
    assert api.get(f"/payments/{window(payer, '01/20')}").response["status"] == "paid"
    assert api.charge("order-1").response["status"] == "paid"


def test_a_card_without_an_expiry_and_a_key_from_before_never_expire(api, config, payer, at, clock):
    window(payer, "")
    api.issue("card-2")
    with closing(sqlite3.connect(config.DATABASE_URL.removeprefix("sqlite:///"))) as ledger, ledger:
        ledger.execute("UPDATE billing_keys SET expiry = NULL")

    at(2090, 1, 1)
    api.sign_in()

    assert [api.charge(f"order-{uid}", customer_uid=uid).response["status"] for uid in ("card-1", "card-2")] == [
        "paid",
        "paid",
    ]


def test_no_answer_and_no_page_shows_an_expiry(api, client, payer):
    window(payer, "07/39")
    api.charge("order-1")

    shown = [api.get(path) for path in ("/subscribe/customers/card-1", "/payments/find/order-1")]
    shown += [client.get(f"/console/imp00000000/{page}").text for page in ("", "keys", "wire")]
    shown += [client.get("/control/calls").text]

    assert not [text for text in map(str, shown) if "2039" in text or "07/39" in text]


@pytest.mark.parametrize(
    ("expires", "end"),
    [("2027-01", in_seoul(2027, 2, 1)), ("2027-12", in_seoul(2028, 1, 1)), ("9999-12", in_seoul(3000, 1, 1))],
)
def test_a_card_ends_with_its_month(expires, end):
    assert expiry.ends_at(expires) == end


def test_a_lever_call_returns_when_a_card_expires(api, client, payer):
    api.issue(expiry="2027-12")
    window(payer, "", customer_uid="card-2")
    window(payer, "", "110-4242-424242", customer_uid="account-1", merchant_uid="issue-2", **CHAI)

    answers = [client.get(f"/control/keys/{uid}") for uid in ("card-1", "card-2", "account-1", "nobody")]

    assert [answer.json.get("expires_at") for answer in answers] == [in_seoul(2028, 1, 1), None, None, None]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404]
    assert CARD not in answers[0].text


def test_the_samples_name_a_card_that_is_valid_by_the_sandbox_s_clock(client, at):
    at(2041, 11, 29)

    assert "expiry=2045-11" in client.get("/docs").text
