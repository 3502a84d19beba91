"""The tables: what an event changes, repeats that do nothing, and what the database refuses."""

from datetime import timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from werkzeug.security import check_password_hash

from models import LATE_LOOKS, BillingKey, Invoice, Order, Plan, Subscription, User, db, new_uid
from states import InvoiceStatus, KeyStatus, OrderPurpose, OrderStatus, SubscriptionStatus
from tests.factories import NOW, make_user, subscribe

LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize("status", ["incomplete", "active", "past_due", "paused"])
def test_a_paid_period_makes_a_subscription_active(status):
    subscription = Subscription(status=SubscriptionStatus(status))

    subscription.renew(until=LATER)

    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.ACTIVE, LATER)


def test_a_resumed_subscription_is_charged_when_its_paid_period_ends():
    subscription = Subscription(status=SubscriptionStatus.ACTIVE, paid_until=LATER, next_charge_at=LATER)
    subscription.suspend()

    assert subscription.next_charge_at is None
    subscription.resume(at=NOW)

    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.ACTIVE, LATER)


def test_a_subscription_resumed_after_its_paid_period_is_charged_now():
    subscription = Subscription(status=SubscriptionStatus.SUSPENDED, paid_until=NOW - timedelta(days=1))

    subscription.resume(at=NOW)

    assert subscription.next_charge_at == NOW


def test_a_second_payment_of_an_order_changes_nothing():
    order = Order(status=OrderStatus.READY)
    order.mark_paid(at=NOW)

    order.mark_paid(at=LATER)

    assert order.paid_at == NOW


def test_a_second_failure_keeps_the_first_reason():
    order = Order(status=OrderStatus.READY)
    order.mark_failed("limit exceeded", at=NOW)

    order.mark_failed("expired", at=LATER)

    assert order.fail_reason == "limit exceeded"


def test_a_late_approval_clears_what_was_said_before():
    order = Order(status=OrderStatus.READY, purpose=OrderPurpose.CHARGE, window_message="closed")
    order.mark_failed("limit exceeded", at=NOW)

    order.mark_paid(at=NOW)

    assert (order.fail_reason, order.window_message, order.mismatch) == (None, None, None)
    assert order.outcome == "paid"


@pytest.mark.parametrize(
    "end",
    [
        lambda order, at: order.mark_failed("limit exceeded", at=at),
        lambda order, at: order.mark_abandoned(at=at),
        lambda order, at: order.reject(["amount"], at=at),
    ],
    ids=["failed", "abandoned", "rejected"],
)
def test_an_attempt_that_ends_without_a_payment_may_be_approved_late(end):
    order = Order(status=OrderStatus.READY)

    end(order, NOW)
    order.reject(["invoice"], at=LATER)

    assert (order.ended_at, order.late_look_at) == (NOW, NOW + LATE_LOOKS[0])


@pytest.mark.parametrize("event", [lambda order: order.mark_paid(at=NOW), lambda order: order.mark_cancelled()])
def test_a_payment_and_a_refund_end_the_schedule_of_late_looks(event):
    order = Order(status=OrderStatus.READY)
    order.mark_failed("limit exceeded", at=NOW)

    event(order)

    assert order.late_look_at is None


def test_each_late_look_sets_the_next_and_the_last_sets_none():
    order = Order(status=OrderStatus.READY)
    order.mark_failed("limit exceeded", at=NOW)

    looks = []
    while order.late_look_at is not None:
        looks.append(order.late_look_at - NOW)
        order.pass_late_look(at=order.late_look_at)

    assert looks == list(LATE_LOOKS)


def test_a_second_revocation_keeps_the_first_moment():
    key = BillingKey(status=KeyStatus.ACTIVE)
    key.revoke(at=NOW)

    key.revoke(at=LATER)

    assert key.revoked_at == NOW


def test_a_key_activated_twice_keeps_its_card():
    key = BillingKey(status=KeyStatus.PENDING)
    key.activate(at=NOW, card_name="국민카드", card_number="4242-42**-****-4242")

    key.activate(at=LATER, card_name=None, card_number=None)

    assert (key.activated_at, key.card_name) == (NOW, "국민카드")


def test_a_second_cancellation_keeps_the_first_moment():
    subscription = Subscription(status=SubscriptionStatus.ACTIVE, next_charge_at=LATER)
    subscription.cancel(at=NOW)

    subscription.cancel(at=LATER)

    assert (subscription.cancelled_at, subscription.next_charge_at) == (NOW, None)


