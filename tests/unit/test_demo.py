"""When the demonstration starts, and the history that it gives its users, whatever day it is created on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import demo
from clock import add_months, day_of_month
from config import PUBLISHED_STAFF, ConfigError
from demo import people
from states import InvoiceStatus, SubscriptionStatus
from tests import factories

DAYS = [
    datetime.fromisoformat(f"{day}T12:00+09:00").astimezone(UTC)
    for day in ("2026-11-21", "2027-01-10", "2027-01-31", "2027-02-28", "2027-03-10", "2027-03-31", "2027-04-09")
]
"""Days at the end of a month, ten days after one, and in the middle of one."""


def test_a_demonstration_starts_with_its_own_staff(app, config, payments):
    factories.make_user(PUBLISHED_STAFF, is_staff=True)

    assert demo.create_app(replace(config, DEMO=True), payments)


def test_a_demonstration_does_not_start_as_a_business(config, payments):
    with pytest.raises(ConfigError, match="needs DEMO=1"):
        demo.create_app(config, payments)


def test_the_only_published_staff_is_the_one_that_is_refused():
    assert [person.email for person in people.PEOPLE if person.is_staff] == [PUBLISHED_STAFF]


@pytest.fixture
def play(app, desk, user, plan, monkeypatch):
    """Return a function that plays a story of the demonstration with `card` at `now`, on a fake payment service."""

    def played(story, *, card, now, settled_after=timedelta(0)):
        def subscribe(user, slug, *, card: str, now):
            return factories.subscribe(desk, user, plan, card=cards[card], now=now + settled_after)

        cards = {people.GOOD_CARD: card, people.CARD_DECLINED_LATER: card}
        monkeypatch.setattr(people, "subscribe", subscribe)
        monkeypatch.setattr(people, "desk", lambda: desk)
        story(user, now)
        return user.subscriptions[0]

    return played


def starts_of_joined_periods(subscription):
    """Return the start of each period and the end of the last. Assert that each period ends where the next begins."""
    invoices = list(reversed(subscription.invoices))
    starts = [invoice.period_start for invoice in invoices]
    assert [invoice.period_end for invoice in invoices[:-1]] == starts[1:]
    return [*starts, invoices[-1].period_end]


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_three_months_were_paid_on_the_same_day_of_each(play, now):
    subscription = play(people._paid_three_months, card="approved", now=now)

    paid_last = now - timedelta(days=10)
    anchor_day = day_of_month(paid_last)
    starts = [add_months(paid_last, months, anchor_day=anchor_day) for months in (-2, -1, 0, 1)]
    assert starts_of_joined_periods(subscription) == starts
    assert [invoice.paid_at for invoice in reversed(subscription.invoices)] == starts[:-1]
    assert (subscription.anchor_day, subscription.created_at) == (anchor_day, starts[0])
    assert subscription.paid_until == subscription.next_charge_at == starts[-1]


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_what_was_declined_today_was_paid_on_this_day_a_month_ago(play, now):
    subscription = play(people._declined_today, card="no_money_at_renewal", now=now)

    starts = [add_months(now, months, anchor_day=day_of_month(now)) for months in (-1, 0, 1)]
    assert starts_of_joined_periods(subscription) == starts
    declined, paid = subscription.invoices
    assert (paid.paid_at, declined.status) == (starts[0], InvoiceStatus.OPEN)
    assert (subscription.status, subscription.anchor_day) == (SubscriptionStatus.PAST_DUE, day_of_month(now))


def test_a_first_payment_that_the_webhook_settled_a_moment_later_is_followed_by_its_renewal_too(play):
    moment = timedelta(seconds=3)

    subscription = play(people._declined_today, card="no_money_at_renewal", now=DAYS[0], settled_after=moment)

    assert subscription.status is SubscriptionStatus.PAST_DUE
