"""What a page says of an order is true of this order and of its subscription now, in both languages.

Each row of `TABLE` is a history of a subscription, and the sentences of the page of one of its orders.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from babel.support import Translations

import clock
from models import Order, Subscription, db
from services import catalog, checkout, orders, renewals, staff, subscriptions
from services.checkout import Source
from states import InvoiceStatus
from tests.conftest import signed_in
from tests.factories import WEBHOOK, make_user, place_order, receive, subscribe, try_again
from tests.views.reading import Page, page_of

LANGUAGES = {"en": None, "ko": Translations.load("translations", ["ko"])}


def said(lang: str, sentence: str) -> str:
    """Return the sentence in a language."""
    catalog = LANGUAGES[lang]
    return catalog.gettext(sentence) if catalog else sentence


class Histories:
    """What can happen to a subscription. Each history returns the order whose page is read."""

    def __init__(self, desk, user, plan) -> None:
        self.desk, self.user, self.plan, self.now = desk, user, plan, clock.now()
        self.long_ago = clock.add_months(self.now, -1, anchor_day=clock.in_seoul(self.now).day) - timedelta(days=1)

    def come_back(self, order: Order, card: str = "approved") -> Order:
        imp_uid = self.desk.client.pay(checkout.request(self.desk, order, language="ko"), card=card)
        news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid, "now": self.now}
        return receive(self.desk, source=Source.CALLBACK, **news)

    def first(self, card: str = "approved") -> Order:
        return self.come_back(place_order(self.desk, self.user, self.plan, now=self.now), card)

    def paid_before(self, card: str = "approved") -> Subscription:
        """A subscription whose second period is due now."""
        return subscribe(self.desk, self.user, self.plan, card=card, now=self.long_ago)

    def card_change(self, subscription: Subscription, card: str = "approved") -> Order:
        return self.come_back(try_again(self.desk, subscription, now=self.now), card)

    def charge(self, subscription: Subscription) -> Order:
        return renewals.collect(
            self.desk, subscription_id=subscription.id, now=self.now, period_start=subscription.paid_until
        )

    def refund(self, order: Order) -> Order:
        self.desk.client.cancel_in_console(order.imp_uid)
        news = {"merchant_uid": order.merchant_uid, "imp_uid": order.imp_uid, "now": self.now}
        return receive(self.desk, source=WEBHOOK, **news)

    # First purchases

    def a_first_purchase(self) -> Order:
        return self.first()

    def a_first_purchase_then_cancelled(self) -> Order:
        order = self.first()
        subscriptions.cancel(self.desk, subscription=order.subscription, now=self.now)
        return order

    def a_first_payment_declined(self) -> Order:
        return self.first("no_money_later")

    def a_first_window_declined(self) -> Order:
        return self.first("declined")

    def a_first_window_closed(self) -> Order:
        order = place_order(self.desk, self.user, self.plan, now=self.now)
        news = {"merchant_uid": order.merchant_uid, "imp_uid": None, "message": "closed", "now": self.now}
        return receive(self.desk, source=Source.CALLBACK, **news)

    def a_first_window_declined_before_another_paid(self) -> Order:
        order = self.first("declined")
        self.card_change(order.subscription)
        return order

    def a_window_abandoned_before_another_paid(self) -> Order:
        dollars = catalog.plan_on_sale("global-monthly")
        order = place_order(self.desk, self.user, dollars, "paymentwall", now=self.now)
        order.mark_abandoned(at=self.now)
        db.session.commit()
        self.come_back(try_again(self.desk, order.subscription, "paymentwall", now=self.now))
        return order

    def a_first_payment_refunded(self) -> Order:
        return self.refund(orders.first_charge(self.first()))

    # Cards

    def a_card_change(self) -> Order:
        return self.card_change(self.first().subscription)

    def a_card_change_then_another(self) -> Order:
        order = self.a_card_change()
        self.card_change(order.subscription)
        return order

    def a_card_change_then_cancelled(self) -> Order:
        order = self.a_card_change()
        subscriptions.cancel(self.desk, subscription=order.subscription, now=self.now + timedelta(minutes=1))
        return order

    def a_card_change_declined(self) -> Order:
        return self.card_change(self.first().subscription, "declined")

    def a_card_change_closed(self) -> Order:
        order = try_again(self.desk, self.first().subscription, now=self.now)
        news = {"merchant_uid": order.merchant_uid, "imp_uid": None, "message": "closed", "now": self.now}
        return receive(self.desk, source=Source.CALLBACK, **news)

    def a_card_change_whose_renewal_was_declined(self) -> Order:
        return self.card_change(self.paid_before(), "no_money_later")

    # Renewals

    def a_renewal(self) -> Order:
        return self.charge(self.paid_before())

    def a_renewal_declined(self) -> Order:
        return self.charge(self.paid_before("no_money_at_renewal"))

    def a_renewal_declined_before_another_card_paid(self) -> Order:
        order = self.a_renewal_declined()
        self.card_change(order.subscription)
        return order

    def a_renewal_declined_then_cancelled(self) -> Order:
        order = self.a_renewal_declined()
        subscriptions.cancel(self.desk, subscription=order.subscription, now=self.now)
        return order

    def a_purchase_whose_renewal_was_declined(self) -> Order:
        return self.a_renewal_declined().subscription.orders[-1]

    def a_purchase_whose_renewal_is_unknown(self) -> Order:
        subscription = self.paid_before()
        self.desk.client.lose_answer = True
        self.desk.client.while_silent = lambda: None
        self.charge(subscription)
        return subscription.orders[-1]

    def an_early_charge(self) -> Order:
        return self.charge(self.first().subscription)

    def a_staff_charge(self) -> Order:
        subscription = self.paid_before()
        by = make_user("staff@example.com", is_staff=True)
        about = {"subscription": subscription, "period_start": subscription.paid_until}
        return staff.charge(self.desk, **about, reason="by phone", by=by, now=self.now)

    # Money that goes back

    def an_older_payment_while_suspended(self) -> Order:
        subscription = self.paid_before()
        first = orders.first_charge(subscription.orders[-1])
        self.refund(self.charge(subscription))
        return first

    def a_renewal_refunded(self) -> Order:
        return self.refund(self.a_renewal())

    def a_renewal_reversed(self) -> Order:
        order = self.a_renewal()
        by = make_user("staff@example.com", is_staff=True)
        staff.record_chargeback(order=order, reason="the bank wrote", by=by, now=self.now)
        return order

    def a_surplus_payment(self) -> Order:
        declined = orders.first_charge(self.first("no_money_later"))
        self.card_change(declined.subscription)
        self.desk.client.approve_late(declined.imp_uid)
        news = {"merchant_uid": declined.merchant_uid, "imp_uid": declined.imp_uid, "now": self.now}
        return receive(self.desk, source=WEBHOOK, **news)

    # Guides

    def a_guide_run(self) -> Order:
        return self.come_back(place_order(self.desk, self.user, self.plan, now=self.now, run_id="run_1"))


NEXT = "The next payment of %(price)s will be charged automatically on:"
CONTINUES = "The subscription continues. " + NEXT
ENDED = "The subscription has ended. Nothing more will be charged."
SUSPENDED = "The subscription is suspended, and nothing will be charged. Our staff decide whether it resumes."
AGAIN = "We will try again on:"
KEPT = "Your current payment method stays in use:"
NEW_NUMBER = "A new attempt gets a new order number. This one is not used again."
BEGINS = "If you pay with another payment method, your subscription begins immediately."
YOU_PAID = "You registered the payment method, and paid %(price)s with it."
SETTLED = "Nothing was charged for this order. The period has since been paid."
REFUNDED = "The whole amount of this payment was refunded."
H = Histories

TABLE: list[tuple[Callable[[Histories], Order], list[str], list[str]]] = [
    (H.a_first_purchase, ["Payment complete", YOU_PAID, NEXT], [AGAIN, ENDED]),
    (H.a_first_purchase_then_cancelled, [YOU_PAID, ENDED], [NEXT]),
    (H.a_first_payment_declined, ["Registered, but the payment was declined", AGAIN, BEGINS], [ENDED, KEPT]),
    (
        H.a_first_window_declined,
        ["The payment method was not registered", NEW_NUMBER],
        [KEPT, "The payment was declined"],
    ),
    (H.a_first_window_closed, ["The payment method was not registered", NEW_NUMBER], [KEPT, NEXT]),
    (H.a_first_window_declined_before_another_paid, [KEPT, CONTINUES], [NEW_NUMBER, REFUNDED]),
    (
        H.a_window_abandoned_before_another_paid,
        [SETTLED],
        ["This payment was refunded. Another payment pays the period."],
    ),
    (H.a_first_payment_refunded, [REFUNDED, SUSPENDED], [NEXT, ENDED]),
    (
        H.a_card_change,
        ["Nothing was charged for the registration. The next payment uses this payment method.", NEXT],
        [YOU_PAID],
    ),
    (
        H.a_card_change_then_another,
        ["Nothing was charged for the registration. The subscription uses another payment method now.", NEXT],
        ["Nothing was charged for the registration. The next payment uses this payment method."],
    ),
    (
        H.a_card_change_then_cancelled,
        ["Nothing was charged for the registration. The subscription has ended, so we do not keep the payment method."],
        [NEXT],
    ),
    (H.a_card_change_declined, ["The payment method was not registered", KEPT, CONTINUES], [NEW_NUMBER, BEGINS]),
    (H.a_card_change_closed, ["The payment method was not registered", KEPT, CONTINUES], [NEW_NUMBER, BEGINS]),
    (H.a_card_change_whose_renewal_was_declined, ["Registered, but the payment was declined", AGAIN], [BEGINS]),
    (H.a_renewal, ["Payment complete", "You paid %(price)s.", NEXT], [YOU_PAID]),
    (H.a_renewal_declined, ["The payment was declined", AGAIN], [NEW_NUMBER, BEGINS, ENDED]),
    (H.a_renewal_declined_before_another_card_paid, [SETTLED], [AGAIN, NEW_NUMBER]),
    (H.a_renewal_declined_then_cancelled, ["The payment was declined", ENDED], [AGAIN, NEW_NUMBER]),
    (
        H.a_purchase_whose_renewal_was_declined,
        [YOU_PAID, "The latest charge of this subscription was declined. We will try again on:"],
        [NEXT],
    ),
    (
        H.a_purchase_whose_renewal_is_unknown,
        ["We are checking the result of another charge of this subscription. We do not charge you twice."],
        [NEXT, AGAIN],
    ),
    (H.an_early_charge, ["You paid %(price)s.", NEXT], [ENDED]),
    (H.a_staff_charge, ["You paid %(price)s.", NEXT], [ENDED]),
    (H.an_older_payment_while_suspended, ["You paid %(price)s.", SUSPENDED], [ENDED, NEXT]),
    (H.a_renewal_refunded, [REFUNDED, SUSPENDED], [NEXT]),
    (H.a_renewal_reversed, ["The card company took the payment back", SUSPENDED], [NEXT]),
    (H.a_surplus_payment, ["Duplicate payment", "The charged amount was refunded."], [NEW_NUMBER]),
    (H.a_guide_run, [YOU_PAID, NEXT], [ENDED]),
]


@pytest.fixture
def histories(desk, user, plan) -> Histories:
    return Histories(desk, user, plan)


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(("history", "true", "false"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_the_page_of_an_order_says_what_is_true(shopper, histories, plan, history, true, false, lang):
    order = history(histories)
    price = {"en": "₩19,900", "ko": "19,900원"}[lang]

    text = outcome_of(page_of(shopper, f"/orders/{order.merchant_uid}?lang={lang}"), lang)

    assert [sentence for sentence in true if said(lang, sentence).replace("%(price)s", price) not in text] == []
    assert [sentence for sentence in false if said(lang, sentence).replace("%(price)s", price) in text] == []


def outcome_of(page: Page, lang: str) -> str:
    """Return the page's text above the journal, whose sentences are about the past."""
    return page.text.split(said(lang, "What happened"))[0]


