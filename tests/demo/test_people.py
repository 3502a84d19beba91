"""The past of the sample people: bought and charged on its own days, in shop and sandbox, whatever day it is today."""

from datetime import datetime, timedelta

import pytest

import clock
from demo import clocks, people
from models import db
from states import InvoiceStatus, SubscriptionStatus

SECONDS = timedelta(seconds=10)
DAYS = [clock.from_text(f"{day}T12:00") for day in ("2027-01-10", "2027-03-10", "2027-03-31")]
"""A day ten days after the end of a month, one in a month that follows a short one, and the end of such a month."""


@pytest.fixture
def play(town):
    """A function that plays a story of the demonstration so that its present is `now`."""

    def played(story, now):
        user = town.newcomer()
        story(user, now)
        db.session.expire_all()
        return user.subscriptions[0]

    return played


def starts_of_joined_periods(subscription):
    """Return the start of each period and the end of the last. Assert that each period ends where the next begins."""
    invoices = list(reversed(subscription.invoices))
    starts = [invoice.period_start for invoice in invoices]
    assert [invoice.period_end for invoice in invoices[:-1]] == starts[1:]
    return [*starts, invoices[-1].period_end]


def assert_both_sides_agree(town, subscription):
    """Assert that the sandbox dates each payment of the subscription as the shop does."""
    for order in (order for order in subscription.orders if order.imp_uid):
        record = town.record_of(order)
        ended_at = datetime.fromtimestamp(max(record.paid_at, record.failed_at), tz=clock.SEOUL)
        assert abs(ended_at - order.created_at) < SECONDS


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_three_months_were_paid_month_by_month(town, play, now):
    subscription = play(people._paid_three_months, now)

    paid_last = now - timedelta(days=10)
    first = clock.add_months(paid_last, -2, anchor_day=clock.day_of_month(paid_last))
    wanted = [clock.add_months(first, n, anchor_day=clock.day_of_month(first)) for n in range(4)]
    starts = starts_of_joined_periods(subscription)
    assert all(timedelta(0) <= at - start < SECONDS for at, start in zip(starts, wanted, strict=True))
    assert {invoice.status for invoice in subscription.invoices} == {InvoiceStatus.PAID}
    assert subscription.created_at >= subscription.user.created_at
    assert abs(clocks.time_of(subscription.user_id) - now) < 6 * SECONDS
    assert_both_sides_agree(town, subscription)


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_a_renewal_was_declined_after_a_paid_month(town, play, now):
    subscription = play(people._declined_today, now)

    assert [invoice.status for invoice in subscription.invoices] == [InvoiceStatus.OPEN, InvoiceStatus.PAID]
    assert subscription.status is SubscriptionStatus.PAST_DUE
    assert timedelta(0) <= now - subscription.paid_until + SECONDS < timedelta(days=4)
    assert subscription.next_charge_at > now
    assert_both_sides_agree(town, subscription)


def test_the_sample_people_live_by_the_time_of_day(town):
    people.seed()

    users = [people.account_of(person.id) for person in people.PEOPLE]

    assert [clocks.ahead(user.id) for user in users] == [timedelta(0)] * len(users)
    assert [offset for user in users for offset in town.offsets_of(user)] == [0, 0]
