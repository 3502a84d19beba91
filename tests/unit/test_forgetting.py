"""Forgetting a person: what goes, what stays, and when the shop refuses. On both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import BillingKey, Case, Invoice, JournalEntry, Order, Session, Subscription, User, db
from services import catalog, checkout, forgetting, sessions
from services.checkout import Source
from services.forgetting import Outcome
from states import CaseKind, KeyStatus, OrderStatus, RefundStatus, SubscriptionStatus
from tests.factories import make_user, place_order, reconcile, subscribe

PERSONAL = ("Jisoo Kim", "jisoo@example.com", "010-1234-5678", "203.0.113.7", "김지수")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def app(request, config, payments, open_shop) -> Iterator[Flask]:
    """A shop with plans, on each database."""
    if request.param == "postgresql":
        config = replace(config, SQLALCHEMY_DATABASE_URI=request.getfixturevalue("postgresql"))
    app = open_shop(config, payments)
    with app.app_context():
        db.drop_all()
        db.create_all()
        catalog.seed()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def person(desk, user) -> User:
    """A buyer with a running subscription, who is signed in and has closed a window that said something."""
    subscribe(desk, user, catalog.plan_on_sale("coffee-monthly"), now=clock.now())
    order = place_order(desk, user, catalog.plan_on_sale("coffee-yearly"), now=clock.now() - timedelta(days=2))
    report = {"source": Source.CALLBACK, "merchant_uid": order.merchant_uid, "imp_uid": None, "now": clock.now()}
    checkout.receive(desk, **report, message="Jisoo Kim closed the window")
    order.mark_abandoned("Jisoo Kim did not pay", at=clock.now())
    sessions.begin(user, now=clock.machine_now())
    db.session.commit()
    return user


def text_of_database() -> str:
    """Return everything that the database holds, as text."""
    tables = db.metadata.sorted_tables
    return str([tuple(row) for table in tables for row in db.session.execute(db.select(table))])


def books_now() -> list[tuple]:
    """Return what the shop's books need of each order."""
    orders = db.session.query(Order).order_by(Order.id)
    return [(order.merchant_uid, order.amount, order.imp_uid, order.paid_at, order.status) for order in orders]


def test_nothing_personal_is_left_and_the_books_are(desk, payments, person):
    books = books_now()
    assert all(word in text_of_database() for word in PERSONAL)

    assert forgetting.forget(desk, person, now=clock.now()) is Outcome.FORGOTTEN

    db.session.expire_all()
    left = text_of_database()
    assert [word for word in PERSONAL if word in left] == []
    assert books_now() == books
    assert db.session.query(Invoice).filter_by(status="paid").count() == 1
    assert {one.status for one in db.session.query(Subscription)} == {SubscriptionStatus.CANCELLED}
    assert (db.session.query(JournalEntry).count(), db.session.query(Session).count()) == (0, 0)
    assert payments.keys == {}
    issued = db.session.query(BillingKey).filter(BillingKey.status != KeyStatus.PENDING)
    assert [key.deleted_at is not None for key in issued] == [True]


def test_another_person_keeps_everything(desk, person):
    other = make_user("minsu@example.com")
    subscription = subscribe(desk, other, catalog.plan_on_sale("coffee-monthly"), now=clock.now())
    token = sessions.begin(other, now=clock.machine_now())

    forgetting.forget(desk, person, now=clock.now())

    db.session.expire_all()
    assert (other.name, subscription.status) == ("김지수", SubscriptionStatus.ACTIVE)
    assert subscription.billing_key.is_usable
    assert subscription.orders[0].buyer_name == "Jisoo Kim"
    assert sessions.user_of(token, now=clock.machine_now()) is other
    assert db.session.query(JournalEntry).count() > 0


def test_a_silent_service_ends_the_charges_and_the_next_attempt_finishes(desk, payments, person):
    payments.silent = True
    assert forgetting.forget(desk, person, now=clock.now()) is Outcome.KEY_IS_LEFT
    db.session.expire_all()
    assert {one.status for one in person.subscriptions} == {SubscriptionStatus.CANCELLED}
    assert person.email == "jisoo@example.com"

    payments.silent = False
    assert forgetting.forget(desk, person, now=clock.now()) is Outcome.FORGOTTEN
    assert "jisoo@example.com" not in text_of_database()


def test_a_second_time_changes_nothing(desk, person):
    forgetting.forget(desk, person, now=clock.now())
    before = text_of_database()

    assert forgetting.forget(desk, person, now=clock.now()) is Outcome.FORGOTTEN
    assert text_of_database() == before


