"""No browser and no proxy stores what the demonstration shows of a person."""

import pytest

from tests.url_map import addresses

FILES = {"static", "other_static", "demo.static"}


@pytest.fixture
def values(town, user):
    subscription = town.subscribe(user)
    return {
        "slug": "coffee-monthly",
        "guide_id": "inicis",
        "run_id": "run_1",
        "merchant_uid": subscription.orders[0].merchant_uid,
        "subscription_id": subscription.id,
        "user_id": user.id,
        "case_id": 1,
        "day": "2026-01-31",
        "version": "00000000",
        "filename": "css/main.css",
        "person_id": "nobody",
        "token": "unknown",
        "file": "services/checkout.py",
        "function": "receive",
    }


@pytest.mark.parametrize("kind", ["stranger", "person"])
def test_no_answer_that_depends_on_the_visitor_may_be_stored(town, user, values, kind):
    stored = []
    for endpoint, method, path in addresses(town.app, values):
        if method != "GET" or endpoint in FILES:
            continue
        answer = (town.browser_of(user) if kind == "person" else town.app.test_client()).get(path)
        is_personal = kind == "person" or "csrf" in answer.text or "Set-Cookie" in answer.headers
        if is_personal and not answer.cache_control.no_store:
            stored.append(f"{path}: {answer.status_code}")

    assert stored == []
