"""A payment that goes back without our request: what it does to the order, the invoice, access and the next charge."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from errors import NothingToCharge, OutOfDate
from models import JournalEntry, db
from services import checkout, open_orders, payments, renewals, reversals, subscriptions
from services.checkout import Source
from services.locks import lock
from states import CaseKind, InvoiceStatus, OrderStatus, SubscriptionStatus
from tests.factories import NOW, make_user, place_order, reconcile, renew, subscribe, try_again

LATER = NOW + timedelta(days=3)


@pytest.fixture
def subscription(desk, user, plan):
    return subscribe(desk, user, plan)


@pytest.fixture
def paid(subscription):
    """The order that pays the current period."""
    return subscription.orders[0]


@pytest.fixture
def staff(app):
    return make_user("staff@example.com", is_staff=True)


def refund_in_console(desk, order, amount=None, *, now=LATER):
    desk.client.cancel_in_console(order.imp_uid, amount)
    settle(desk, order, now=now)


def settle(desk, order, *, now=LATER, **more):
    return payments.settle(desk, merchant_uid=order.merchant_uid, now=now, **more)


def chargeback(order, *, now=LATER):
    lock(order.subscription)
    reversals.record_chargeback(order, now=now)
    db.session.commit()


def win(order, staff, *, now=LATER + timedelta(days=30)):
    lock(order.subscription)
    reversals.record_dispute_won(order, by=staff, note="The card company decided for us.", now=now)
    db.session.commit()


def cases():
    return [(case.kind, case.amount) for case in reversals.open_cases()]


def events(name):
    return db.session.query(JournalEntry).filter_by(event=name).count()


def test_a_full_refund_of_the_current_period_suspends_and_charges_nothing_more(desk, subscription, paid):
    refund_in_console(desk, paid)

    assert (paid.status, paid.refunded) == (OrderStatus.CANCELLED, 19900)
    assert paid.invoice.status is InvoiceStatus.REFUNDED
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.SUSPENDED, None)
    assert cases() == [(CaseKind.REFUNDED, 19900)]
    for days in (40, 80):
        assert renewals.due(desk, now=NOW + timedelta(days=days)) == []
        with pytest.raises(NothingToCharge):
            renew(desk, subscription, now=NOW + timedelta(days=days))


def test_a_full_refund_of_an_earlier_period_leaves_access_and_the_next_charge(desk, subscription, paid):
    renew(desk, subscription, now=subscription.paid_until)
    before = (subscription.status, subscription.paid_until, subscription.next_charge_at)

    refund_in_console(desk, paid, now=NOW + timedelta(days=40))

    assert paid.invoice.status is InvoiceStatus.REFUNDED
    assert (subscription.status, subscription.paid_until, subscription.next_charge_at) == before
    assert cases() == [(CaseKind.REFUNDED, 19900)]


def test_a_partial_refund_leaves_the_period_paid(desk, subscription, paid):
    before = (subscription.status, subscription.paid_until, subscription.next_charge_at)

    refund_in_console(desk, paid, Decimal(1000))

    assert (paid.status, paid.refunded, paid.invoice.status) == (OrderStatus.PAID, 1000, InvoiceStatus.PAID)
    assert (subscription.status, subscription.paid_until, subscription.next_charge_at) == before
    assert cases() == [(CaseKind.PARTLY_REFUNDED, 1000)]


def test_each_part_is_a_case_with_its_own_amount_and_the_last_one_suspends(desk, subscription, paid):
    for part in (Decimal(1000), Decimal(2000), None):
        refund_in_console(desk, paid, part)

    kinds = [CaseKind.PARTLY_REFUNDED, CaseKind.PARTLY_REFUNDED, CaseKind.REFUNDED]
    assert cases() == list(zip(kinds, [1000, 2000, 16900], strict=True))
    assert subscription.status is SubscriptionStatus.SUSPENDED


@pytest.mark.parametrize("source", list(Source))
def test_the_same_news_by_every_source_opens_one_case(desk, subscription, paid, source):
    desk.client.cancel_in_console(paid.imp_uid)

    for _repeat in range(3):
        checkout.receive(desk, source=source, merchant_uid=paid.merchant_uid, imp_uid=paid.imp_uid, now=LATER)

    assert cases() == [(CaseKind.REFUNDED, 19900)]
    assert (events("payment.cancelled"), events("subscription.suspended")) == (1, 1)


@pytest.mark.parametrize("amount", [None, Decimal(1000)], ids=["full", "partial"])
def test_a_record_that_was_read_before_the_refund_and_arrives_after_it_changes_nothing(desk, paid, amount):
    stale = desk.client.payment(paid.imp_uid)
    refund_in_console(desk, paid, amount)
    before = (paid.status, paid.refunded, paid.mismatch)

    settle(desk, paid, answer=stale)

    assert (paid.status, paid.refunded, paid.mismatch, len(cases())) == (*before, 1)
    assert "cancel" not in desk.client.calls


def test_a_surplus_payment_that_we_refund_is_no_case(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    first, second = (desk.client.pay(checkout.request(desk, order, language="ko")) for _ in range(2))

    for imp_uid in (first, second):
        settle(desk, order, imp_uid=imp_uid)

    assert (cases(), order.subscription.status) == ([], SubscriptionStatus.ACTIVE)


def test_the_refund_of_a_payment_that_granted_nothing_is_no_case(desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    desk.client.cancel_in_console(imp_uid)

    settle(desk, order, imp_uid=imp_uid)

    assert (order.status, order.refunded, cases()) == (OrderStatus.CANCELLED, order.amount, [])


def test_what_was_refunded_while_its_approval_was_unknown_and_only_in_part_is_a_case(desk, subscription):
    desk.client.lose_answer = True
    order = renew(desk, subscription, now=subscription.paid_until)
    desk.client.cancel_in_console(desk.client.find(order.merchant_uid).imp_uid, Decimal(1000))

    settle(desk, order, now=subscription.paid_until)

    assert (order.status, cases()) == (OrderStatus.PAID, [(CaseKind.PARTLY_REFUNDED, 1000)])


def test_the_refund_of_an_ended_subscription_is_a_case_and_suspends_nothing(desk, subscription, paid):
    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    refund_in_console(desk, paid)

    assert (subscription.status, paid.invoice.status) == (SubscriptionStatus.CANCELLED, InvoiceStatus.REFUNDED)
    assert cases() == [(CaseKind.REFUNDED, 19900)]


def test_a_suspended_subscription_that_ends_gives_no_access_to_the_refunded_period(desk, subscription, paid):
    refund_in_console(desk, paid)

    subscriptions.cancel(desk, subscription=subscription, now=LATER)

    assert subscription.paid_until == LATER


def test_a_chargeback_reverses_the_invoice_and_suspends(desk, subscription, paid):
    chargeback(paid)

    assert (paid.status, paid.invoice.status) == (OrderStatus.PAID, InvoiceStatus.REVERSED)
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.SUSPENDED, None)
    assert cases() == [(CaseKind.REVERSED, 19900)]
    with pytest.raises(OutOfDate):
        chargeback(paid)


def test_a_chargeback_after_a_partial_refund_is_of_the_rest(desk, paid):
    refund_in_console(desk, paid, Decimal(1000))

    chargeback(paid)

    assert cases() == [(CaseKind.PARTLY_REFUNDED, 1000), (CaseKind.REVERSED, 18900)]


def test_a_chargeback_that_the_record_shows_later_stays_reversed(desk, subscription, paid):
    chargeback(paid)

    refund_in_console(desk, paid)

    assert (paid.status, paid.invoice.status) == (OrderStatus.CANCELLED, InvoiceStatus.REVERSED)
    assert cases() == [(CaseKind.REVERSED, 19900)]
    assert subscription.status is SubscriptionStatus.SUSPENDED


def test_a_dispute_that_was_won_resumes_and_is_charged_when_the_period_ends(desk, subscription, paid, staff):
    paid_until, paid_at = subscription.paid_until, paid.invoice.paid_at
    chargeback(paid)

    win(paid, staff, now=LATER)

    assert (paid.invoice.status, paid.invoice.paid_at) == (InvoiceStatus.PAID, paid_at)
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.ACTIVE, paid_until)
    assert cases() == []
    with pytest.raises(OutOfDate):
        win(paid, staff)


def test_a_dispute_that_was_won_does_not_resume_what_another_refund_suspended(desk, subscription, paid, staff):
    current = renew(desk, subscription, now=subscription.paid_until)
    chargeback(paid, now=subscription.paid_until - timedelta(days=1))
    refund_in_console(desk, current, now=subscription.paid_until - timedelta(days=1))

    win(paid, staff)

    assert subscription.status is SubscriptionStatus.SUSPENDED


def test_reconcile_leaves_a_suspended_subscription_alone(desk, subscription, paid):
    refund_in_console(desk, paid)

    reconcile(desk, now=NOW + timedelta(days=60))

    assert (subscription.status, len(desk.client.charges)) == (SubscriptionStatus.SUSPENDED, 1)


def suspended_during_a_charge(desk, subscription, paid):
    """Return a charge without an answer, made before the chargeback of the earlier period."""
    desk.client.pending = True
    order = renew(desk, subscription, now=subscription.paid_until)
    desk.client.pending = False
    chargeback(paid, now=subscription.paid_until + timedelta(hours=1))
    return order


def test_a_decline_that_arrives_while_suspended_leaves_the_subscription_suspended(desk, subscription, paid):
    order = suspended_during_a_charge(desk, subscription, paid)
    desk.client.payments[-1] = replace(desk.client.payments[-1], status="failed")

    settle(desk, order, now=subscription.paid_until + timedelta(hours=2))

    assert order.status is OrderStatus.FAILED
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.SUSPENDED, None)
    assert order.invoice.status is InvoiceStatus.OPEN


def test_no_answer_while_suspended_sets_no_next_charge(desk, subscription, paid):
    order = suspended_during_a_charge(desk, subscription, paid)

    reconcile(desk, now=subscription.paid_until + timedelta(hours=2))

    assert (order.status, subscription.next_charge_at) == (OrderStatus.READY, None)


def test_an_approval_that_arrives_while_suspended_pays_its_period_and_resumes_nothing(desk, subscription, paid):
    order = suspended_during_a_charge(desk, subscription, paid)
    desk.client.decide()

    reconcile(desk, now=subscription.paid_until + timedelta(hours=2))

    assert (order.status, order.invoice.status) == (OrderStatus.PAID, InvoiceStatus.PAID)
    assert (subscription.status, subscription.next_charge_at) == (SubscriptionStatus.SUSPENDED, None)


def test_no_window_opens_for_a_suspended_subscription(desk, subscription, paid):
    refund_in_console(desk, paid)

    with pytest.raises(NothingToCharge):
        try_again(desk, subscription, now=LATER)


@pytest.mark.parametrize("is_abandoned", [False, True], ids=["declined", "abandoned"])
def test_an_approval_that_was_read_before_its_refund_grants_nothing_after_it(desk, user, dollar_plan, is_abandoned):
    order = place_order(desk, user, dollar_plan, "paymentwall")
    request = checkout.request(desk, order, language="ko")
    if is_abandoned:
        open_orders.abandon(order, now=NOW)
    else:
        settle(desk, order, imp_uid=desk.client.pay(request, card="declined"), now=NOW)
    imp_uid = desk.client.pay(request)
    stale = desk.client.payment(imp_uid)
    desk.client.cancel_in_console(imp_uid)
    settle(desk, order, imp_uid=imp_uid)

    settle(desk, order, answer=stale)

    assert (order.status, order.refunded) == (OrderStatus.CANCELLED, order.amount)
    assert order.invoice.status is not InvoiceStatus.PAID
