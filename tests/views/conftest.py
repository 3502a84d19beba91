"""Fixtures for tests that visit every address of the shop."""

import pytest

import clock
from tests.conftest import signed_in
from tests.factories import make_user, place_order, subscribe


@pytest.fixture
def values(desk, user, plan):
    """What fills the variables of the addresses, so that each of them shows something."""
    order = place_order(desk, user, plan, run_id="run_1")
    subscription = subscribe(desk, user, plan, now=clock.now())
    return {
        "slug": plan.slug,
        "guide_id": "inicis",
        "run_id": "run_1",
        "merchant_uid": order.merchant_uid,
        "subscription_id": subscription.id,
        "user_id": user.id,
        "case_id": 1,
        "day": "2026-01-31",
        "version": "00000000",
        "filename": "css/main.css",
    }


@pytest.fixture
def visitors(app, user):
    """Return a new visitor of each kind for each address: some addresses sign out."""
    staff = make_user("staff@example.com", is_staff=True)
    return {
        "stranger": app.test_client,
        "shopper": lambda: signed_in(app, user),
        "staff": lambda: signed_in(app, staff),
    }
