"""Complete requests: for each call that `calls.toml` names, one with every field that a PG may require."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.facts import calls, pgs
from tests.sandbox.conftest import Answer
from tests.sandbox.guides import BUYER, DAY, Follower

CARD = {"card_number": "4242-4242-4242-4242", "expiry": "2030-12", "cvc": "123", "birth": "900101"}
ACCOUNT = {"vbank_code": "004", "vbank_holder": "Maedal", "pg_api_key": "secret"}
PERSON = {"name": "김매달", "phone": "010-0000-0000", "birth": "900101", "gender_digit": "1", "carrier": "KT"}
RECEIPT = {"identifier": "010-0000-0000", "identifier_type": "phone", "type": "person", "corp_reg_no": "1234567890"}
PLACE = {
    "name": "Mae", "tel": "010-0000-0000", "addr": "1 Teheran-ro", "postcode": "06130",
    "formed_address": {"address_line_1": "1 Teheran-ro", "address_line_2": "B1"},
}  # fmt: skip
PARCEL = {
    "sender": PLACE,
    "receiver": PLACE,
    "logis": {"company": "CJGLS", "invoice": "1", "sent_at": 1},
    "products": [{"id": "1", "name": "Coffee", "amount": 1000}, {"id": "2", "name": "Tea", "amount": 1000}],
}


def channel(shop: Follower) -> dict[str, Any]:
    settings = shop.api.get("/users/pg").response
    return {"channel_key": next(one["channel_key"] for one in settings if one["pg_provider"] == shop.guide.pg)}


def money(shop: Follower) -> dict[str, Any]:
    sent = {"currency": "KRW", **shop.guide.issue, **shop.guide.again}
    return {"amount": 50, "currency": sent["currency"], "name": "Coffee"}


def order(shop: Follower) -> dict[str, Any]:
    return {"merchant_uid": "order001", **money(shop), **BUYER, "browser_ip": "192.0.2.1"}


def charged(shop: Follower) -> str:
    shop.issue()
    return shop.api.post("/subscribe/payments/again", customer_uid="key-1", **order(shop)).response["imp_uid"]


def account(shop: Follower) -> dict[str, Any]:
    due = shop.client.get(f"/control/clock?merchant_code={shop.code}").json["now"] + DAY
    return {"merchant_uid": "order001", "amount": 50, **BUYER, **ACCOUNT, "vbank_due": due, **channel(shop)}


def opened_account(shop: Follower) -> str:
    return shop.api.post("/vbanks", **account(shop)).response["imp_uid"]


def again(shop: Follower) -> dict[str, Any]:
    shop.issue()
    return {"customer_uid": "key-1", **order(shop)}


def booked(shop: Follower) -> dict[str, Any]:
    """Return schedules for a key that has, if its PG allows it, no customer who could stand in for a buyer."""
    if pgs.profile_for(shop.guide.pg).family == "card":
        needed = calls.required_by(shop.guide.pg).get("POST /subscribe/customers/{customer_uid}", ())
        shop.api.post("/subscribe/customers/key-1", pg=shop.guide.pg, **{**CARD, **dict.fromkeys(needed, "Mae")})
    else:
        shop.issue()
    entry = {**order(shop), "schedule_at": 3_000_000_000}
    entries = [entry, {**entry, "merchant_uid": "order002"}]
    return {"customer_uid": "key-1", "customer_id": "mae", "cvc": "123", "schedules": entries}


def receipt(shop: Follower) -> dict[str, Any]:
    if not pgs.profile_for(shop.guide.pg).issues_vbanks:
        return {"imp_uid": charged(shop), **RECEIPT, **BUYER}
    imp_uid = opened_account(shop)
    shop.client.post("/control/deposits", json={"imp_uid": imp_uid})
    return {"imp_uid": imp_uid, **RECEIPT, **BUYER}


def parcel(shop: Follower) -> dict[str, Any]:
    return {"imp_uid": shop.issue(escrow=True), **PARCEL}


def changed_parcel(shop: Follower) -> dict[str, Any]:
    sent = parcel(shop)
    shop.api.post(f"/escrows/logis/{sent['imp_uid']}", **PARCEL)
    return sent


def deleted(shop: Follower) -> dict[str, Any]:
    shop.issue()
    return {"customer_uid": "key-1", "reason": "changed my mind", "extra": {"requester": "customer"}}


COMPLETE: Mapping[str, Callable[[Follower], dict[str, Any]]] = {
    "POST /subscribe/payments/again": again,
    "POST /subscribe/payments/onetime": lambda shop: {**order(shop), **CARD, "pg": shop.guide.pg},
    "POST /subscribe/payments/schedule": booked,
    "POST /subscribe/customers/{customer_uid}": lambda shop: {
        "customer_uid": "key-1", **CARD, "pg": shop.guide.pg, **channel(shop),
        "customer_id": "mae", "customer_name": "Mae",
    },
    "DELETE /subscribe/customers/{customer_uid}": deleted,
    "POST /payments/cancel": lambda shop: {
        "imp_uid": charged(shop), "reason": "changed my mind", "extra": {"requester": "customer"},
    },
    "POST /vbanks": lambda shop: {"pg": shop.guide.pg, **account(shop)},
    "DELETE /vbanks/{imp_uid}": lambda shop: {"imp_uid": opened_account(shop), "pg_api_key": "secret"},
    "POST /certifications/otp/request": lambda shop: {**PERSON, **channel(shop)},
    "GET /naver/reviews": lambda shop: {"from": 1, "to": 2, "review_type": "premium", **channel(shop)},
    "POST /receipts/{imp_uid}": receipt,
    "POST /receipts/external/{merchant_uid}": lambda shop: {
        "merchant_uid": "till-1", "pg": shop.guide.pg, "name": "Coffee", "amount": 1100, "pay_method": "vbank",
        **RECEIPT, **BUYER, **channel(shop),
    },
    "POST /escrows/logis/{imp_uid}": parcel,
    "PUT /escrows/logis/{imp_uid}": changed_parcel,
}  # fmt: skip
"""Call → a function that prepares what the call needs, and returns a request with every required field."""


def send(shop: Follower, call: str, fields: dict[str, Any]) -> Answer:
    """Send the fields where the call has them: some in its path, those of GET and DELETE in the query."""
    method, path = call.split()
    sent = {name: value for name, value in fields.items() if f"{{{name}}}" not in path}
    address = path.format(**fields)
    if method in ("POST", "PUT"):
        return shop.api.send(method, address, json=sent)
    extra = {f"extra[{name}]": value for name, value in sent.pop("extra", {}).items()}
    query = {name: value for name, value in {**sent, **extra}.items() if value is not None}
    return shop.api.send(method, address, query_string=query)


def changed(fields: dict[str, Any], path: str, value: Any = None) -> dict[str, Any]:
    """Return a copy of the fields with `value` at `path`: `extra.requester`, or `schedules[].name` in the last."""
    copy = json.loads(json.dumps(fields))
    inner: Any = copy
    *outer, last = path.split(".")
    for name in outer:
        inner = inner[name.removesuffix("[]")][-1] if name.endswith("[]") else inner.setdefault(name, {})
    inner[last] = value
    return copy
