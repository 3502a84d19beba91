"""Every link on a member's pages leads somewhere, also after a plan or a PG has left the market."""

from dataclasses import replace

import pytest
from sqlalchemy import select

import clock
from models import Plan, db
from services import catalog, subscriptions
from tests.factories import place_order, subscribe, try_again
from tests.views.reading import page_of
from tests.views.test_orders import come_back


@pytest.fixture
def pages(desk, user, plan):
    """The pages of a running and of an ended subscription, and of their orders, of which one failed."""
    running = subscribe(desk, user, plan, now=clock.now())
    come_back(desk, try_again(desk, running, now=clock.now()), card="declined")
    ended = subscribe(desk, user, catalog.plan_on_sale("coffee-yearly"), now=clock.now())
    failed = place_order(desk, user, catalog.plan_on_sale("trial-monthly"), now=clock.now())
    come_back(desk, failed, card="declined")
    subscriptions.cancel(desk, subscription=ended, now=clock.now())
    subscriptions.cancel(desk, subscription=failed.subscription, now=clock.now())
    orders = [*running.orders, *ended.orders, failed]
    of_subscriptions = [f"/subscriptions/{one.id}{page}" for one in (running, ended) for page in ("", "/cancellation")]
    return ["/", "/subscriptions", *of_subscriptions, *(f"/orders/{one.merchant_uid}" for one in orders)]


def plans_leave(app, monkeypatch):
    for plan in db.session.scalars(select(Plan)):
        plan.is_sold = False
    db.session.commit()


def pgs_leave(app, monkeypatch):
    desk = app.extensions["desk"]
    retired = {name: replace(guide, page={**guide.page, "status": "legacy"}) for name, guide in desk.guides.items()}
    monkeypatch.setitem(app.extensions, "desk", replace(desk, guides=retired))


def nothing_leaves(app, monkeypatch):
    """The market stays as it is."""


@pytest.mark.parametrize("leave", [nothing_leaves, plans_leave, pgs_leave])
def test_no_link_leads_nowhere(app, shopper, pages, leave, monkeypatch):
    leave(app, monkeypatch)

    dead = set()
    for page in pages:
        for link in page_of(shopper, page, follow=True).all("a"):
            address = link.get("href", "").split("#")[0]
            if address.startswith("/") and shopper.get(address, follow_redirects=True).status_code >= 400:
                dead.add((page, address))

    assert dead == set()


@pytest.mark.parametrize(
    ("lang", "sentence", "promise"),
    [
        ("en", "This plan is no longer sold.", "Subscribe again"),
        ("ko", "이 상품은 더 이상 판매하지 않습니다.", "다시 구독하기"),
    ],
)
def test_a_plan_that_is_no_longer_sold_leads_to_the_others(shopper, desk, user, plan, lang, sentence, promise):
    subscription = subscribe(desk, user, plan, now=clock.now())
    plan.is_sold = False
    db.session.commit()
    question = page_of(shopper, f"/subscriptions/{subscription.id}/cancellation?lang={lang}")
    subscriptions.cancel(desk, subscription=subscription, now=clock.now())

    page = page_of(shopper, f"/subscriptions/{subscription.id}?lang={lang}")

    assert sentence in page.text
    assert promise not in page.text
    assert page.all("a", href="/")
    assert sentence.removeprefix("This").removeprefix("이 ") in question.text
