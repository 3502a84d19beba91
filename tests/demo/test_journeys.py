"""A person's clock moves forward, and what falls due on the way happens in the order of its dates, on both sides."""

from datetime import datetime, timedelta

import pytest
import requests
from sqlalchemy import select

import clock
from demo import clocks, journeys
from demo.journeys import CannotTravel
from models import JournalEntry, Order, db
from states import InvoiceStatus, OrderStatus, SubscriptionStatus

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def travel(town):
    """`travel(user, at)` moves the person's clock to a time. It returns how many requests that took."""

    def travel(user, target, *, seconds=60.0):
        journeys.depart(user.id, target, now=clocks.time_of(user.id))
        requests_made = 0
        while journeys.under_way(user.id):
            journeys.go_on(town.desk, user.id, seconds=seconds)
            requests_made += 1
        db.session.expire_all()
        return requests_made

    return travel


def live_at(user, moment):
    """Let a person without a past live at this moment."""
    clocks.put_ahead(user.id, moment - clock.machine_now())
    db.session.commit()


def in_seoul(text):
    return clock.from_text(text)


def stamps_of(town, user):
    """Return every time stamp of the person's journal, in the order in which the entries were made."""
    uids = select(Order.merchant_uid).where(Order.user_id == user.id)
    entries = db.session.scalars(
        select(JournalEntry).where(JournalEntry.merchant_uid.in_(uids)).order_by(JournalEntry.id)
    )
    return [entry.at for entry in entries]


def deliveries_of(town, order):
    return town.look("webhooks/deliveries", imp_uid=order.imp_uid)["deliveries"]


def test_three_months_with_a_decline_in_the_middle_agree_in_shop_and_sandbox(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)
    first_end = subscription.paid_until
    travel(user, first_end)
    town.control("outcomes", outcome="decline", customer_uid=subscription.billing_key.customer_uid)

    travel(user, first_end + timedelta(days=70))

    charges = list(reversed([order for order in subscription.orders if order.invoice is not None]))
    assert [order.outcome for order in charges] == ["paid", "paid", "declined", "paid", "paid"]
    starts = [invoice.period_start for invoice in reversed(subscription.invoices)]
    due = [*starts[:3], starts[2] + DAY, starts[3]]
    assert [order.created_at - at < 3 * SECOND for order, at in zip(charges[1:], due[1:], strict=True)] == [True] * 4
    assert subscription.status is SubscriptionStatus.ACTIVE
    stamps = stamps_of(town, user)
    assert stamps == sorted(stamps)
    for order in charges:
        record = town.record_of(order)
        ended_at = datetime.fromtimestamp(max(record.paid_at, record.failed_at), tz=clock.SEOUL)
        assert abs(ended_at - order.created_at) < 5 * SECOND
        sent = [attempt["sent_at"] for one in deliveries_of(town, order) for attempt in one["attempts"]]
        assert all(abs(at - ended_at.timestamp()) < 5 for at in sent)
        assert len(sent) == (order.status is OrderStatus.PAID)
    assert set(town.offsets_of(user)) == {clocks.ahead(user.id).total_seconds()}


def test_periods_that_begin_at_the_end_of_a_month_stay_there(town, travel):
    user = town.newcomer()
    live_at(user, in_seoul("2027-01-31T12:00"))
    subscription = town.subscribe(user)

    travel(user, in_seoul("2027-05-30T12:00"))

    days = [clock.day_in_seoul(invoice.period_start).isoformat() for invoice in reversed(subscription.invoices)]
    assert days == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]
    assert {invoice.status for invoice in subscription.invoices} == {InvoiceStatus.PAID}


def test_a_card_that_stays_declined_ends_the_subscription_step_by_step(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)
    end = subscription.paid_until
    town.control("outcomes", outcome="decline", customer_uid=subscription.billing_key.customer_uid, times=9)

    travel(user, end + 8 * DAY)

    tries = [order.created_at for order in reversed(subscription.orders) if order.status is OrderStatus.FAILED]
    assert [round((at - end) / DAY) for at in tries] == [0, 1, 3, 7]
    assert (subscription.status, subscription.billing_key.deleted_at is not None) == (
        SubscriptionStatus.CANCELLED,
        True,
    )