def test_a_bill_paid_twice_was_paid_the_first_time():
    invoice = Invoice(status=InvoiceStatus.OPEN)
    invoice.mark_paid(at=NOW)

    invoice.mark_paid(at=LATER)

    assert invoice.paid_at == NOW


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"status": OrderStatus.READY}, "checking"),
        ({"status": OrderStatus.READY, "window_message": "closed by the buyer"}, "checking"),
        ({"status": OrderStatus.READY, "window_ended": True}, "closed"),
        ({"status": OrderStatus.READY, "mismatch": "merchant_uid"}, "mismatch"),
        ({"status": OrderStatus.PAID, "purpose": OrderPurpose.ISSUE}, "registered"),
        ({"status": OrderStatus.PAID, "purpose": OrderPurpose.ISSUE_AND_CHARGE}, "paid"),
        ({"status": OrderStatus.PAID, "purpose": OrderPurpose.CHARGE}, "paid"),
        ({"status": OrderStatus.FAILED}, "declined"),
        ({"status": OrderStatus.FAILED, "mismatch": "amount"}, "mismatch"),
        ({"status": OrderStatus.CANCELLED}, "cancelled"),
    ],
)
def test_an_order_says_what_became_of_it(fields, outcome):
    assert Order(**fields).outcome == outcome


@pytest.mark.parametrize(
    ("status", "paid_until", "overdue"),
    [
        (SubscriptionStatus.ACTIVE, None, True),
        (SubscriptionStatus.ACTIVE, NOW, True),
        (SubscriptionStatus.ACTIVE, LATER, False),
        (SubscriptionStatus.CANCELLED, NOW, False),
    ],
)
def test_a_period_is_overdue_once_it_has_begun_unpaid(status, paid_until, overdue):
    assert Subscription(status=status, paid_until=paid_until).is_overdue(NOW) is overdue


def test_an_id_fits_the_service_and_cannot_be_guessed():
    uids = {new_uid("order") for _ in range(100)}

    assert len(uids) == 100
    assert max(map(len, uids)) <= 40 - len("-99")


# What the database refuses --------------------------------------------------------------------------------


def test_a_moment_comes_back_aware_and_equal(app):
    tokyo = timezone(timedelta(hours=9))
    user = make_user()
    user.created_at = NOW.astimezone(tokyo)
    db.session.commit()

    db.session.expire_all()

    assert user.created_at == NOW
    assert user.created_at.utcoffset() == timedelta(0)


def test_a_naive_moment_has_no_place(app):
    user = make_user()
    user.created_at = NOW.replace(tzinfo=None)

    with pytest.raises(StatementError, match="naive"):
        db.session.commit()


def test_a_period_is_billed_once(desk, user, plan):
    (invoice,) = subscribe(desk, user, plan).invoices
    twin = Invoice(
        number="twin",
        subscription=invoice.subscription,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        amount=1,
        currency="KRW",
        created_at=NOW,
    )
    db.session.add(twin)

    with pytest.raises(IntegrityError):
        db.session.commit()


@pytest.mark.parametrize(
    ("amount", "days"), [(0, 30), (-1, 30), (1, 0), (1, -1)], ids=["free", "negative", "empty", "backward"]
)
def test_a_bill_is_of_something_and_for_some_time(desk, user, plan, amount, days):
    subscription = subscribe(desk, user, plan)
    start = NOW + timedelta(days=400)
    bill = {"number": "n", "amount": amount, "currency": "KRW", "created_at": NOW}
    db.session.add(
        Invoice(subscription_id=subscription.id, period_start=start, period_end=start + timedelta(days=days), **bill)
    )

    with pytest.raises(IntegrityError):
        db.session.commit()


def test_a_plan_costs_something(app, plan):
    plan.amount = 0

    with pytest.raises(IntegrityError):
        db.session.commit()


def test_a_merchant_uid_is_used_once(desk, user, plan):
    first, second = (subscribe(desk, user, plan).orders[0] for _ in range(2))

    second.merchant_uid = first.merchant_uid

    with pytest.raises(IntegrityError):
        db.session.commit()


def test_a_status_is_stored_as_the_word_people_read(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    stored = db.session.execute(db.text("SELECT status FROM subscriptions")).scalar()

    assert stored == subscription.status.value == "active"


def test_a_row_must_belong_to_a_user(app, plan):
    db.session.add(Subscription(user_id=4711, plan=plan, anchor_day=1, created_at=NOW))

    with pytest.raises(IntegrityError):
        db.session.commit()


def test_a_password_is_kept_as_a_hash():
    user = User()

    user.set_password("correct horse")

    assert "correct horse" not in user.password_hash
    assert check_password_hash(user.password_hash, "correct horse")
    assert not check_password_hash(user.password_hash, "wrong horse")


def test_a_plan_speaks_both_languages():
    plan = Plan(name_ko="매달 원두", name_en="Beans", summary_ko="원두 두 봉지", summary_en="Two bags")

    assert (plan.name("ko"), plan.name("en"), plan.name("fr")) == ("매달 원두", "Beans", "매달 원두")
    assert (plan.summary("ko"), plan.summary("en")) == ("원두 두 봉지", "Two bags")
