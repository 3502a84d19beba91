"""The levers in the banner: a month later, start over, a new shopper, and an outage of the payment service."""

import re
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

import clock
from demo import clocks, people, sandbox, start_over
from models import Order, User, db
from states import SubscriptionStatus
from tests.demo.test_clock_page import text_of


@pytest.fixture(autouse=True)
def service_is_up(town):
    yield
    town.control("levers", service="up")


def rows_of(user):
    """Return the table of each row that mentions the person's orders, keys or journeys."""
    ids = [*db.session.scalars(select(Order.merchant_uid).where(Order.user_id == user.id))]
    tables = [table for table in db.metadata.sorted_tables if table.name != "users"]
    rows = [(table.name, repr(tuple(row))) for table in tables for row in db.session.execute(select(table))]
    owned = [name for name, row in rows if any(uid in row for uid in ids)]
    counts = (len(db.session.get_one(User, user.id).subscriptions), len(ids), len(owned))
    db.session.rollback()
    return counts


def live_a_little(town, user, visitor):
    """Give the person an order that is declined, a refund, a webhook and a month."""
    subscription = town.subscribe(user)
    town.travel(visitor, to="month")
    visitor.post(f"/subscriptions/{subscription.id}/cancellation", data={"confirm": "y"})
    return subscription


def test_a_month_later_everything_of_the_month_has_happened(town, user, visitor):
    subscription = town.subscribe(user)
    page = visitor.get("/subscriptions?lang=en")

    answer = town.travel(visitor, lang="en", to="month", next="/subscriptions")

    assert "One month later" in text_of(page)
    assert "The subscription was renewed." in text_of(answer)
    assert len(subscription.invoices) == 2


def test_start_over_leaves_nothing_of_the_person_and_touches_no_one_else(town, user, visitor):
    other = town.newcomer()
    subscriptions = [live_a_little(town, one, town.browser_of(one)) for one in (user, other)]
    uids = [one.orders[-1].billing_key.customer_uid for one in subscriptions]
    before, ahead = rows_of(other), clocks.ahead(other.id)
    begun = time.monotonic()

    answer = visitor.post("/demo/start-over?lang=en", follow_redirects=True)
    took = time.monotonic() - begun

    assert "You start over" in text_of(answer)
    assert (rows_of(user), clocks.ahead(user.id)) == ((0, 0, 0), timedelta(0))
    assert (rows_of(other), clocks.ahead(other.id)) == (before, ahead)
    records = {uid: town.look("clock")["customers"].get(uid) for uid in uids}
    assert records == {uids[0]: None, uids[1]: ahead.total_seconds()}
    listed = town.look("webhooks/deliveries")["deliveries"]
    assert {delivery["body"]["merchant_uid"] for delivery in listed} == {
        order.merchant_uid for order in subscriptions[1].orders if order.imp_uid
    }
    assert took < 10


def test_start_over_waits_for_a_clock_that_is_moving(town, user, visitor):
    town.subscribe(user)

    with clocks.moving(user.id):
        answer = visitor.post("/demo/start-over?lang=en", follow_redirects=True)

    assert "Your clock is on its way." in text_of(answer)
    assert len(user.subscriptions) == 1


def test_start_over_erases_nothing_where_the_sandbox_does_not_answer(town, user, visitor):
    town.subscribe(user)
    address = town.app.config["IMP_API_URL"]
    town.app.config["IMP_API_URL"] = "http://127.0.0.1:9"

    answer = visitor.post("/demo/start-over?lang=en", follow_redirects=True)
    town.app.config["IMP_API_URL"] = address

    assert "nothing was reset" in text_of(answer)
    assert len(user.subscriptions) == 1


def test_a_sample_person_starts_over_with_the_past_of_their_role(town):
    people.seed()
    declined = people.account_of("declined")
    orders = [order.merchant_uid for order in declined.subscriptions[0].orders]

    start_over.start_over(declined)
    db.session.expire_all()

    (subscription,) = declined.subscriptions
    assert subscription.status is SubscriptionStatus.PAST_DUE
    assert not {order.merchant_uid for order in subscription.orders} & set(orders)


def test_a_new_shopper_is_one_click_away_for_anyone(town, user, visitor):
    for browser in (visitor, town.app.test_client()):
        answer = browser.post("/demo/shoppers?lang=en", follow_redirects=True)

        name = re.search(r"You are (\S+) now, a new shopper", text_of(answer))[1]
        newest = db.session.scalar(select(User).order_by(User.id.desc()).limit(1))
        assert (newest.name, newest.subscriptions, newest.id != user.id) == (name, [], True)
        assert "아직 구독이 없습니다" in text_of(browser.get("/subscriptions?lang=ko"))


@pytest.mark.parametrize("state", ["refuse", "error"])
def test_an_outage_stops_charges_until_the_service_is_up_again(town, user, visitor, state):
    subscription = town.subscribe(user)

    visitor.post("/demo/service", data={"state": state, "next": "/"})
    shown = visitor.get("/demo/service?lang=en").json
    page = text_of(visitor.get("/demo/clock?lang=en"))
    town.travel(visitor, to="month")
    during = len([order for order in subscription.orders if order.outcome == "paid"])
    visitor.post("/demo/service", data={"state": "up", "next": "/"})

    line = f"Payment service: {'refuses' if state == 'refuse' else 'errors'}"
    assert shown == {"state": state, "line": line}
    assert line in page
    assert during == 1
    assert town.look("levers")["levers"]["service"] == "up"


def test_a_state_that_does_not_exist_is_refused(town, visitor):
    assert visitor.post("/demo/service", data={"state": "asleep"}).status_code == 400


def test_the_clock_shows_that_the_sandbox_does_not_answer(town, visitor, monkeypatch):
    monkeypatch.setitem(town.app.config, "IMP_API_URL", "http://127.0.0.1:9")

    page = text_of(visitor.get("/demo/clock?lang=en"))

    assert ("Payment service: unknown" in page, sandbox.service_state()) == (True, "")


@pytest.mark.parametrize("path", ["/", "/guides/inicis", "/subscriptions"])
def test_no_page_of_the_shop_waits_for_the_sandbox(visitor, monkeypatch, path):
    def asked(*_args, **_more):
        raise AssertionError("the page asks the sandbox")

    monkeypatch.setattr(sandbox, "_get", asked)

    assert visitor.get(path).status_code == 200


def test_the_console_opens_in_a_tab_of_its_own_and_leads_back(town):
    page = town.app.test_client().get("/").text

    link = re.search(r'<a [^>]*target="maedal-console"[^>]*>', page)[0]
    assert f'href="{town.sandbox}/?back={town.app.config["PUBLIC_URL"]}"' in link.replace("%3A", ":")


def test_a_visitor_cannot_move_or_reset_anything(town):
    page = town.app.test_client().get("/?lang=en")

    assert ("One month later" in page.text, "Start over" in page.text, "New shopper" in page.text) == (
        False,
        False,
        True,
    )
    assert town.app.test_client().post("/demo/start-over").status_code == 302
    assert clock.now() - clock.machine_now() < timedelta(seconds=1)
