"""A charge that was not sent has no outcome: it is no decline, not unknown, and it is sent later, once."""

from datetime import timedelta

import pytest

from clock import add_months
from errors import PaymentServiceBusy
from models import JournalEntry, Subscription, db
from services import checkout, payments, renewals, reversals, subscriptions
from services.checkout import Source
from services.iamport import CircuitOpen, Refused, Unauthorized, Unknown
from states import OrderStatus, SubscriptionStatus
from tests.factories import NOW, place_order, renew, subscribe, try_again
from tests.fakes import DUPLICATE

FEBRUARY = add_months(NOW, 1, anchor_day=31)
MARCH = add_months(NOW, 2, anchor_day=31)
LATER = FEBRUARY + timedelta(minutes=31)
"""When a window that was opened in February delays a charge no longer."""


def not_sent(error: type[Unknown | Unauthorized] = CircuitOpen) -> Unknown | Unauthorized:
    err = error("nothing was sent")
    err.sent = False
    return err


def events_of(order) -> list[str]:
    return [entry.event for entry in db.session.query(JournalEntry).filter_by(merchant_uid=order.merchant_uid)]


@pytest.fixture
def subscription(desk, user, plan):
    return subscribe(desk, user, plan)


def test_what_is_due_stays_due_while_nothing_can_be_sent(desk, subscription):
    desk.client.busy = True

    with pytest.raises(PaymentServiceBusy):
        renew(desk, subscription, now=FEBRUARY)

    assert renewals.due(desk, now=FEBRUARY) == [subscription.id]
    assert len(subscription.orders) == 2  # the issue and the first charge
    assert subscription.claimed_until is None


@pytest.mark.parametrize("error", [CircuitOpen, Unauthorized])
def test_a_charge_that_stopped_before_it_was_sent_is_as_if_it_had_never_been_tried(desk, subscription, error):
    desk.client.raises["again"] = not_sent(error)

    order = renew(desk, subscription, now=FEBRUARY)

    assert order.is_queued
    assert (order.checked_at, order.asked_at) == (None, None)
    assert events_of(order) == ["order.created", "charge.queued"]
    assert (subscription.status, subscription.was_declined) == (SubscriptionStatus.ACTIVE, False)
    assert renewals.due(desk, now=FEBRUARY) == [subscription.id]


def test_it_is_sent_later_under_the_same_number_and_not_looked_up_first(desk, subscription):
    desk.client.raises["again"] = not_sent()
    first = renew(desk, subscription, now=FEBRUARY)
    desk.client.raises.clear()
    desk.client.calls.clear()

    second = renew(desk, subscription, now=FEBRUARY + timedelta(seconds=5))

    assert second is first
    assert second.outcome == "paid"
    assert desk.client.calls == ["again"]


def test_a_lost_answer_stays_unknown_when_the_next_attempt_is_not_sent(desk, subscription):
    desk.client.lose_answer = True
    order = renew(desk, subscription, now=FEBRUARY)
    asked_at = order.asked_at

    desk.client.raises["find"] = not_sent()
    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=3))

    assert asked_at is not None
    assert (order.status, order.asked_at, order.is_queued) == (OrderStatus.READY, asked_at, False)
    desk.client.raises.clear()
    renew(desk, subscription, now=FEBRUARY + timedelta(minutes=10))
    assert order.outcome == "paid"
    assert len(desk.client.charges) == 2  # the first payment, and the one of February


def test_a_refusal_that_cannot_be_checked_is_unknown_and_not_unsent(desk, subscription):
    desk.client.raises["again"] = Refused(DUPLICATE, code=1)
    desk.client.raises["find"] = not_sent()

    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.asked_at, order.checked_at) == (FEBRUARY, FEBRUARY)
    assert not order.is_queued


