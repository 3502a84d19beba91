"""The expiry of a card: the clock's menu leads there, the pages say so, and the renewal after it is declined."""

import re

import clock
from demo import agenda, clocks, destinations, expiries, journeys, people, sandbox
from states import SubscriptionStatus
from tests.demo.test_clock_page import text_of


def test_a_jump_leads_to_the_expiry_and_the_next_renewal_is_declined(town, user, visitor):
    subscription = town.subscribe(user)
    now = clocks.time_of(user.id)
    expires_at = expiries.of_subscription(subscription)

    assert destinations.offered(user.id, now=now)["expiry"] == expires_at
    assert "card expires" in text_of(visitor.get("/demo/clock?lang=en")).lower()
    arrived = text_of(town.travel(visitor, lang="en", to="expiry", next="/subscriptions"))
    before = subscription.orders[0].outcome
    page = text_of(visitor.get("/demo/clock?lang=en"))
    town.travel(visitor, lang="en", to="charge")

    declined = subscription.orders[0]
    assert before == "paid"
    assert re.search(r"The card of .+ expired on .+ From then on its payments are declined", arrived)
    assert page.count("card expired") == 12
    assert clocks.time_of(user.id) > expires_at
    assert (declined.outcome, subscription.status) == ("declined", SubscriptionStatus.PAST_DUE)
    assert declined.fail_reason == "유효기간이 만료된 카드입니다."
    assert "The card has expired." in text_of(visitor.get(f"/orders/{declined.merchant_uid}?lang=en"))


def test_the_calendar_marks_only_the_payments_after_the_expiry(town, user, visitor):
    town.subscribe(user)
    town.travel(visitor, to="month")

    page = text_of(visitor.get("/demo/clock?lang=en"))

    assert 1 <= page.count("card expired") <= 2


def test_a_person_without_a_card_that_expires_has_no_such_jump(town, user):
    now = clocks.time_of(user.id)

    assert "expiry" not in destinations.offered(user.id, now=now)
    assert [event.kind for event in agenda.of(user.id, now=now)] == []


def test_the_sandbox_is_asked_once_for_each_card_and_not_at_all_when_it_is_down(town, user, monkeypatch):
    subscription = town.subscribe(user)
    address = town.app.config["IMP_API_URL"]

    town.app.config["IMP_API_URL"] = "http://127.0.0.1:9"
    unknown = expiries.of_subscription(subscription)
    town.app.config["IMP_API_URL"] = address
    known = expiries.of_subscription(subscription)
    monkeypatch.setattr(sandbox, "expires_at", None)  # a call would fail

    assert (unknown, expiries.of_subscription(subscription)) == (None, known)
    assert known > clock.machine_now()


def test_a_journey_may_always_reach_the_expiry_of_a_new_card(town, user):
    subscription = town.subscribe(user)
    now = clocks.time_of(user.id)

    journeys.depart(user.id, expiries.of_subscription(subscription), now=now)

    assert journeys.under_way(user.id) is not None


def test_windows_fill_in_an_expiry_of_the_same_distance(town):
    people.seed()

    assert town.look("levers")["levers"]["window_expiry"] == 12
