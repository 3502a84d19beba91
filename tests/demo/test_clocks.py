"""Each person of the demonstration lives in their own time: in the shop, in the worker and at the sandbox."""

from datetime import timedelta

import pytest
from flask import jsonify

import clock
from demo import clocks
from demo.buyer import pay_in_window
from models import db
from services import orders
from states import OrderStatus

MONTH = timedelta(days=31)
SOON = timedelta(seconds=30)
"""What a test takes at most, on a slow machine."""


def put_ahead(user, by=MONTH):
    clocks.put_ahead(user.id, by)
    db.session.commit()


def is_now(at, *, ahead=timedelta()):
    """Whether a time stamp was made a moment ago, by a clock that is ahead."""
    return timedelta(0) <= clock.machine_now() + ahead - at < SOON


@pytest.fixture
def today(town):
    """The address of a page that shows the business time, in place of the page with the plans."""
    view = town.app.view_functions["catalog.index"]
    town.app.view_functions["catalog.index"] = lambda: jsonify(clock.now().timestamp())
    yield "/"
    town.app.view_functions["catalog.index"] = view


def test_two_people_see_the_shop_in_their_own_times_and_a_visitor_by_the_time_of_day(town, today):
    ahead, further, usual = (town.newcomer() for _ in range(3))
    put_ahead(ahead)
    put_ahead(further, 2 * MONTH)
    browsers = [*(town.browser_of(user) for user in (ahead, further, usual)), town.app.test_client()]

    seen = [browser.get(today).json - clock.machine_now().timestamp() for browser in browsers]

    assert seen == pytest.approx([value.total_seconds() for value in (MONTH, 2 * MONTH, MONTH * 0, MONTH * 0)], abs=30)
    assert is_now(clock.now())


def order_by(town, browser, slug="coffee-monthly"):
    """Place an order, and return it with what the page passes to the window."""
    buyer = {"buyer_name": "Jisoo Kim", "buyer_email": "jisoo@example.com", "buyer_tel": "010-1234-5678"}
    answer = browser.post("/orders", json={"plan": slug, "guide": "inicis", **buyer})
    assert answer.status_code == 201, answer.text
    return orders.by_uid(answer.json["merchant_uid"]), answer.json["request"]


def pay(town, request):
    settings = town.app.config
    return pay_in_window(
        settings["IMP_SDK_URL"],
        merchant_code=settings["IMP_CODE"],
        request=request,
        number="4242-4242-4242-4242",
    )


def land(town, worker, order, imp_uid):
    """The browser comes back without its session, as on another phone."""
    query = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid}
    town.app.test_client().get("/payments/landing", query_string=query)


def complete(town, worker, order, imp_uid):
    town.app.test_client().post("/payments/complete", json={"merchant_uid": order.merchant_uid, "imp_uid": imp_uid})


def hear(town, worker, order, imp_uid):
    """The worker settles the webhook, and then charges what is due."""
    town.look("idle", wait=10)
    worker()


@pytest.mark.parametrize("bring", [land, complete, hear])
def test_an_order_is_settled_in_its_owners_time_by_shop_and_sandbox(town, worker, bring):
    user = town.newcomer()
    put_ahead(user)
    order, request = order_by(town, town.browser_of(user))

    bring(town, worker, order, pay(town, request))
    db.session.expire_all()

    assert order.status is OrderStatus.PAID
    (charge,) = [other for other in order.subscription.orders if other is not order]
    stamps = [order.created_at, order.paid_at, order.billing_key.activated_at, charge.created_at, charge.paid_at]
    assert all(is_now(at, ahead=MONTH + timedelta(seconds=1)) for at in stamps)
    assert town.offsets_of(user) == [MONTH.total_seconds()]


def test_the_worker_charges_each_person_when_their_own_time_has_come(town, worker):
    ahead, usual = town.newcomer(), town.newcomer()
    subscriptions = [town.subscribe(user) for user in (ahead, usual)]
    put_ahead(ahead)

    worker()

    charged, other = ([order.created_at for order in one.orders] for one in subscriptions)
    assert is_now(charged[0], ahead=MONTH)
    assert (len(charged), len(other)) == (3, 2)


def test_the_worker_leaves_a_person_alone_whose_clock_is_moving(town, worker):
    user = town.newcomer()
    subscription = town.subscribe(user)
    put_ahead(user)

    with clocks.moving(user.id) as has_it, clocks.moving(user.id) as second_has_it:
        worker()
        charged = len(subscription.orders)
    worker()

    assert (has_it, second_has_it) == (True, False)
    assert (charged, len(subscription.orders)) == (2, 3)


def test_staff_act_on_an_order_in_its_owners_time(town):
    user, staff = town.newcomer(), town.newcomer(is_staff=True)
    put_ahead(user)
    subscription = town.subscribe(user)

    town.browser_of(staff).post(f"/admin/subscriptions/{subscription.id}/cancellation", data={"cancel-reason": "test"})

    assert is_now(subscription.cancelled_at, ahead=MONTH)