def test_a_lost_answer_is_looked_up_when_its_pause_has_passed(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)
    town.control("outcomes", outcome="error_after_charge", customer_uid=subscription.billing_key.customer_uid)

    travel(user, subscription.paid_until + timedelta(hours=1))

    assert subscription.orders[0].outcome == "paid"
    assert len(subscription.orders) == 3


def test_a_late_approval_is_settled_at_its_own_time(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)
    uid, due = subscription.billing_key.customer_uid, subscription.paid_until
    town.control("outcomes", outcome="pending", customer_uid=uid, seconds=3 * 3600)

    travel(user, due + DAY)

    order = subscription.orders[0]
    assert order.outcome == "paid"
    # The service counts whole seconds.
    assert timedelta(0) <= order.paid_at - due.replace(microsecond=0) - timedelta(hours=3) < 5 * SECOND


def test_a_webhook_that_is_repeated_arrives_at_its_own_time(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)
    town.control("levers", webhook_delay=3000)

    travel(user, subscription.paid_until + DAY)

    order = subscription.orders[0]
    (delivery,) = deliveries_of(town, order)
    heard = db.session.scalar(
        select(JournalEntry).where(
            JournalEntry.event == "webhook.received", JournalEntry.merchant_uid == order.merchant_uid
        )
    )
    assert abs(delivery["attempts"][0]["sent_at"] - order.created_at.timestamp() - 3000) < 5
    assert abs(heard.at.timestamp() - delivery["attempts"][0]["sent_at"]) < 5


def test_a_journey_may_take_several_requests(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)

    requests_made = travel(user, subscription.paid_until + timedelta(days=40), seconds=0.0)

    journey = journeys.latest(user.id)
    assert requests_made > 2
    assert len(subscription.invoices) == 3
    assert timedelta(0) <= journey.arrived_at - journey.target < 5 * SECOND
    assert (journey.is_cut_short, journey.stops >= 2, journey.last_entry > journey.first_entry) == (False, True, True)


def test_a_journey_ends_at_its_limit_of_stops(town, travel, monkeypatch):
    monkeypatch.setattr(journeys, "MOST_STOPS", 1)
    user = town.newcomer()
    subscription = town.subscribe(user)

    travel(user, subscription.paid_until + timedelta(days=40))

    assert (journeys.latest(user.id).is_cut_short, len(subscription.invoices)) == (True, 2)


def test_a_journey_leads_forward_and_at_most_thirteen_months_far(town):
    user = town.newcomer()
    now = clocks.time_of(user.id)

    for target in (now, now - DAY, clock.add_months(now, 13, anchor_day=clock.day_of_month(now)) + DAY):
        with pytest.raises(CannotTravel):
            journeys.depart(user.id, target, now=now)
    assert journeys.latest(user.id) is None


def test_a_person_travels_alone(town, travel):
    traveller, other = town.newcomer(), town.newcomer()
    subscriptions = [town.subscribe(user) for user in (traveller, other)]

    travel(traveller, subscriptions[0].paid_until + DAY)

    assert [len(one.invoices) for one in subscriptions] == [2, 1]
    assert (clocks.ahead(other.id), town.offsets_of(other)) == (timedelta(0), [0])


def test_a_journey_waits_where_the_sandbox_does_not_answer(town, travel):
    user = town.newcomer()
    subscription = town.subscribe(user)
    address = town.app.config["IMP_API_URL"]
    journeys.depart(user.id, subscription.paid_until, now=clocks.time_of(user.id))

    town.app.config["IMP_API_URL"] = "http://127.0.0.1:9"
    with pytest.raises(requests.RequestException):
        journeys.go_on(town.desk, user.id)
    town.app.config["IMP_API_URL"] = address
    journeys.go_on(town.desk, user.id, seconds=60)

    assert (journeys.under_way(user.id), len(subscription.invoices)) == (None, 2)