def an_open_order(desk, person):
    place_order(desk, person, catalog.plan_on_sale("coffee-yearly"), now=clock.now())


def an_open_case(desk, person):
    order = db.session.query(Order).filter_by(status=OrderStatus.PAID).first()
    db.session.add(Case(order=order, kind=CaseKind.REVERSED, amount=order.amount, opened_at=clock.now()))
    db.session.commit()


@pytest.mark.parametrize("something", [an_open_order, an_open_case])
def test_a_person_whose_money_is_open_keeps_everything(desk, person, something):
    something(desk, person)
    before = text_of_database()

    assert len(forgetting.kept_of(person).open) == 1
    assert forgetting.forget(desk, person, now=clock.now()) is Outcome.MONEY_IS_OPEN
    assert text_of_database() == before


def test_a_charge_that_waits_for_the_worker_is_not_open(desk, payments, person):
    running = next(one for one in person.subscriptions if one.billing_key is not None)
    queued = Order(
        merchant_uid="queued-1", user=person, subscription=running, billing_key=running.billing_key, guide_id="inicis",
        purpose="charge", name="-", amount=1, currency="KRW", buyer_name="Jisoo Kim", buyer_email="a@b.kr",
        buyer_tel="", created_at=clock.now(), invoice=running.invoices[0],
    )  # fmt: skip
    db.session.add(queued)
    db.session.commit()

    assert forgetting.kept_of(person).open == []
    assert forgetting.forget(desk, person, now=clock.now()) is Outcome.FORGOTTEN
    assert payments.charges[1:] == []


def forget(app: Flask, *words: str, **more):
    result = app.test_cli_runner().invoke(args=["forget-person", *words], catch_exceptions=False, **more)
    db.session.rollback()
    db.session.expire_all()
    return result


def test_a_dry_run_counts_and_changes_nothing(app, person):
    before = text_of_database()

    result = forget(app, "jisoo@example.com", "--dry-run")

    assert result.exit_code == 0
    assert result.output.startswith("2 running subscriptions, 1 billing keys at the service, 1 sign-ins, ")
    assert text_of_database() == before


@pytest.mark.parametrize(("answer", "exit_code", "is_left"), [("n\n", 1, True), ("y\n", 0, False)])
def test_the_command_asks_first(app, person, answer, exit_code, is_left):
    result = forget(app, " Jisoo@Example.com", input=answer)

    assert result.exit_code == exit_code
    assert ("jisoo@example.com" in text_of_database()) is is_left


def test_the_command_can_be_repeated(app, payments, person):
    payments.silent = True
    assert forget(app, "jisoo@example.com", "--yes").exit_code == 3
    payments.silent = False
    assert forget(app, "jisoo@example.com", "--yes").exit_code == 0

    again = forget(app, "jisoo@example.com", "--yes")

    assert (again.exit_code, again.output) == (0, "No account has this e-mail address.\n")


def test_staff_are_not_forgotten(app):
    make_user("staff@example.com", is_staff=True)

    assert forget(app, "staff@example.com", "--yes").exit_code == 2
    assert "staff@example.com" in text_of_database()


def test_open_money_is_named(app, desk, person):
    order = place_order(desk, person, catalog.plan_on_sale("coffee-yearly"), now=clock.now())

    result = forget(app, "jisoo@example.com", "--yes")

    assert result.exit_code == 1
    assert f"order without an outcome: {order.merchant_uid}" in result.output


def test_the_person_may_sign_up_again(app, person):
    forget(app, "jisoo@example.com", "--yes")

    assert make_user("jisoo@example.com").id != person.id


def test_what_is_approved_after_that_is_refunded_and_its_key_deleted(desk, payments, user):
    order = place_order(desk, user, catalog.plan_on_sale("coffee-monthly"), "jtnet", now=clock.now())
    imp_uid = payments.pay(checkout.request(desk, order, language="ko"))
    order.mark_abandoned(at=clock.now())
    db.session.commit()
    assert forgetting.forget(desk, user, now=clock.now()) is Outcome.FORGOTTEN

    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid}
    checkout.receive(desk, source=Source.CHECK, **news, now=clock.now())
    reconcile(desk, now=clock.now() + timedelta(hours=1))

    db.session.expire_all()
    assert [refund.status for refund in order.refunds] == [RefundStatus.MADE]
    assert payments.keys == {}
    assert order.buyer_name == "-"
