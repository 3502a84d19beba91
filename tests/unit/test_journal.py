"""The journal: shown a page at a time, and kept for as long as a setting says."""

from datetime import timedelta

import pytest

from models import JournalEntry, db
from services import checkout, journal, reversals
from services.checkout import Source
from services.journal import ENTRIES_OF_A_PAGE
from states import RefundStatus
from tests.factories import NOW, place_order, subscribe

YEAR = timedelta(days=365)


def entries():
    return db.session.query(JournalEntry).count()


def add(order, count, *, at=NOW):
    for n in range(count):
        journal.record("webhook.received", at=at, order=order, number=n)
    db.session.commit()


def test_a_page_holds_the_newest_entries_and_leads_to_the_older_ones(desk, user, plan):
    order = place_order(desk, user, plan)
    add(order, 2 * ENTRIES_OF_A_PAGE)

    newest = journal.of_orders(order)
    older = journal.of_orders(order, before=newest.before)
    oldest = journal.of_orders(order, before=older.before)

    assert [len(page.entries) for page in (newest, older, oldest)] == [ENTRIES_OF_A_PAGE, ENTRIES_OF_A_PAGE, 1]
    assert [page.older for page in (newest, older, oldest)] == [ENTRIES_OF_A_PAGE + 1, 1, 0]
    ids = [entry.id for page in (oldest, older, newest) for entry in page.entries]
    assert ids == sorted(set(ids))
    assert (newest.is_newest, older.is_newest, oldest.before) == (True, False, None)


@pytest.mark.parametrize("before", [0, -1, -(10**30), 10**30])
def test_any_number_may_be_asked_for(desk, user, plan, before):
    order = place_order(desk, user, plan)

    assert len(journal.of_orders(order, before=before).entries) == (1 if before > 0 else 0)


def test_old_entries_go_and_young_ones_stay(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    add(subscription.orders[0], 3, at=NOW + timedelta(days=1))

    while journal.prune(now=NOW + YEAR + timedelta(hours=1), keep=YEAR, limit=4):
        continue

    assert entries() == 3


def test_an_open_order_keeps_its_entries(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    order = place_order(desk, user, plan)
    add(order, 2)

    journal.prune(now=NOW + 2 * YEAR, keep=YEAR)

    assert {entry.merchant_uid for entry in db.session.query(JournalEntry)} == {order.merchant_uid}
    assert subscription.is_alive


def test_a_final_order_keeps_its_entries_while_a_refund_or_a_case_is_open(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    desk.client.cancels_later = True
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    paid = subscribe(desk, user, dollar_plan, "paymentwall").orders[0]
    reversals.record_chargeback(paid, now=NOW)
    before = entries()

    journal.prune(now=NOW + 2 * YEAR, keep=YEAR)

    assert order.refunds[0].status is RefundStatus.ASKED
    assert entries() == before


def test_an_entry_without_an_order_goes_by_its_age(app):
    journal.record("order.created", at=NOW)
    db.session.commit()

    assert [journal.prune(now=NOW + age, keep=YEAR) for age in (YEAR, 2 * YEAR)] == [0, 1]


def test_a_text_of_an_entry_keeps_no_card_number(desk, user, plan):
    order = place_order(desk, user, plan)
    reason = "The card 4242.4242.4242.4242 was declined."

    for _again in range(2):
        journal.record_once("charge.unknown", at=NOW, order=order, reason=reason)
    db.session.commit()

    kept = [entry.facts for entry in journal.of_orders(order).entries if entry.event == "charge.unknown"]
    assert kept == [{"reason": "The card 424242******4242 was declined."}]


def test_what_a_browser_reports_keeps_no_card_number(desk, user, plan):
    order = place_order(desk, user, plan)

    window = {"source": Source.CALLBACK, "merchant_uid": order.merchant_uid, "imp_uid": None}
    checkout.receive(desk, **window, message="no 4242 4242 4242 4242", now=NOW)

    assert order.window_message == "no 424242******4242"
    assert "4242 4242" not in str([entry.facts for entry in journal.of_orders(order).entries])
