"""Values that only the official schema forbids: one request with each, refused to a *strict* merchant alone."""

from typing import Any, NamedTuple

import pytest

from sandbox.facts import calls, pgs
from sandbox.openapi.description import SERVICE
from tests.sandbox.facts.requests import COMPLETE, changed, charged, send
from tests.sandbox.guides import GUIDES, Follower
from tests.sandbox.openapi.parcels import DELIVERY

SUPPORTERS = {
    "product_type": "paypal_v2",
    "cash_receipt_type": "tosspay_v2",
    "naverUseCfm": "naverpay",
    "cvc": "paymentwall",
    "business_registration_number": "nice_v2",
    "reason": "paymentwall",
    "details": "paymentwall",
}
"""Field → a PG that supports it, or the call that has it. Others are sent to Toss Payments."""

MATCHES = {
    "[A-Za-z0-9]+": "order002",
    "[0-9]{8}": "20301231",
    "[0-9]{6}|[0-9]{10}": "1234567890",
    "[0-9]{2}": "12",
    "[0-9]{3,4}": "1234",
}
"""Pattern → a text that it allows."""


class Case(NamedTuple):
    """One field of an entry of `calls.toml`, in one of its calls, at one PG."""

    entry: calls.Allowed
    call: str
    pg: str
    field: str

    def __str__(self) -> str:
        return f"{self.call} {self.pg} {self.field}"


CASES = [
    Case(entry, call, pg, field)
    for entry in calls.ALLOWED
    for call in entry.calls
    for field in entry.fields
    for pg in entry.pgs or (SUPPORTERS.get(field.rpartition(".")[2], "tosspayments"),)
]

each = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture
def shop(long_lived, case) -> Follower:
    """Return a shop that follows a guide of the case's PG."""
    return Follower(long_lived, next(guide for guide in GUIDES.values() if guide.pg == case.pg))


def complete(shop: Follower, case: Case) -> dict[str, Any]:
    """Return a request that a strict merchant may send, after preparing what its call needs."""
    if case.call == "POST /paymentwall/delivery":
        return {"imp_uid": charged(shop), "merchant_uid": "order001", **DELIVERY}
    if "/naver/" in case.call:
        shop.pull(naver_any_step=True)
        return ordered(shop, "RETURN_DESIGNATED" if case.call.endswith("return") else "NOTHING")
    request = COMPLETE[case.call](shop)
    for field in calls.unsupported(case.call, case.pg, request):
        request = changed(request, field)
    return request


def ordered(shop: Follower, method: str) -> dict[str, Any]:
    order = shop.client.post("/control/naver/orders", json={"merchant_code": shop.code}).json
    return {"imp_uid": order["imp_uid"], "delivery_method": method, "dispatched_at": 1_800_000_000}


def forbidden(entry: calls.Allowed) -> tuple[Any, str]:
    """Return a value outside the entry for an amount of 50, and the words of the refusal that say what is allowed."""
    if entry.words:
        return "OTHER", f"파라메터는 {', '.join(entry.words)} 중 하나여야 합니다."
    if entry.barred:
        return entry.barred[0], f"파라메터에 {entry.barred[0]}은(는) 사용할 수 없습니다."
    if entry.longest:
        return "9" * (entry.longest + 1), f"파라메터는 {entry.longest}자를 넘을 수 없습니다."
    if entry.percent:
        return 50 * entry.percent // 100 + 1, f"파라메터는 amount의 {entry.percent}%를 넘을 수 없습니다."
    return f"{MATCHES[entry.pattern]}_1", f"형식이 올바르지 않습니다. ({entry.pattern})"


def allowed(entry: calls.Allowed) -> Any:
    """Return a value at the edge of what the entry allows for an amount of 50."""
    if entry.words:
        return entry.words[-1]
    if entry.longest:
        return "9" * entry.longest
    if entry.percent:
        return 50 * entry.percent // 100
    return "USD" if entry.barred else MATCHES[entry.pattern]


@each
def test_a_strict_sandbox_refuses_what_the_schema_forbids_and_says_what_it_allows(shop, case):
    value, said = forbidden(case.entry)
    request = changed(complete(shop, case), case.field, value)
    shop.pull(strict=True)

    answer = send(shop, case.call, request)

    whose = f"{pgs.profile_for(case.pg).name_ko}: " if case.entry.pgs else ""
    assert (answer.http, answer.code, answer.response) == (400, -1, None)
    assert answer.message == f"{whose}{case.field} {said}"


@each
def test_another_sandbox_accepts_it(shop, case):
    request = complete(shop, case)

    answer = send(shop, case.call, changed(request, case.field, forbidden(case.entry)[0]))

    assert answer.code == 0, answer


@each
def test_a_strict_sandbox_accepts_what_the_schema_allows(shop, case):
    request = changed(complete(shop, case), case.field, allowed(case.entry))
    shop.pull(strict=True)

    answer = send(shop, case.call, request)

    assert answer.code == 0, answer


def test_every_entry_names_calls_fields_and_pgs_that_exist():
    described = {o.call: {f.name.partition("[")[0] for f in (*o.query, *o.body)} for o in SERVICE}
    listed = [(call, field) for entry in calls.ALLOWED for call in entry.calls for field in entry.fields]

    unknown = [(call, field) for call, field in listed if field.partition(".")[0].rstrip("[]") not in described[call]]

    assert unknown == []
    assert {code for entry in calls.ALLOWED for code in entry.pgs} <= set(pgs.every_code())


@pytest.mark.parametrize("how", ["cut", "keep"])
@pytest.mark.parametrize("case", [Case(calls.ALLOWED[0], "POST /subscribe/payments/again", "tosspayments", "name")])
def test_a_strict_sandbox_refuses_a_long_text_whatever_long_text_says(shop, case, how):
    request = complete(shop, case)
    shop.pull(strict=True, long_text=how)

    answer = send(shop, case.call, {**request, "name": "x" * 41})

    assert (answer.http, answer.message) == (400, "name 파라메터는 40자를 넘을 수 없습니다.")