def test_every_history_is_in_the_table():
    """So that nobody adds one without its sentences."""
    histories = {name for name in vars(Histories) if name.startswith(("a_", "an_"))}

    assert histories == {history.__name__ for history, _, _ in TABLE}


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_first_payment_is_never_called_recurring(app, shopper, histories, lang):
    subscription = histories.a_renewal().subscription
    staff_member = signed_in(app, make_user("staff@example.com", is_staff=True))
    (first,) = [order for order in subscription.orders if order.invoice is subscription.invoices[-1]]

    for page in (
        page_of(shopper, f"/subscriptions/{subscription.id}?lang={lang}"),
        page_of(staff_member, f"/admin/subscriptions/{subscription.id}?lang={lang}"),
        page_of(staff_member, f"/admin/members/{subscription.user_id}?lang={lang}"),
    ):
        assert [page.text.count(f" {said(lang, word)} ") for word in ("First payment", "Recurring payment")] == [1, 1]
    of_first = page_of(staff_member, f"/admin/orders/{first.merchant_uid}?lang={lang}").text
    assert said(lang, "First payment") in of_first
    assert f" {said(lang, 'Recurring payment')} " not in of_first


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_window_that_ended_without_a_card_is_shown_calmly(shopper, histories, lang):
    """Only the PG's prose tells a decline from a closed window, so neither is shown as an error."""
    for order in (histories.a_first_window_declined(), histories.a_first_window_closed()):
        page = page_of(shopper, f"/orders/{order.merchant_uid}?lang={lang}")

        (outcome,) = page.all("section", **{"aria-labelledby": "outcome-heading"})
        assert outcome["class"] == "outcome outcome--warning"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_suspended_subscription_offers_no_payment_for_an_earlier_decline(shopper, histories, lang):
    subscription = histories.a_renewal_declined().subscription
    assert subscription.invoices[0].status is InvoiceStatus.OPEN
    subscription.suspend()
    db.session.commit()

    pages = [
        page_of(shopper, f"{path}?lang={lang}") for path in ("/subscriptions", f"/subscriptions/{subscription.id}")
    ]

    assert [page for page in pages if said(lang, "Pay with another payment method") in page.text] == []


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_reason_of_a_decline_is_that_of_the_payment(shopper, histories, lang):
    declined = histories.a_renewal_declined()
    later = histories.card_change(declined.subscription, "declined")
    later.fail_reason = "a card that was not registered"
    db.session.commit()

    page = page_of(shopper, f"/subscriptions/{declined.subscription_id}?lang={lang}")

    notice = page.text.split(said(lang, "Payment history"))[0]
    assert "a card that was not registered" not in notice
    assert said(lang, "The last payment failed.") in notice


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_result_of_a_run_says_that_it_ended_the_previous_one(shopper, desk, histories, user, plan, lang):
    first = histories.a_guide_run()
    second = histories.come_back(place_order(desk, user, plan, now=histories.now, run_id="run_2"))

    of_first, of_second = (
        page_of(shopper, f"/guides/inicis?order={run.merchant_uid}&lang={lang}") for run in (first, second)
    )

    ended = said(lang, "This run ended the subscription of your previous run, so that tests do not pile up charges.")
    assert ended not in of_first.text
    assert ended in of_second.text
    assert of_second.all("a", href=f"/subscriptions/{first.subscription_id}")
