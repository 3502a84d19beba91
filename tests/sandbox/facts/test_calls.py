"""What each REST call must contain: one request without each required field of `calls.toml`, one with it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from sandbox.facts import calls, pgs
from sandbox.openapi.description import SERVICE
from tests.sandbox.conftest import Answer
from tests.sandbox.guides import BUYER, DAY, GUIDES, Follower

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


class Case(NamedTuple):
    """One field of an entry of `calls.toml`, and one PG; `pg` is '' for every PG."""

    entry: Any
    pg: str
    field: str

    def __str__(self) -> str:
        return f"{self.entry.call} {self.pg or 'any'} {self.field}"


CASES = [Case(entry, pg, field) for entry in calls.REQUIRED for pg in entry.pgs or ("",) for field in entry.fields]

TAKEN_FROM_THE_KEY = ("POST /subscribe/payments/schedule", "welcome", "schedules[].buyer_name")
"""Every key of this PG has a name, which replaces the missing one."""

NO_CASH = ("POST /receipts/{imp_uid}", "kicc")
"""This PG has receipts, but no payment by account in the sandbox that could have one."""

each = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture
def shop(long_lived, case) -> Follower:
    """Return a shop that follows a guide of the case's PG."""
    code = case.pg or "tosspayments"
    return Follower(long_lived, next(guide for guide in GUIDES.values() if guide.pg == code))


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


def complete(shop: Follower, case: Case) -> dict[str, Any]:
    """Return a request with every required field, after preparing what its call needs."""
    request = COMPLETE[case.entry.call](shop)
    return {**request, **CARD, **channel(shop), "customer_uid": "key-2"} if case.entry.when else request


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


def test_every_call_and_field_is_described():
    described = {o.call: {f.name.partition("[")[0] for f in (*o.query, *o.body)} for o in SERVICE}
    listed = [(entry.call, field) for entry in (*calls.REQUIRED, *calls.SUPPORTED) for field in entry.fields]

    unknown = [(call, field) for call, field in listed if field.partition(".")[0].rstrip("[]") not in described[call]]

    assert unknown == []


def test_every_entry_names_pgs_that_exist_and_says_how_certain_it_is():
    codes = {code for e in calls.REQUIRED for code in e.pgs}
    codes |= {code for e in calls.SUPPORTED for code in (*(e.by or ()), *e.unless)}

    assert codes <= set(pgs.every_code())
    assert {entry.certainty for entry in (*calls.REQUIRED, *calls.SUPPORTED)} == {"documented"}
    assert all(entry.source for entry in (*calls.REQUIRED, *calls.SUPPORTED))


@each
def test_a_call_without_what_its_pg_requires_is_refused(shop, case):
    request = complete(shop, case)
    shop.pull(strict=bool(case.entry.strict))

    answer = send(shop, case.entry.call, changed(request, case.field))

    if (case.entry.call, case.pg, case.field) == TAKEN_FROM_THE_KEY:
        assert [schedule["buyer_name"] for schedule in answer.response] == ["Gildong Hong", "Mae"]
        return
    whose = f"{pgs.profile_for(case.pg).name_ko}: " if case.pg else ""
    assert (answer.http, answer.code, answer.response) == (400, -1, None)
    assert answer.message == f"{whose}{case.field} 파라메터가 누락되었습니다."


@each
@pytest.mark.parametrize("strict", [False, True], ids=["ordinary", "strict"])
def test_a_call_with_it_is_accepted(shop, case, strict):
    request = complete(shop, case)
    for field in calls.unsupported(case.entry.call, shop.guide.pg, request):
        request = changed(request, field)
    shop.pull(strict=strict)

    answer = send(shop, case.entry.call, request)

    if (case.entry.call, case.pg) == NO_CASH:
        assert answer.message.startswith("결제완료된 현금성 거래(가상계좌, 계좌이체)가 아닙니다.")
    else:
        assert answer.code == 0, answer


@pytest.mark.parametrize("case", [case for case in CASES if case.entry.strict], ids=str)
def test_what_is_milder_is_accepted_unless_strict(shop, case):
    request = complete(shop, case)

    answer = send(shop, case.entry.call, changed(request, case.field))

    assert answer.code == 0, answer


# What a PG does not support -------------------------------------------------------------------------------

UNSUPPORTED = [(entry, field) for entry in calls.SUPPORTED for field in entry.fields]

VALUES = {
    "products": PARCEL["products"],
    "extra.requester": "customer",
    "customer_uid": "key-9",
    "pay_method": "vbank",
    **dict.fromkeys(("tax_free", "vat_amount"), 5),
    **dict.fromkeys(("interest_free_by_merchant", "use_card_point", "send_email"), True),
    "product_type": "digital",
    "cash_receipt_type": "person",
    "identifier_type": "phone",
    **CARD,
}
"""Field → a value that it may have. Other fields may have any."""


@pytest.mark.parametrize(
    ("case", "strict"),
    [
        (Case(entry, pg, field), strict)
        for entry, field in UNSUPPORTED
        for pg in [next(pg for pg in ("tosspayments", "html5_inicis", "kicc") if entry.excludes(pg))]
        for strict in (False, True)
    ],
    ids=str,
)
def test_only_a_strict_sandbox_refuses_what_a_pg_does_not_support(shop, case, strict):
    request = COMPLETE[case.entry.call](shop)
    for field in calls.unsupported(case.entry.call, case.pg, request):
        request = changed(request, field)
    shop.pull(strict=strict)

    value = VALUES.get(case.field.removeprefix("schedules[]."), "x")
    answer = send(shop, case.entry.call, changed(request, case.field, value))

    if strict:
        name = pgs.profile_for(case.pg).name_ko
        assert (answer.http, answer.message) == (400, f"{name}: {case.field} 파라메터를 지원하지 않습니다.")
    else:
        assert answer.code == 0, answer


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