def test_an_earlier_attempt_that_was_approved_late_makes_the_queued_one_needless(desk, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal")
    declined = renew(desk, subscription, now=FEBRUARY)
    retry_at = subscription.next_charge_at
    desk.client.busy = True
    queued = renewals.collect(
        desk, subscription_id=subscription.id, period_start=declined.invoice.period_start, now=retry_at
    )
    desk.client.busy = False
    desk.client.approve_late(declined.imp_uid)
    charges = len(desk.client.charges)

    renew(desk, subscription, now=retry_at)

    assert (declined.outcome, queued.outcome) == ("paid", "cancelled")
    assert len(desk.client.charges) == charges
    assert subscription.paid_until == MARCH


def test_an_unknown_charge_is_recorded_once_however_often_it_is_looked_up(desk, subscription):
    desk.client.silent = True
    for hours in range(20):
        order = renew(desk, subscription, now=FEBRUARY + timedelta(hours=hours))

    assert events_of(order).count("charge.unknown") == 1


@pytest.mark.parametrize("imp_uid", ["' OR 1=1 --", "../../etc/passwd", "<script>", "x" * 33, "imp_１"])
def test_an_id_that_no_payment_can_have_is_not_looked_up(desk, user, plan, imp_uid):
    order = place_order(desk, user, plan)
    desk.client.calls.clear()

    checkout.receive(desk, source=Source.LANDING, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert "payment" not in desk.client.calls


# A charge that waits for the worker, and is not needed any more -------------------------------------------


@pytest.fixture
def queued(desk, subscription):
    """A charge that its buyer requested for March while no request could be sent."""
    desk.client.busy = True
    order = renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=NOW)
    desk.client.busy = False
    assert order.is_queued
    return order


def test_the_end_of_the_subscription_closes_a_charge_that_was_not_sent(desk, subscription, queued):
    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    assert (queued.outcome, queued.was_never_sent, queued.look_at, queued.late_look_at) == (
        "cancelled",
        True,
        None,
        None,
    )
    assert len(desk.client.charges) == 1
    assert events_of(queued).count("charge.closed") == 1


def test_another_payment_of_the_period_closes_a_charge_that_was_not_sent(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    window = try_again(desk, subscription, "jtnet", now=FEBRUARY)
    desk.client.busy = True
    queued = renewals.collect(desk, subscription_id=subscription.id, period_start=FEBRUARY, now=LATER)
    desk.client.busy = False

    imp_uid = desk.client.pay(checkout.request(desk, window, language="ko"))
    payments.settle(desk, merchant_uid=window.merchant_uid, imp_uid=imp_uid, now=LATER)

    assert (window.outcome, queued.outcome, queued.was_never_sent) == ("paid", "cancelled", True)
    assert [events_of(order).count("charge.closed") for order in (window, queued)] == [0, 1]


def test_a_suspension_closes_a_charge_that_was_not_sent(desk, subscription, queued):
    reversals.record_chargeback(subscription.orders[1], now=NOW)
    db.session.commit()

    assert (queued.outcome, queued.was_never_sent) == ("cancelled", True)
    subscriptions.cancel(desk, subscription=subscription, now=LATER)
    assert events_of(queued).count("charge.closed") == 1


def test_a_cancellation_during_a_charge_that_is_not_sent_closes_it(desk, subscription):
    subscription_id = subscription.id

    def cancel(**fields):
        subscriptions.end(db.session.get_one(Subscription, subscription_id), reason="", now=FEBRUARY)
        raise not_sent()

    desk.client.again = cancel

    order = renew(desk, subscription, now=FEBRUARY)

    assert (order.outcome, order.was_never_sent) == ("cancelled", True)
    assert events_of(order).count("charge.closed") == 1


def test_a_charge_that_was_sent_stays_unknown_when_the_subscription_ends(desk, subscription):
    desk.client.lose_answer = True
    order = renew(desk, subscription, now=FEBRUARY)

    subscriptions.cancel(desk, subscription=subscription, now=FEBRUARY)

    assert (order.outcome, order.was_never_sent) == ("checking", False)
    assert "charge.closed" not in events_of(order)
