"""The migrations build the database that the models describe, and keep its data."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app import create_app
from config import ConfigError
from models import Case, Comparison, Difference, JournalEntry, Notice, Order, Refund, Subscription, User, db
from money import Money
from services import catalog, checkout, comparison, notices
from services.checkout import Source
from states import CaseKind, InvoiceStatus, OrderStatus, RefundCause, SubscriptionStatus
from tests.factories import NOW, make_user, place_order, reconcile, renew, subscribe


@pytest.fixture
def app(request, config, payments) -> Iterator[Flask]:
    """The application on a migrated database: SQLite, or what a test names by `on_each_database`."""
    if getattr(request, "param", "sqlite") == "postgresql":
        config = replace(config, SQLALCHEMY_DATABASE_URI=request.getfixturevalue("postgresql"))
    app = create_app(config, payments)
    with app.app_context():
        db.drop_all()  # a database server keeps the tables of the test before
        upgrade()
        yield app
        db.session.remove()
        downgrade(revision="base")
        db.engine.dispose()


on_each_database = pytest.mark.parametrize(
    "app", ["sqlite", pytest.param("postgresql", marks=pytest.mark.services)], indirect=True
)


def test_the_migrations_make_what_the_models_say(app):
    with db.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), db.metadata)

    assert differences == []


@on_each_database
def test_a_filled_database_goes_back_and_forth(app, desk):
    catalog.seed()
    order = place_order(desk, make_user(), catalog.plan_on_sale("coffee-monthly"), "jtnet")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    for reported in ("imp_unread", None):
        notices.store(order.id, reported, by_webhook=False)
    db.session.commit()
    order_id, kept = order.id, (order.merchant_uid, order.invoice.number)
    db.session.remove()

    downgrade(revision="0004")
    upgrade()
    order = db.session.get_one(Order, order_id)
    (notice,) = db.session.query(Notice)
    assert (notice.order_id, notice.imp_uid, notice.not_before) == (order_id, "imp_unread", None)
    assert order.look_at is not None
    db.session.remove()

    downgrade(revision="0001")
    upgrade()
    order = db.session.get_one(Order, order_id)
    assert (order.merchant_uid, order.invoice.number) == kept
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(db.text("PRAGMA foreign_keys")) == 1


def test_a_subscription_that_was_past_due_before_its_first_payment_has_not_started(app, desk):
    catalog.seed()
    plan = catalog.plan_on_sale("coffee-monthly")
    subscription_id = subscribe(desk, make_user(), plan, card="no_money_later").id
    behind = subscribe(desk, make_user("minsu@example.com"), plan, card="no_money_at_renewal")
    renew(desk, behind, now=behind.paid_until)
    behind_id = behind.id
    db.session.execute(db.text("UPDATE subscriptions SET status = 'past_due'"))
    db.session.commit()
    db.session.remove()

    downgrade(revision="0006")
    upgrade()

    assert db.session.get_one(Subscription, subscription_id).status is SubscriptionStatus.INCOMPLETE
    assert db.session.get_one(Subscription, behind_id).status is SubscriptionStatus.PAST_DUE


def test_a_plan_gets_its_new_name_unless_the_shop_named_it(app):
    catalog.seed()
    catalog.plan_on_sale("coffee-yearly").name_ko = "우리 원두"
    db.session.commit()
    db.session.remove()

    downgrade(revision="0007")
    before = _korean_names()
    upgrade()

    assert before == {"coffee-monthly": "매달 원두", "coffee-yearly": "우리 원두"}
    assert _korean_names() == {"coffee-monthly": "원두 월간 구독", "coffee-yearly": "우리 원두"}


def test_earlier_refunds_become_cases(app, desk):
    catalog.seed()
    order = subscribe(desk, make_user(), catalog.plan_on_sale("coffee-monthly")).orders[0]
    order.refunded = 1000
    db.session.commit()
    db.session.remove()

    downgrade(revision="0008")
    upgrade()

    (case,) = db.session.query(Case)
    assert (case.kind, case.price) == (CaseKind.PARTLY_REFUNDED, Money(1000, "KRW"))


@on_each_database
def test_addresses_and_names_come_to_one_form_unless_two_accounts_would_share_it(app):
    downgrade(revision="0024")
    for user_id, email in enumerate(["ｊisoo@example.com", "jisoo@example.com", "ａ@x.kr", "a@x。kr"], start=1):
        person = {"id": user_id, "email": email, "name": unicodedata.normalize("NFD", " 김지수"), "at": NOW}
        columns = "id, email, name, tel, password_hash, is_staff, created_at"
        values = ":id, :email, :name, '', '', false, :at"
        db.session.execute(text(f"INSERT INTO users ({columns}) VALUES ({values})"), person)
    db.session.commit()
    db.session.remove()

    upgrade()

    people = [(user.email, user.name) for user in db.session.query(User).order_by(User.id)]
    emails = ["ｊisoo@example.com", "jisoo@example.com", "a@x.kr", "a@x。kr"]
    assert people == [(email, "김지수") for email in emails]


@on_each_database
def test_a_shop_that_goes_back_keeps_the_beginning_of_long_names(app):
    make_user().name = "Alexander Hamilton"
    db.session.commit()
    db.session.remove()

    downgrade(revision="0025")

    assert db.session.scalar(text("SELECT name FROM users")) == "Alexander Hamilt"
    db.session.remove()
    upgrade()


@on_each_database
def test_what_a_link_may_have_put_on_an_order_goes(app, desk):
    catalog.seed()
    order = place_order(desk, make_user(), catalog.plan_on_sale("coffee-monthly"))
    checkout.receive(
        desk,
        source=Source.LANDING,
        merchant_uid=order.merchant_uid,
        imp_uid=None,
        now=NOW,
        message="010-0000-0000",
    )
    assert "010-0000-0000" in str([entry.facts for entry in db.session.query(JournalEntry)])
    order_id = order.id
    db.session.remove()

    downgrade(revision="0026")
    upgrade()

    order = db.session.get_one(Order, order_id)
    assert (order.window_message, order.outcome) == ("", "closed")
    assert "010-0000-0000" not in str([entry.facts for entry in db.session.query(JournalEntry)])
    db.session.remove()


@on_each_database
def test_a_shop_that_goes_back_meets_no_status_that_it_cannot_read(app, desk):
    catalog.seed()
    subscription = subscribe(desk, make_user(), catalog.plan_on_sale("coffee-monthly"))
    desk.client.cancel_in_console(subscription.orders[0].imp_uid)
    checkout.receive(desk, source=Source.CHECK, merchant_uid=subscription.orders[0].merchant_uid, imp_uid=None, now=NOW)
    before = (subscription.status, subscription.invoices[0].status)
    db.session.remove()

    downgrade(revision="0008")

    tables = ("subscriptions", "invoices")
    after = tuple(db.session.scalar(text(f"SELECT status FROM {table}")) for table in tables)
    db.session.remove()
    upgrade()
    assert before == (SubscriptionStatus.SUSPENDED, InvoiceStatus.REFUNDED)
    assert after == ("paused", "paid")


def test_a_surplus_refund_keeps_its_amount(app, desk):
    catalog.seed()
    order = place_order(desk, make_user(), catalog.plan_on_sale("global-monthly"), "paymentwall")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    db.session.remove()

    downgrade(revision="0011")
    upgrade()

    (refund,) = db.session.query(Refund)
    assert (refund.cause, refund.amount, refund.cancelled_before) == (RefundCause.SURPLUS, 100, 0)


def test_the_comparisons_of_a_filled_database_go_and_come_back_empty(app, desk):
    catalog.seed()
    order_id = subscribe(desk, make_user(), catalog.plan_on_sale("coffee-monthly"), "jtnet").orders[0].id
    desk.client.payments.clear()
    comparison.run(desk, date(2026, 1, 31), moment=lambda: NOW + timedelta(days=1))
    assert db.session.query(Difference).count() == 1
    db.session.remove()

    downgrade(revision="0014")
    upgrade()

    assert db.session.query(Comparison).count() == db.session.query(Difference).count() == 0
    assert db.session.get_one(Order, order_id).status is OrderStatus.PAID


def _korean_names() -> dict[str, str]:
    names = {plan.slug: plan.name_ko for plan in catalog.plans_on_sale() if plan.slug.startswith("coffee")}
    db.session.remove()
    return names


def test_an_attempt_that_failed_before_the_late_looks_is_looked_at_once(app, desk):
    catalog.seed()
    order = place_order(desk, make_user(), catalog.plan_on_sale("coffee-monthly"), "jtnet")
    request = checkout.request(desk, order, language="ko")
    imp_uid = desk.client.pay(request, card="declined")
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    desk.client.pay(request)
    order_id = order.id
    db.session.remove()

    downgrade(revision="0013")
    upgrade()
    reconcile(desk, now=NOW + timedelta(days=300))

    order = db.session.get_one(Order, order_id)
    assert (order.outcome, order.late_look_at) == ("paid", None)


def test_what_was_open_before_the_refunds_is_looked_at(app, desk):
    catalog.seed()
    order = place_order(desk, make_user(), catalog.plan_on_sale("coffee-monthly"))
    order_id = order.id
    db.session.remove()

    downgrade(revision="0001")
    upgrade()
    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert db.session.get_one(Order, order_id).checked_at == NOW + timedelta(minutes=3)


@pytest.fixture
def flask(config, payments) -> Callable[..., Result]:
    """A function that runs a command of `flask` as its own process would: the command itself creates the shop."""
    group = FlaskGroup(create_app=lambda: create_app(config, payments))
    return lambda *words: CliRunner().invoke(group, words)


@pytest.mark.parametrize("command", [["seed"], ["renew-due"], ["reconcile"], ["run"]], ids=" ".join)
def test_nothing_starts_on_the_tables_of_an_older_shop_and_one_sentence_says_what_to_run(app, flask, command):
    newest = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.remove()
    downgrade(revision="0023")

    result = flask(*command)

    upgrade()
    sentence = f"its database is at revision 0023, and this version needs {newest}."
    advice = "Stop web server and worker, back up, then run: flask db upgrade"
    assert (result.exit_code, result.output) == (2, f"Error: The shop cannot start: {sentence} {advice}\n")


def test_the_command_that_the_sentence_names_starts(app, flask):
    downgrade(revision="0023")

    assert flask("db", "upgrade").exit_code == 0
    assert flask("seed").exit_code == 0


def test_the_shop_does_not_start_on_the_tables_of_a_newer_one(app, config, payments):
    newest = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()

    with pytest.raises(ConfigError, match="Start the version that it belongs to"):
        create_app(config, payments)

    db.session.execute(text(f"UPDATE alembic_version SET version_num = '{newest}'"))
    db.session.commit()


def test_a_demonstration_starts_on_older_tables_because_it_migrates_them(app, config, payments):
    downgrade(revision="0023")

    assert create_app(replace(config, DEMO=True), payments)
    upgrade()
