"""What each REST call must contain: one request without each required field of `calls.toml`, one with it."""

from typing import Any, NamedTuple

import pytest

from sandbox.facts import calls, pgs
from sandbox.openapi.description import SERVICE
from tests.sandbox.facts.requests import CARD, COMPLETE, PARCEL, changed, channel, send
from tests.sandbox.guides import GUIDES, Follower


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


def complete(shop: Follower, case: Case) -> dict[str, Any]:
    """Return a request with every required field, after preparing what its call needs."""
    request = COMPLETE[case.entry.call](shop)
    return {**request, **CARD, **channel(shop), "customer_uid": "key-2"} if case.entry.when else request


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
