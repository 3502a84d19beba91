"""To leave a field out equals to send its documented default: each of `calls.toml`, with and without it."""

from typing import Any

import pytest

from sandbox.facts import calls
from tests.sandbox.conftest import Answer
from tests.sandbox.facts.requests import COMPLETE, changed, charged, send
from tests.sandbox.guides import GUIDES, Follower

MADE_UP = {
    *("imp_uid", "pg_tid", "apply_num", "receipt_tid", "channel_key", "product_order_id", "vbank_num"),
    *("cancellation_id", "customer_id"),
}
"""Fields of answers that differ between two equal requests."""

LISTS = {
    "GET /payments/findAll/{merchant_uid}/{status}": {"merchant_uid": "order001", "status": "paid"},
    "GET /payments/find/{merchant_uid}/{status}": {"merchant_uid": "order001", "status": "paid"},
    "GET /payments/status/{status}": {"status": "all"},
    "GET /subscribe/payments/schedule": {"schedule_from": 3_000_000_000 - 60, "schedule_to": 3_000_000_000 + 60},
    "GET /subscribe/payments/schedule/customers/{customer_uid}": {"from": 1, "to": 2},
    "GET /subscribe/customers/{customer_uid}/schedules": {"from": 1, "to": 2},
    "GET /subscribe/customers/{customer_uid}/payments": {},
    "GET /payments/{imp_uid}": {},
}
"""Calls that only read → what they need besides `customer_uid` and `imp_uid`."""

CASES = [
    (call, field, entry.value)
    for entry in calls.DEFAULTS
    if not entry.means
    for call in entry.calls
    for field in entry.fields
]


@pytest.mark.parametrize(("call", "field", "value"), CASES, ids=lambda value: str(value))
def test_a_field_left_out_means_its_default(long_lived, call, field, value):
    without = answer_to(long_lived, call, field, None)
    with_it = answer_to(long_lived, call, field, value)

    assert without.code == 0, without
    assert steady(without) == steady(with_it)


def answer_to(client, call: str, field: str, value: Any) -> Answer:
    """Return what a new shop is answered to the call with this value; None leaves the field out."""
    shop = Follower(client, GUIDES["naverpay" if call.endswith("/naver/confirm") else "tosspayments"])
    return send(shop, call, changed(request(shop, call), field, value))


def request(shop: Follower, call: str) -> dict[str, Any]:
    if call in LISTS:
        return {"imp_uid": charged(shop), "customer_uid": "key-1", **LISTS[call]}
    if call.endswith("/naver/confirm"):
        return {"imp_uid": charged(shop)}
    if "/naver/" in call:
        shop.pull(naver_any_step=True)
        ordered = shop.client.post("/control/naver/orders", json={"merchant_code": shop.code}).json
        return {"imp_uid": ordered["imp_uid"], "delivery_method": "RETURN_INDIVIDUAL", "memo": "wait"}
    return COMPLETE[call](shop)


def steady(value: Any) -> Any:
    """Return the answer without what the sandbox makes up."""
    if isinstance(value, dict):
        return {name: None if name in MADE_UP else steady(inner) for name, inner in value.items()}
    return [steady(one) for one in value] if isinstance(value, list | tuple) else value
