"""A pause after a request is machine time: the shop's calendar does not end it, and need not move for it to end."""

from datetime import timedelta

import pytest

from models import db
from services import billing_keys, checkout, open_orders, refunds, subscriptions
from services.checkout import Source
from services.iamport import Refused
from tests.factories import NOW, place_order, receive, subscribe

A_MONTH = timedelta(days=31)


def new_order(desk, user, plan):
    """Place an order: its buyer is in the window now."""
    place_order(desk, user, plan)
    return open_orders.due, open_orders.process, "order_id"


def silent_order(desk, user, plan):
    """Report a final order while the service does not answer."""
    order = subscribe(desk, user, plan).orders[0]
    desk.client.silent = True
    receive(desk, source=Source.CHECK, merchant_uid=order.merchant_uid, imp_uid=None, now=NOW)
    return open_orders.due, open_orders.process, "order_id"


def decided_refund(desk, user, plan):
    """Decide a refund whose request gets no answer."""
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    desk.client.silent_call = "cancel"
    second = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=second, now=NOW)
    return refunds.due, refunds.process, "refund_id"


def refused_refund(desk, user, plan):
    """Decide a refund that the PG refuses."""
    desk.client.raises["cancel"] = Refused("잔액부족", code=1)
    return decided_refund(desk, user, plan)


def accepted_refund(desk, user, plan):
    """Decide a refund that the PG makes later."""
    desk.client.cancels_later = True
    order = subscribe(desk, user, plan, "jtnet").orders[0]
    second = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=second, now=NOW)
    return refunds.due, refunds.process, "refund_id"


def revoked_key(desk, user, plan):
    """Revoke a key that the service does not delete."""
    subscription = subscribe(desk, user, plan)
    desk.client.raises["delete_customer_key"] = Refused("삭제할 수 없습니다.", code=1)
    subscriptions.cancel(desk, subscription=subscription, now=NOW)
    return billing_keys.to_delete, billing_keys.delete, "key_id"


@pytest.fixture(
    params=[new_order, silent_order, decided_refund, refused_refund, accepted_refund, revoked_key],
    ids=lambda make: make.__name__,
)
def paused(request, desk, user, plan):
    """What finds the rows that are due, what works on one, and the name of its id: one row has a pause."""
    return request.param(desk, user, plan)


def test_a_month_of_business_time_does_not_end_a_pause(desk, paused):
    due, process, name = paused
    at = NOW + A_MONTH

    assert due(desk, now=at) == []

    desk.machine_now.move_to(NOW + timedelta(minutes=2))
    (row,) = due(desk, now=at)
    desk.client.silent = True
    process(desk, **{name: row}, now=at)
    calls = len(desk.client.calls)
    assert due(desk, now=at + A_MONTH) == []
    if due is not billing_keys.to_delete:
        process(desk, **{name: row}, now=at + A_MONTH)
    assert len(desk.client.calls) == calls


def test_a_pause_ends_while_the_calendar_stands_still(desk, paused):
    due, process, name = paused
    desk.client.silent = True

    tries = 0
    for minute in range(1, 61):
        desk.machine_now.move_to(NOW + timedelta(minutes=minute))
        for row in due(desk, now=NOW):
            process(desk, **{name: row}, now=NOW)
            tries += 1
        db.session.commit()

    assert 5 <= tries <= 7
