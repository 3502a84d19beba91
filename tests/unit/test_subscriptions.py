"""What a subscription has to pay next, and whether its stored key can pay it."""

from services import subscriptions
from tests.factories import NOW, subscribe


def test_a_usable_key_can_pay_the_next_period(desk, user, plan):
    subscription = subscribe(desk, user, plan)

    period = subscriptions.chargeable_period(subscription, now=NOW)

    assert period is not None
    assert period == subscriptions.next_period(subscription, now=NOW)


def test_a_revoked_key_can_pay_nothing_although_a_period_is_to_be_paid(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    subscription.billing_key.revoke(at=NOW)

    assert subscriptions.next_period(subscription, now=NOW) is not None
    assert subscriptions.chargeable_period(subscription, now=NOW) is None


def test_after_the_end_there_is_nothing_to_charge(desk, user, plan):
    subscription = subscribe(desk, user, plan)
    subscriptions.end(subscription, reason="asked for", now=NOW)

    assert subscriptions.chargeable_period(subscription, now=NOW) is None
