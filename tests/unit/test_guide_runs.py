"""Guide runs: the next run of a guide ends the subscription of the previous one."""

from datetime import timedelta

import pytest

from models import Subscription
from services import checkout, guide_runs
from services.checkout import Source
from states import KeyStatus, OrderStatus, SubscriptionStatus
from tests.factories import NOW, WEBHOOK, make_user, place_order, receive, reconcile, subscribe


@pytest.fixture
def run(desk, user, plan):
    """Return a function that runs a guide to its end and returns the subscription."""

    def run(run_id: str, guide: str = "inicis", *, owner=user, card: str = "approved", **more) -> Subscription:
        order = place_order(desk, owner, plan, guide, run_id=run_id, **more)
        imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card=card)
        checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
        return order.subscription

    return run


@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_the_next_run_ends_the_previous_one_and_deletes_its_key(desk, run, guide):
    first = run("run_1", guide)

    second = run("run_2", guide)

    assert (first.status, second.status) == (SubscriptionStatus.CANCELLED, SubscriptionStatus.ACTIVE)
    assert first.billing_key.status is KeyStatus.REVOKED
    assert set(desk.client.keys) == {second.billing_key.customer_uid}
    assert first.orders[0].status is OrderStatus.PAID


def test_a_run_knows_which_subscription_it_ended(desk, run):
    first, second = run("run_1"), run("run_2")

    assert guide_runs.ended_by(first.orders[-1]) == []
    assert guide_runs.ended_by(second.orders[-1]) == [first.id]


def test_a_run_that_issued_no_key_ends_nothing(desk, user, plan, run):
    first = run("run_1")

    run("run_2", card="declined")
    place_order(desk, user, plan, run_id="run_3")

    assert first.is_alive


def test_both_halves_of_a_side_by_side_run_stay(run):
    pc, phone = run("run_1"), run("run_1")

    assert pc is not phone
    assert pc.is_alive
    assert phone.is_alive

    run("run_2")

    assert not pc.is_alive
    assert not phone.is_alive


def test_a_run_ends_only_this_persons_runs_of_this_guide(desk, user, dollar_plan, plan, run):
    other_guide = run("run_1", "chai")
    other_person = run("run_2", owner=make_user("minsu@example.com"))
    bought = subscribe(desk, user, plan)

    run("run_3")

    assert all(subscription.is_alive for subscription in (other_guide, other_person, bought))


def test_news_of_an_earlier_run_ends_no_later_one(desk, run):
    first = run("run_1")
    second = run("run_2")
    (issue,) = (order for order in first.orders if order.issues_key)

    receive(desk, source=WEBHOOK, merchant_uid=issue.merchant_uid, imp_uid=issue.imp_uid, now=NOW)

    assert second.is_alive


def test_what_is_paid_in_the_window_of_an_ended_run_goes_back(desk, user, plan, run):
    left_open = place_order(desk, user, plan, "jtnet", run_id="run_1")
    run("run_2", "jtnet")

    imp_uid = desk.client.pay(checkout.request(desk, left_open, language="ko"))
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=left_open.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert left_open.outcome == "mismatch"
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_run_that_only_reconcile_hears_of_ends_the_previous_one_too(desk, user, plan, run):
    first = run("run_1")
    order = place_order(desk, user, plan, run_id="run_2")
    desk.client.pay(checkout.request(desk, order, language="ko"))

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert order.status is OrderStatus.PAID
    assert not first.is_alive
