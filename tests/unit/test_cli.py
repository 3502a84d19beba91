"""The commands of the scheduler say what they did, and do what the services do."""

from datetime import timedelta

import pytest
from flask import Flask

import clock
from clock import add_months
from models import OrderStatus, Plan, SubscriptionStatus, db
from services import catalog, checkout, subscriptions
from tests.factories import place_order, subscribe


@pytest.fixture
def run(app: Flask):
    def run(*words: str) -> str:
        result = app.test_cli_runner().invoke(args=list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        db.session.rollback()
        db.session.expire_all()
        return result.output

    return run


@pytest.fixture
def long_ago():
    """A day more than a month before today, so that a subscription made then is due now."""
    return add_months(clock.now(), -1, anchor_day=1) - timedelta(days=3)


def test_seed_says_how_many_plans_are_new(run):
    assert run("seed") == "0 new plans\n"


def test_renew_due_charges_what_is_due_and_says_so(run, desk, user, plan, long_ago):
    due = subscribe(desk, user, plan, now=long_ago)
    not_due = subscribe(desk, user, plan, now=clock.now())

    output = run("renew-due")

    assert output == f"subscription {due.id}: {due.orders[0].merchant_uid} paid\n"
    assert due.paid_until > clock.now()
    assert len(not_due.invoices) == 1


def test_renew_due_names_a_decline_and_goes_on(run, desk, user, plan, long_ago):
    declined = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)
    paid = subscribe(desk, user, plan, now=long_ago + timedelta(hours=1))

    lines = run("renew-due").splitlines()

    assert [line.split()[-1] for line in lines] == ["declined", "paid"]
    assert (declined.status, paid.status) == (SubscriptionStatus.PAST_DUE, SubscriptionStatus.ACTIVE)


def test_renew_due_names_what_could_not_be_charged_by_its_code(run, desk, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, now=long_ago)
    subscription.billing_key.revoke(at=clock.now())
    subscription.billing_key.deleted_at = clock.now()
    db.session.commit()

    assert run("renew-due") == f"subscription {subscription.id}: nothing_to_charge\n"


def test_renew_due_has_nothing_to_say_where_nothing_is_due(run):
    assert run("renew-due") == ""


def test_reconcile_settles_what_was_left_open(run, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now() - timedelta(minutes=5))
    desk.client.pay(checkout.request(desk, order, language="ko"))

    output = run("reconcile")

    assert output == "1 open orders settled, 0 revoked keys deleted\n"
    assert order.status is OrderStatus.PAID


def test_reconcile_deletes_keys_whose_deletion_was_not_answered(run, desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.deaf_to = "delete_customer_key"
    subscriptions.cancel(desk, subscription=subscription, now=clock.now())
    desk.client.deaf_to = ""

    output = run("reconcile")

    assert output == "0 open orders settled, 1 revoked keys deleted\n"
    assert desk.client.keys == {}


def test_one_broken_subscription_does_not_keep_the_others_from_their_turn(run, desk, user, plan, long_ago):
    broken, sound = (subscribe(desk, user, plan, now=long_ago + timedelta(hours=n)) for n in range(2))
    broken.plan = Plan(**{**catalog.PLANS[0], "slug": "broken", "currency": "BTC"})
    db.session.commit()

    output = run("renew-due", "--threads", "1")

    assert f"subscription {broken.id}: could not be charged; the log says why" in output
    assert f"subscription {sound.id}: {sound.orders[0].merchant_uid} paid" in output
