"""What is due can be listed for some owners or without them, each in a time of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

import clock
import follow_up
from clock import add_months
from models import BillingKey, Order, Refund, Subscription, db
from rounds import charge_due
from services import billing_keys, checkout, comparison, open_orders, refunds, renewals, subscriptions
from services.checkout import Source
from services.owners import EVERYONE, Group, Owners
from tests.factories import NOW, make_user, move_machine_clock, place_order, subscribe

FEBRUARY = add_months(NOW, 1, anchor_day=31)


@pytest.fixture
def people(app):
    return [make_user(f"buyer{n}@example.com") for n in range(2)]


def of(*users) -> frozenset[int]:
    return frozenset(user.id for user in users)


def leave_work(desk, user, plan, dollar_plan) -> None:
    """Leave a subscription to charge, an order to look at, a refund to make and a key to delete."""
    subscribe(desk, user, plan)
    place_order(desk, user, plan)
    order = place_order(desk, user, dollar_plan, "paymentwall")
    forged = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    desk.client.silent_call = "cancel"
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=forged, now=NOW)
    desk.client.silent_call = "delete_customer_key"
    subscriptions.cancel(desk, subscription=subscribe(desk, user, plan), now=NOW)
    desk.client.silent_call = ""


def owners_of_work(desk, owners) -> list[set[int]]:
    now = FEBRUARY
    move_machine_clock(desk, NOW + timedelta(minutes=2))
    found = [
        (Subscription, renewals.due(desk, now=now, owners=owners)),
        (Order, open_orders.due(desk, now=now, owners=owners)),
        (Refund, refunds.due(desk, now=now, owners=owners)),
        (BillingKey, billing_keys.to_delete(desk, now=now, owners=owners)),
    ]
    rows = [[db.session.get_one(model, one) for one in ids] for model, ids in found]
    return [{row.order.user_id if isinstance(row, Refund) else row.user_id for row in kind} for kind in rows]


def test_each_list_of_the_worker_includes_or_excludes_owners(desk, people, plan, dollar_plan):
    for user in people:
        leave_work(desk, user, plan, dollar_plan)
    first, second = people

    assert owners_of_work(desk, EVERYONE) == [of(first, second)] * 4
    assert owners_of_work(desk, Owners(only=of(first))) == [of(first)] * 4
    assert owners_of_work(desk, Owners(without=of(first))) == [of(second)] * 4
    assert owners_of_work(desk, Owners(only=frozenset())) == [set()] * 4


def test_a_person_who_is_a_month_ahead_is_charged_alone(app, desk, people, plan):
    ahead, other = (subscribe(desk, user, plan) for user in people)

    charge_due(app, desk, threads=1, now=lambda: FEBRUARY, owners=Owners(only=of(ahead.user)))
    db.session.expire_all()

    assert (ahead.paid_until > FEBRUARY, other.paid_until) == (True, FEBRUARY)
    assert renewals.count_due(desk, now=NOW + timedelta(days=1), owners=Owners(without=of(ahead.user))) == 0


@pytest.mark.parametrize(("moved_by", "status"), [(0, "suspended"), (32, "active")])
def test_a_comparison_repairs_an_order_in_its_owners_time(desk, people, plan, moved_by, status):
    """A refund in the console suspends only while the period that it paid has not ended for its buyer."""
    desk = replace(desk, time_of=lambda owner: NOW + timedelta(days=moved_by))
    desk.client.time = int(NOW.timestamp())
    subscription = subscribe(desk, people[0], plan, "jtnet")
    order = subscription.orders[0]
    desk.client.cancel_in_console(order.imp_uid)

    compared = comparison.run(desk, clock.day_in_seoul(NOW), moment=lambda: NOW + timedelta(days=1))

    (difference,) = compared.differences
    assert (subscription.status.value, order.cases[0].opened_at) == (status, NOW + timedelta(days=moved_by))
    assert difference.repaired_at == NOW + timedelta(days=1)


def test_the_worker_looks_for_what_is_due_of_each_group_in_its_own_time(app, desk, people, plan, dollar_plan):
    for user in people:
        leave_work(desk, user, plan, dollar_plan)
    ahead, usual = people
    groups = [
        Group(owners=Owners(without=of(ahead)), now=lambda: NOW - timedelta(seconds=1)),
        Group(owners=Owners(only=of(ahead)), now=lambda: FEBRUARY),
    ]
    app.extensions["desk"] = desk_of_groups = replace(desk, groups=lambda: groups)
    move_machine_clock(desk, NOW + timedelta(minutes=2))

    app.test_cli_runner().invoke(args=["renew-due", "--limit", "1"], catch_exceptions=False)
    follow_up.look_at_open(desk_of_groups)
    app.extensions["desk"] = desk
    db.session.expire_all()

    assert [len(user.subscriptions[-1].invoices) for user in people] == [2, 1]
    ended = [order for order in db.session.query(Order) if order.ended_at and order.outcome == "cancelled"]
    assert {order.user_id: order.late_look_at is None for order in ended} == {ahead.id: True, usual.id: False}
    made = [(refund.order.user_id, refund.made_at) for refund in db.session.query(Refund)]
    assert made == [(ahead.id, FEBRUARY), (usual.id, None)]
    deleted = {key.user_id: key.deleted_at for key in db.session.query(BillingKey) if key.revoked_at}
    assert deleted == {ahead.id: FEBRUARY, usual.id: None}
