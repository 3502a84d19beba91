"""The clock in the header, its page, and the forms that move it."""

import re
from datetime import timedelta

import pytest

import clock
from demo import clocks, destinations, journeys
from models import db
from tests.demo.test_journeys import in_seoul, live_at

DAY = timedelta(days=1)
DECLINED_AT_EVERY_CHARGE = "4000-0000-0000-0341"


def text_of(answer):
    assert answer.status_code == 200, answer.status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_header_shows_a_persons_day_and_what_comes_next(town, user, visitor):
    live_at(user, in_seoul("2027-01-30T12:00"))
    town.subscribe(user)

    page = text_of(visitor.get("/?lang=en"))

    assert "My clock Jan 30, 2027" in page
    assert re.search(r"next: payment in (4 weeks|1 month)", page)
    assert re.search(r"Beans every month: payment · ₩19,900 Feb 28, 2027", page)


def test_after_a_declined_first_payment_a_retry_comes_next(town, user, visitor):
    town.subscribe(user, card=DECLINED_AT_EVERY_CHARGE)

    page = text_of(visitor.get("/demo/clock?lang=en"))

    assert "next: retry in" in page
    assert "retry of the declined payment" in page
    assert set(destinations.offered(user.id, now=clocks.time_of(user.id))) >= {"retry"}
    assert "charge" not in destinations.offered(user.id, now=clocks.time_of(user.id))


def test_a_visitor_and_the_shop_itself_have_no_clock(town, client):
    assert "clock-chip" not in town.app.test_client().get("/").text
    page = client.get("/")
    assert (page.status_code, "clock-chip" in page.text, "/demo" in page.text) == (200, False, False)
    assert client.get("/demo/clock").status_code == 404


def test_a_visitor_is_asked_to_sign_in_before_travelling(town):
    answers = [town.app.test_client().open(path, method=method) for method, path in FORMS]

    assert [answer.status_code for answer in answers] == [302] * len(FORMS)
    assert all("/account/sign-in" in answer.location for answer in answers)


FORMS = [("GET", "/demo/clock"), ("POST", "/demo/journeys"), ("GET", "/demo/journey"), ("POST", "/demo/journey")]


def test_the_page_says_what_happened_on_the_way_with_links(town, user, visitor):
    subscription = town.subscribe(user)
    paid_until = subscription.paid_until
    town.control("outcomes", outcome="decline", customer_uid=subscription.billing_key.customer_uid)

    answer = town.travel(visitor, lang="en", to="charge", next="/subscriptions")
    message, page = text_of(answer), visitor.get("/demo/clock?lang=en")
    declined = subscription.orders[0]

    assert answer.request.path == "/subscriptions"
    assert "The PG declined the charge." in message
    assert timedelta(0) <= clocks.time_of(user.id) - paid_until < timedelta(minutes=1)
    assert "The subscription is past due." in text_of(page)
    assert f'href="/orders/{declined.merchant_uid}"' in page.text
    assert "retry of the declined payment" in text_of(page)


def test_a_journey_on_which_nothing_happens_says_so(town, user, visitor):
    answer = town.travel(visitor, to="day")

    assert "그사이 일어난 일이 없습니다." in text_of(answer)
    assert clocks.ahead(user.id) >= DAY


@pytest.mark.parametrize("form", [{}, {"to": "retry"}, {"to": "yesterday"}, {"date": "2020-01-01"}, {"date": "soon"}])
def test_a_journey_without_a_destination_does_not_begin(user, visitor, form):
    answer = visitor.post("/demo/journeys?lang=en", data=form, follow_redirects=True)

    assert "Choose a time after your own" in text_of(answer)
    assert (journeys.latest(user.id), clocks.ahead(user.id)) == (None, timedelta(0))


def test_a_date_is_reached_at_its_noon(town, user, visitor):
    day = clock.day_in_seoul(clock.machine_now() + 40 * DAY)

    town.travel(visitor, date=day.isoformat())

    arrived = clock.in_seoul(clocks.time_of(user.id))
    assert (arrived.date(), arrived.hour, arrived.minute) == (day, 12, 0)


def test_a_long_journey_shows_how_far_it_is_and_goes_on(town, user, visitor, monkeypatch):
    monkeypatch.setattr(journeys.go_on, "__kwdefaults__", {"seconds": 0.0})
    subscription = town.subscribe(user)

    day = clock.day_in_seoul(clock.machine_now() + 40 * DAY)
    answer = visitor.post("/demo/journeys", data={"date": day.isoformat(), "next": "/subscriptions"})
    first = answer.location
    page = visitor.get(f"{first}&lang=en")
    while answer.location.startswith("/demo/journey?"):
        answer = visitor.post("/demo/journey", data={"next": "/subscriptions"})

    assert first == "/demo/journey?next=/subscriptions"
    assert "Your clock is on its way" in text_of(page)
    assert answer.location == "/subscriptions"
    assert len(subscription.invoices) == 2


def test_a_journey_that_the_sandbox_does_not_answer_can_be_continued(town, user, visitor):
    town.subscribe(user)
    address = town.app.config["IMP_API_URL"]
    town.app.config["IMP_API_URL"] = "http://127.0.0.1:9"

    stopped = text_of(visitor.post("/demo/journeys?lang=en", data={"to": "month"}, follow_redirects=True))
    town.app.config["IMP_API_URL"] = address
    while journeys.under_way(user.id):
        visitor.post("/demo/journey")

    assert "The sandbox does not respond" in stopped
    assert "Your clock is still on its way." in stopped
    assert journeys.latest(user.id).arrived_at is not None


@pytest.mark.parametrize(
    ("begun", "early"),
    [("2027-01-28", []), ("2027-01-29", ["Feb 28"]), ("2027-01-30", ["Feb 28"]), ("2027-01-31", ["Feb 28", "Apr 30"])],
)
def test_the_calendar_shows_the_rule_of_the_months_end(town, user, visitor, begun, early):
    live_at(user, in_seoul(f"{begun}T12:00"))
    town.subscribe(user)

    answer = visitor.get("/demo/clock?lang=en")

    marked = re.findall(r"(\w+ \d+), \d+ last day", text_of(answer))
    assert marked[: len(early)] == early
    assert bool(marked) is bool(early)
    assert len(re.findall("<li class=.charges__day", answer.text)) == 12


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2027-01-31T11:59", "2027-01-31T12:00"),
        ("2027-01-31T12:00", "2027-02-28T12:00"),
        ("2027-02-03T09:00", "2027-02-28T12:00"),
    ],
)
def test_the_end_of_the_month_is_the_next_noon_of_a_last_day(town, user, now, end):
    assert destinations.offered(user.id, now=in_seoul(now))["month_end"] == in_seoul(end)


def test_the_clock_stays_out_of_the_way_of_an_error_page(town, user, visitor):
    page = visitor.get("/nowhere?lang=en")

    assert (page.status_code, "clock-chip" in page.text) == (404, True)
    assert db.session.is_active
