"""The shop itself over the sandbox: what its guides ask for is what the sandbox takes, and the ledger agrees."""

from datetime import timedelta

import pytest

from app import create_app
from models import JournalEntry, KeyStatus, OrderStatus, SubscriptionStatus, db
from sandbox.errors import WindowRefused
from services import catalog, checkout, renewals, subscriptions
from services.iamport import NotFound
from tests.conftest import signed_in
from tests.factories import NOW, make_user, place_order, reconcile

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
def app(config, sandbox):
    app = create_app(config, sandbox.client)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        db.create_all()
        catalog.seed()
        yield app
        db.session.remove()
        db.engine.dispose()


class Walk:
    """One person's way to a subscription."""

    def __init__(self, desk, sandbox, user, plan) -> None:
        self.desk, self.sandbox, self.user, self.plan = desk, sandbox, user, plan

    def order(self, guide, variant=""):
        return place_order(self.desk, self.user, self.plan, guide, variant_id=variant)

    def pay(self, order, *, card="approved", device="pc", **forged):
        request = checkout.request(self.desk, order, language="ko")
        return self.sandbox.pay({**request, **forged}, card=card, device=device)

    def come_back(self, order, imp_uid, *roads):
        for road in roads:
            checkout.receive(self.desk, road=road, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    def subscribe(self, guide="inicis", *, card="approved"):
        order = self.order(guide)
        self.come_back(order, self.pay(order, card=card), "callback", "webhook")
        return order.subscription


@pytest.fixture
def walk(desk, sandbox, user, plan):
    return Walk(desk, sandbox, user, plan)


@each_walk
@each_device
def test_a_guide_leads_to_a_paid_subscription_and_a_renewal(desk, sandbox, user, guide, variant, slug, device):
    walk = Walk(desk, sandbox, user, catalog.plan_on_sale(slug))
    order = walk.order(guide, variant)

    walk.come_back(order, walk.pay(order, device=device), "landing", "webhook", "callback")
    subscription = order.subscription
    assert (subscription.status, order.billing_key.status) == (SubscriptionStatus.ACTIVE, KeyStatus.ACTIVE)
    assert len(subscription.invoices) == 1

    renewal = renewals.collect(desk, subscription_id=subscription.id, now=subscription.paid_until)

    assert renewal.outcome == "paid"
    charged = [order for order in subscription.orders if order.outcome == "paid"]
    assert len(charged) == 2
    assert {desk.client.payment(order.imp_uid).amount for order in charged} == {subscription.plan.price.to_major()}
    assert sandbox.count_payments() == len(subscription.orders)


@each_walk
def test_a_guide_that_is_declined_at_issue_leaves_nothing(desk, sandbox, user, guide, variant, slug):
    walk = Walk(desk, sandbox, user, catalog.plan_on_sale(slug))
    order = walk.order(guide, variant)

    walk.come_back(order, walk.pay(order, card="declined"), "callback")

    assert order.outcome == "declined"
    assert order.fail_reason
    assert order.subscription.status is SubscriptionStatus.INCOMPLETE


@each_device
def test_a_window_that_was_closed_can_be_opened_again(desk, sandbox, walk, device):
    order = walk.order("inicis")
    imp_uid = sandbox.close(checkout.request(desk, order, language="ko"), device=device)

    walk.come_back(order, imp_uid, "landing")
    walk.come_back(order, walk.pay(order, device=device), "webhook")

    assert order.outcome == "registered"


def test_a_declined_renewal_is_past_due_until_another_card_pays(desk, walk):
    subscription = walk.subscribe(card="no_money_at_renewal")
    february = subscription.paid_until

    declined = renewals.collect(desk, subscription_id=subscription.id, now=february)
    assert (declined.outcome, subscription.status) == ("declined", SubscriptionStatus.PAST_DUE)

    retried = renewals.collect(desk, subscription_id=subscription.id, now=february + timedelta(days=1))
    assert retried.merchant_uid.endswith("-2")
    assert "부족" in retried.fail_reason


def test_a_lost_answer_is_never_charged_twice(desk, sandbox, walk):
    subscription = walk.subscribe()
    february = subscription.paid_until
    sandbox.control("faults", kind="error_after_charge")

    unknown = renewals.collect(desk, subscription_id=subscription.id, now=february)
    again = renewals.collect(desk, subscription_id=subscription.id, now=february + timedelta(minutes=3))

    assert again is unknown
    assert again.outcome == "paid"
    assert sandbox.count_payments() == 3


def test_a_registered_amount_keeps_a_forged_window_shut(desk, sandbox, user, walk):
    order = place_order(desk, user, catalog.plan_on_sale("global-monthly"), "paymentwall")

    with pytest.raises(WindowRefused, match="사전등록된 금액"):
        walk.pay(order, amount=0.01)

    assert order.status is OrderStatus.READY


def test_a_forged_amount_that_is_only_shown_grants_nothing(walk):
    order = walk.order("inicis")

    walk.come_back(order, walk.pay(order, amount=1), "callback")

    assert (order.outcome, order.mismatch) == ("mismatch", "amount")
    assert order.billing_key.status is KeyStatus.REVOKED


def test_a_forged_handle_grants_nothing_and_the_money_goes_back(desk, sandbox, user, walk):
    order = place_order(desk, user, catalog.plan_on_sale("global-monthly"), "paymentwall")

    imp_uid = walk.pay(order, customer_uid="cu_mine")
    walk.come_back(order, imp_uid, "callback")

    assert (order.outcome, order.mismatch) == ("mismatch", "customer_uid")
    assert desk.client.payment(imp_uid).amount_left == 0


def test_a_cancelled_subscription_leaves_no_key_behind(desk, walk):
    subscription = walk.subscribe()

    subscriptions.cancel(desk, subscription=subscription, now=NOW)

    assert subscription.billing_key.deleted_at == NOW
    with pytest.raises(NotFound):
        desk.client.customer_key(subscription.billing_key.customer_uid)


def test_reconcile_finds_what_no_road_told(desk, walk):
    order = walk.order("inicis")
    walk.pay(order)

    reconcile(desk, now=NOW + timedelta(minutes=3))

    assert order.outcome == "registered"


def test_the_token_of_the_service_is_in_no_page_and_no_journal(app, sandbox, user, walk):
    subscription = walk.subscribe()
    token = sandbox.client._access_token()
    shopper = signed_in(app, user)

    pages = [shopper.get(path) for path in ("/subscriptions", f"/subscriptions/{subscription.id}", "/healthz")]
    pages += [shopper.get(f"/orders/{order.merchant_uid}") for order in subscription.orders]

    assert [page.status_code for page in pages] == [200] * len(pages)
    assert [page for page in pages if token in page.text] == []
    assert token not in str([entry.facts for entry in db.session.query(JournalEntry)])


def test_a_staff_member_sees_what_the_sandbox_declined(app, walk):
    order = walk.order("inicis")
    walk.come_back(order, walk.pay(order, card="declined"), "callback")
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))

    assert order.fail_reason in staff.get("/admin").text
