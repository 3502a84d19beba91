"""Billing keys: pending, active after verification, revoked in our database and then deleted at the service."""

from datetime import timedelta
from itertools import pairwise

from models import JournalEntry, db
from services import billing_keys, checkout, subscriptions
from services.checkout import Source
from services.iamport import Refused
from states import KeyStatus
from tests.factories import NOW, WEBHOOK, move_machine_clock, place_order, receive, subscribe, try_again


def change_card(desk, user, subscription, *, guide="inicis", card="approved"):
    order = try_again(desk, subscription, guide)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card=card)
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order


def test_each_attempt_gets_a_handle_of_its_own(desk, user, plan):
    first, second = place_order(desk, user, plan), place_order(desk, user, plan)

    assert first.billing_key.customer_uid != second.billing_key.customer_uid
    assert first.billing_key.status is KeyStatus.PENDING


def test_a_key_remembers_what_its_pg_will_ask_for_again(desk, user, dollar_plan):
    key = place_order(desk, user, dollar_plan, "paymentwall").billing_key

    assert (key.guide_id, key.currency) == ("paymentwall", "USD")
    assert (key.issue_email, key.issue_name, key.issue_ip) == ("jisoo@example.com", "Jisoo Kim", "203.0.113.7")


def test_an_active_key_shows_its_card_masked(desk, user, plan):
    key = subscribe(desk, user, plan).billing_key

    assert (key.status, key.card_name, key.card_number) == (KeyStatus.ACTIVE, "국민카드", "4242-42**-****-4242")


def test_only_a_webhook_confirms_a_key(desk, user, plan):
    order = place_order(desk, user, plan)
    news = {
        "merchant_uid": order.merchant_uid,
        "imp_uid": desk.client.pay(checkout.request(desk, order, language="ko")),
    }

    receive(desk, source=Source.CALLBACK, **news, now=NOW)
    assert order.billing_key.confirmed_at is None

    receive(desk, source=WEBHOOK, **news, now=NOW)
    assert order.billing_key.confirmed_at == NOW


def test_another_card_takes_over_and_the_old_key_goes(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    old = subscription.billing_key

    order = change_card(desk, user, subscription, guide="chai")

    assert order.outcome == "registered"
    assert subscription.billing_key is order.billing_key
    assert (old.status, old.deleted_at) == (KeyStatus.REVOKED, NOW)
    assert list(desk.client.keys) == [order.billing_key.customer_uid]


def test_a_card_turned_down_leaves_the_old_one_in_charge(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    old = subscription.billing_key

    order = change_card(desk, user, subscription, card="declined")

    assert order.outcome == "declined"
    assert subscription.billing_key is old
    assert old.is_usable


def test_changing_the_card_of_a_paid_period_charges_nothing(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    charges = len(desk.client.charges)

    change_card(desk, user, subscription)

    assert len(desk.client.charges) == charges


def test_a_deletion_without_an_answer_is_made_later(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.silent_call = "delete_customer_key"

    subscriptions.cancel(desk, subscription=subscription, now=NOW)
    assert (subscription.billing_key.status, subscription.billing_key.deleted_at) == (KeyStatus.REVOKED, None)

    desk.client.silent_call = ""
    later = NOW + timedelta(minutes=3)
    move_machine_clock(desk, later)
    assert billing_keys.delete_revoked(desk, now=later, user=user) == 1
    assert billing_keys.delete_revoked(desk, now=later, user=user) == 0


def test_a_deletion_that_is_refused_is_requested_with_a_growing_back_off(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.raises["delete_customer_key"] = Refused("삭제할 수 없습니다.", code=1)
    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    requested = []
    for minute in range(1, 60):
        move_machine_clock(desk, NOW + timedelta(minutes=minute))
        for key_id in billing_keys.to_delete(desk, now=NOW + timedelta(minutes=minute)):
            billing_keys.delete(desk, key_id=key_id, now=NOW + timedelta(minutes=minute))
            requested.append(minute)

    pauses = [later - earlier for earlier, later in pairwise([0, *requested])]
    assert all(full * 3 / 4 <= pause <= full for pause, full in zip(pauses[:4], (2, 4, 8, 16), strict=True))


def test_a_key_the_service_does_not_know_counts_as_deleted(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    desk.client.keys.clear()

    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    assert subscription.billing_key.deleted_at == NOW


def test_the_journal_tells_of_the_keys_end(desk, user, plan):
    subscriptions.cancel(desk, subscription=subscribe(desk, user, plan), now=NOW)

    assert [entry.lane for entry in db.session.query(JournalEntry).filter_by(event="key.revoked")] == ["pg"]
