"""The shop with the sandbox: the sandbox accepts what each guide sends, and its ledger agrees with the shop's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import clock
from clock import day_in_seoul
from models import JournalEntry, db
from money import Money
from sandbox.wire.errors import WindowRefused
from services import catalog, checkout, comparison, refunds, reversals, subscriptions
from services.checkout import Source
from services.differences import left_of
from services.iamport import NotFound
from services.locks import lock
from services.payments import settle
from states import KeyStatus, OrderStatus, RefundEffect, SubscriptionStatus
from tests.conftest import signed_in
from tests.factories import NOW, WEBHOOK, make_user, place_order, receive, reconcile, renew, try_again

WALKS = [
    (guide, variant, slug)
    for guide, variants, slug in [
        ("inicis", [""], "coffee-monthly"),
        ("jtnet", ["2-1", "2-2"], "coffee-monthly"),
        ("chai", [""], "coffee-monthly"),
        ("paymentwall", ["", "terminal3"], "global-monthly"),
    ]
    for variant in variants
]
each_walk = pytest.mark.parametrize(("guide", "variant", "slug"), WALKS)
each_device = pytest.mark.parametrize("device", ["pc", "mobile"])


@pytest.fixture
def config(config):
    """A shop that accepts test payments, because all channels of the sandbox are test channels."""
    return replace(config, TEST_PAYMENTS=True)


@pytest.fixture
def payments(sandbox):
    return sandbox.client


class Walk:
    """One buyer's steps to a subscription."""

    def __init__(self, desk, sandbox, user, plan) -> None:
        self.desk, self.sandbox, self.user, self.plan = desk, sandbox, user, plan

    def order(self, guide, variant=""):
        return place_order(self.desk, self.user, self.plan, guide, variant_id=variant)

    def pay(self, order, *, card="approved", device="pc", **forged):
        request = checkout.request(self.desk, order, language="ko")
        return self.sandbox.pay({**request, **forged}, card=card, device=device)

    def come_back(self, order, imp_uid, *sources):
        for source in sources:
            receive(self.desk, source=source, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    def subscribe(self, guide="inicis", *, card="approved"):
        order = self.order(guide)
        self.come_back(order, self.pay(order, card=card), Source.CALLBACK, WEBHOOK)
        return order.subscription


@pytest.fixture
def walk(desk, sandbox, user, plan):
    return Walk(desk, sandbox, user, plan)


@each_walk
@each_device
def test_a_guide_leads_to_a_paid_subscription_and_a_renewal(desk, sandbox, user, guide, variant, slug, device):
    walk = Walk(desk, sandbox, user, catalog.plan_on_sale(slug))
    order = walk.order(guide, variant)

    walk.come_back(order, walk.pay(order, device=device), Source.LANDING, WEBHOOK, Source.CALLBACK)
    subscription = order.subscription
    assert (subscription.status, order.billing_key.status) == (SubscriptionStatus.ACTIVE, KeyStatus.ACTIVE)
    assert len(subscription.invoices) == 1

    renewal = renew(desk, subscription, now=subscription.paid_until)

    assert renewal.outcome == "paid"
    charged = [order for order in subscription.orders if order.outcome == "paid"]
    assert len(charged) == 2
    assert {desk.client.payment(order.imp_uid).amount for order in charged} == {subscription.plan.price.to_major()}
    assert sandbox.count_payments() == len(subscription.orders)


@each_walk
def test_a_guide_that_is_declined_at_issue_leaves_nothing(desk, sandbox, user, guide, variant, slug):
    walk = Walk(desk, sandbox, user, catalog.plan_on_sale(slug))
    order = walk.order(guide, variant)

    walk.come_back(order, walk.pay(order, card="declined"), Source.CALLBACK)

    assert order.outcome == "declined"
    assert order.fail_reason
    assert order.subscription.status is SubscriptionStatus.INCOMPLETE


@each_device
def test_a_window_that_was_closed_can_be_opened_again(desk, sandbox, walk, device):
    order = walk.order("inicis")
    imp_uid = sandbox.close(checkout.request(desk, order, language="ko"), device=device)

    walk.come_back(order, imp_uid, Source.LANDING)
    walk.come_back(order, walk.pay(order, device=device), WEBHOOK)

    assert order.outcome == "registered"


def test_another_account_at_the_same_pg_grants_nothing(walk):
    order = walk.order("inicis")

    walk.come_back(order, walk.pay(order, pg="html5_inicis.MOIother"), Source.CALLBACK)

    assert order.mismatch == "pg_id"


def test_a_shop_that_sells_takes_no_payment_of_a_test_channel(desk, walk):
    walk.desk = replace(desk, takes_test_payments=False)
    order = walk.order("inicis")

    walk.come_back(order, walk.pay(order), Source.CALLBACK, WEBHOOK)

    assert order.mismatch == "test_channel"


def test_an_ordinary_payment_where_a_key_was_to_be_issued_is_refunded(desk, walk):
    """Inicis charges an ordinary payment window, but only shows the amount in a window that issues a key."""
    order = walk.order("inicis")
    imp_uid = walk.pay(order, customer_uid=None)

    walk.come_back(order, imp_uid, Source.CALLBACK)

    assert "customer_uid" in order.mismatch
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_shop_that_begins_to_sell_charges_a_key_of_the_test_channel_once_per_step(desk, sandbox, walk):
    subscription = walk.subscribe()
    february, selling = subscription.paid_until, replace(desk, takes_test_payments=False)

    rejected = renew(selling, subscription, now=february)

    assert (rejected.mismatch, subscription.status) == ("test_channel", SubscriptionStatus.PAST_DUE)
    assert desk.client.payment(rejected.imp_uid).amount_left == 0
    assert subscription.next_charge_at == february + timedelta(days=1)


def test_a_window_under_a_declined_charge_does_not_pay_it(desk, sandbox, walk):
    subscription = walk.subscribe(card="no_money_at_renewal")
    february = subscription.paid_until
    declined = renew(desk, subscription, now=february)

    request = checkout.request(desk, subscription.orders[-1], language="ko")
    walk.come_back(declined, sandbox.pay({**request, "merchant_uid": declined.merchant_uid}), Source.CALLBACK)

    assert (declined.mismatch, subscription.paid_until) == ("customer_uid_usage", february)


def test_a_declined_renewal_is_past_due_until_another_card_pays(desk, walk):
    subscription = walk.subscribe(card="no_money_at_renewal")
    february = subscription.paid_until

    declined = renew(desk, subscription, now=february)
    assert (declined.outcome, subscription.status) == ("declined", SubscriptionStatus.PAST_DUE)

    retried = renew(desk, subscription, now=february + timedelta(days=1))
    assert retried.merchant_uid.endswith("-2")
    assert "부족" in retried.fail_reason


def test_a_lost_answer_is_never_charged_twice(desk, sandbox, walk):
    subscription = walk.subscribe()
    february = subscription.paid_until
    sandbox.control("faults", kind="error_after_charge")

    unknown = renew(desk, subscription, now=february)
    again = renew(desk, subscription, now=february + timedelta(minutes=3))

    assert again is unknown
    assert again.outcome == "paid"
    assert sandbox.count_payments() == 3


def test_a_registered_amount_keeps_a_forged_window_shut(desk, sandbox, user, walk):
    order = place_order(desk, user, catalog.plan_on_sale("global-monthly"), "paymentwall")

    with pytest.raises(WindowRefused, match="사전등록된 금액"):
        walk.pay(order, amount=0.01)

    assert order.status is OrderStatus.READY


def test_a_charge_that_stays_pending_is_asked_for_once(desk, sandbox, walk):
    subscription = walk.subscribe()
    february = subscription.paid_until
    sandbox.control("outcomes", outcome="pending", times=2, place="charge", seconds=600)

    for minutes in (0, 3):
        sandbox.wait(180)
        charge = renew(desk, subscription, now=february + timedelta(minutes=minutes))
        assert charge.outcome == "checking"
    count = sandbox.count_payments()

    sandbox.wait(600)
    renew(desk, subscription, now=february + timedelta(minutes=14))
    assert (charge.outcome, sandbox.count_payments()) == ("paid", count)


def test_a_charge_that_is_pending_for_more_than_a_day_is_declined_and_pays_when_it_is_approved(desk, sandbox, walk):
    subscription = walk.subscribe()
    february, day = subscription.paid_until, timedelta(days=1)
    sandbox.control("outcomes", outcome="pending", times=1, place="charge", seconds=100_000)

    charge = renew(desk, subscription, now=february)
    sandbox.wait(86_400)
    renew(desk, subscription, now=february + day)
    assert (charge.outcome, subscription.status) == ("declined", SubscriptionStatus.PAST_DUE)
    count = sandbox.count_payments()

    sandbox.wait(86_400)
    renew(desk, subscription, now=february + 2 * day)
    assert (charge.outcome, sandbox.count_payments()) == ("paid", count)


def test_reconcile_alone_finds_a_charge_that_is_approved_late(desk, sandbox, walk):
    subscription = walk.subscribe()
    february = subscription.paid_until
    sandbox.control("outcomes", outcome="late_approval", place="charge", seconds=3000)
    declined = renew(desk, subscription, now=february)
    assert (declined.outcome, subscription.status) == ("declined", SubscriptionStatus.PAST_DUE)

    reconcile(desk, now=february + timedelta(minutes=10))
    assert declined.outcome == "declined"
    sandbox.wait(3600)
    reconcile(desk, now=february + timedelta(hours=1))

    assert (declined.outcome, subscription.status) == ("paid", SubscriptionStatus.ACTIVE)
    assert subscription.paid_until > february


def test_reconcile_alone_refunds_the_window_that_is_approved_after_another_one_was_paid(desk, sandbox, walk):
    first = walk.order("jtnet")
    sandbox.control("outcomes", outcome="late_approval", place="window", seconds=3000)
    late = walk.pay(first)
    walk.come_back(first, late, Source.CALLBACK)
    assert first.outcome == "declined"
    second = try_again(desk, first.subscription, "jtnet")
    kept = walk.pay(second)
    walk.come_back(second, kept, Source.CALLBACK)

    sandbox.wait(3600)
    reconcile(desk, now=NOW + timedelta(hours=1))

    assert (second.outcome, first.mismatch) == ("paid", "invoice")
    assert [desk.client.payment(imp_uid).amount_left > 0 for imp_uid in (kept, late)] == [True, False]


def test_a_forged_amount_that_is_only_shown_grants_nothing(walk):
    order = walk.order("inicis")

    walk.come_back(order, walk.pay(order, amount=1), Source.CALLBACK)

    assert (order.outcome, order.mismatch) == ("mismatch", "amount")
    assert order.billing_key.status is KeyStatus.REVOKED


def test_a_forged_handle_grants_nothing_and_the_money_goes_back(desk, sandbox, user, walk):
    order = place_order(desk, user, catalog.plan_on_sale("global-monthly"), "paymentwall")

    imp_uid = walk.pay(order, customer_uid="cu_mine")
    walk.come_back(order, imp_uid, Source.CALLBACK)

    assert (order.outcome, order.mismatch) == ("mismatch", "customer_uid")
    assert desk.client.payment(imp_uid).amount_left == 0


@pytest.mark.parametrize("earlier", [False, True], ids=["asked", "asked_before"])
def test_money_that_goes_back_later_is_asked_for_until_it_is_seen_to_be_back(desk, sandbox, user, walk, earlier):
    sandbox.control("levers", cancel_pingback=3600)
    order = place_order(desk, user, catalog.plan_on_sale("global-monthly"), "paymentwall")
    imp_uid = walk.pay(order, customer_uid="cu_mine")
    if earlier:
        sandbox.client.cancel(
            imp_uid=imp_uid, amount=order.price.to_major(), checksum=order.price.to_major(), reason=""
        )
    walk.come_back(order, imp_uid, Source.CALLBACK)
    (refund,) = order.refunds

    reconcile(desk, now=NOW + timedelta(minutes=3))
    assert (refund.status.value, order.refunded) == ("decided" if earlier else "asked", 0)

    sandbox.wait(3601)
    reconcile(desk, now=NOW + timedelta(minutes=64))
    assert (refund.status.value, order.refunded) == ("made", order.amount)


def refund_by_staff(desk, order, minor, *, now=NOW):
    payment = desk.client.payment(order.imp_uid)
    lock(order.subscription)
    amount = Money(minor, order.currency)
    refund = refunds.decide_for_staff(
        desk, order, payment, amount=amount, reason="Asked by phone", effect=RefundEffect.KEEP, now=now
    )
    db.session.commit()
    refunds.request(desk, refund, payment, now=now)
    return refund


@pytest.mark.parametrize(("amount", "status"), [(None, "suspended"), (1000, "active")], ids=["full", "partial"])
def test_a_console_refund_whose_webhook_was_lost_is_found_by_settling(desk, sandbox, walk, amount, status):
    subscription = walk.subscribe()
    order = subscription.orders[0]
    sandbox.control("cancel", imp_uid=order.imp_uid, **({"amount": amount} if amount else {}))
    assert reversals.open_cases() == []  # no webhook reached the shop

    settle(desk, merchant_uid=order.merchant_uid, now=NOW)

    (case,) = reversals.open_cases()
    assert (case.amount, subscription.status.value) == (amount or order.amount, status)


def test_the_comparison_of_the_day_finds_a_console_refund_whose_webhook_was_lost(desk, sandbox, walk):
    order = walk.subscribe().orders[0]
    sandbox.control("cancel", imp_uid=order.imp_uid)
    today = datetime.fromtimestamp(sandbox.clock(), UTC)  # the sandbox has a time of its own

    next_day = NOW + timedelta(days=1)
    desk = replace(desk, time_of=lambda owner: next_day)
    comparison.run(desk, day_in_seoul(today), moment=lambda: next_day)

    (case,) = reversals.open_cases()
    assert (case.order, case.kind.value, order.subscription.status.value) == (order, "refunded", "suspended")


def test_staff_refund_a_payment_in_parts_until_nothing_is_left(desk, walk):
    order = walk.subscribe().orders[0]

    made = [refund_by_staff(desk, order, minor) for minor in (1000, order.amount - 1000)]

    assert [refund.status.value for refund in made] == ["made", "made"]
    assert (order.status, order.invoice.status.value) == (OrderStatus.CANCELLED, "refunded")
    assert (desk.client.payment(order.imp_uid).amount_left, reversals.open_cases()) == (0, [])


def test_a_part_that_goes_back_later_is_refunded_once(desk, sandbox, user):
    sandbox.control("levers", cancel_pingback=3600)
    walk = Walk(desk, sandbox, user, catalog.plan_on_sale("global-monthly"))
    order = walk.subscribe("paymentwall").orders[0]
    refund = refund_by_staff(desk, order, 500)

    reconcile(desk, now=NOW + timedelta(minutes=3))
    assert (refund.status.value, order.refunded) == ("asked", 0)

    sandbox.wait(3601)
    reconcile(desk, now=NOW + timedelta(minutes=64))
    assert (refund.status.value, order.refunded, order.status) == ("made", 500, OrderStatus.PAID)


def test_a_cancelled_subscription_leaves_no_key_behind(desk, walk):
    subscription = walk.subscribe()

    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    assert subscription.billing_key.deleted_at == NOW
    with pytest.raises(NotFound):
        desk.client.customer_key(subscription.billing_key.customer_uid)


def test_reconcile_finds_what_no_source_reported(desk, walk):
    order = walk.order("inicis")
    walk.pay(order)

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert order.outcome == "registered"


def test_the_token_of_the_service_is_in_no_page_and_no_journal(app, sandbox, user, walk):
    subscription = walk.subscribe()
    token = sandbox.client._calls._tokens._token
    shopper = signed_in(app, user)

    pages = [shopper.get(path) for path in ("/subscriptions", f"/subscriptions/{subscription.id}", "/healthz")]
    pages += [shopper.get(f"/orders/{order.merchant_uid}") for order in subscription.orders]

    assert [page.status_code for page in pages] == [200] * len(pages)
    assert [page for page in pages if token in page.text] == []
    assert token not in str([entry.facts for entry in db.session.query(JournalEntry)])


def test_a_staff_member_sees_what_the_sandbox_declined(app, walk):
    order = walk.order("inicis")
    walk.come_back(order, walk.pay(order, card="declined"), Source.CALLBACK)
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))

    assert order.fail_reason in staff.get("/admin").text


def test_a_day_is_compared_with_the_services_lists(desk, sandbox, walk):
    """A refund in the console, a payment without news and another shop's payment, as the lists report them."""
    subscription = walk.subscribe("jtnet")
    refunded, unheard = subscription.orders[0], walk.order("jtnet")
    paid = walk.pay(unheard)
    walk.pay(walk.order("jtnet"), merchant_uid="bakery-1")
    sandbox.wait(3 * 86_400)
    sandbox.control("cancel", imp_uid=refunded.imp_uid)
    day = clock.day_in_seoul(clock.from_unix(desk.client.payment(paid).paid_at))
    later = clock.bounds(day + timedelta(days=4))[1]

    first, last = (comparison.run(desk, day + timedelta(days=n), moment=lambda: later) for n in (0, 3))

    assert (unheard.outcome, refunded.outcome) == ("paid", "cancelled")
    assert {(d.kind, d.imp_uid) for d in first.differences} >= {("paid_there", paid)}
    assert (first.foreign, left_of(first), left_of(last)) == (1, [], [])
    assert last.totals == {"KRW": {"collected": 0, "refunded": refunded.amount}}
