"""The list of the official API: nothing of it is left out, and what it says of the sandbox is true."""

import ast
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.facts.calls import REQUIRED
from sandbox.openapi import fidelity
from sandbox.openapi.description import SERVICE, Field, Operation
from sandbox.openapi.samples import Examples, curl
from tests.sandbox.conftest import Api, Payer
from tests.sandbox.guides import GUIDES, Follower
from tests.sandbox.openapi import holding, official_names
from tests.sandbox.openapi.reads import recorded
from tests.sandbox.openapi.test_samples import BEFORE, Reader, samples  # noqa: F401
from tests.sandbox.shop import APPROVED

CALLS = {call.call: call for call in fidelity.calls()}
BY_SHAPE = {re.sub(r"{\w+}", "{}", call): call for call in CALLS}
COMMITTED = tomllib.loads(official_names.NAMES.read_text(encoding="utf-8"))


# Nothing is left out --------------------------------------------------------------------------------------


@pytest.fixture(params=["committed", "schema"])
def official(request) -> dict[str, Any]:
    """The names of the official API: those in the repository, and those of the schema where it is available."""
    if request.param == "committed":
        return COMMITTED
    if not official_names.SCHEMA.exists():
        pytest.skip("the official schema is not beside the checkout")
    calls, objects = official_names.names(json.loads(official_names.SCHEMA.read_text(encoding="utf-8")))
    return {"calls": calls, "objects": objects}


def test_every_official_call_and_field_is_listed(official):
    for name, one in official["calls"].items():
        call = CALLS[BY_SHAPE[re.sub(r"{\w+}", "{}", name)]]
        in_path = set(re.findall(r"{(\w+)}", name))
        given = {field for root in one["gives"] for field in inside(official["objects"], root)}

        assert set(one["takes"]) - in_path <= {field.name for field in call.takes}, name
        assert given <= {field.name for field in call.gives}, name


def inside(objects: dict[str, dict[str, str]], root: str) -> set[str]:
    names = set()
    for field, inner in objects[root].items():
        names.add(field)
        if inner:
            names |= {one if field == "list" else f"{field}.{one}" for one in inside(objects, inner)}
    return names


def test_the_names_in_the_repository_are_those_of_the_schema():
    if not official_names.SCHEMA.exists():
        pytest.skip("the official schema is not beside the checkout")
    calls, objects = official_names.names(json.loads(official_names.SCHEMA.read_text(encoding="utf-8")))

    assert {"calls": calls, "objects": objects} == COMMITTED


def test_no_field_is_listed_twice():
    for call in CALLS.values():
        for side in (call.takes, call.gives):
            names = [field.name for field in side]
            assert sorted(set(names)) == sorted(names), call.call


def test_only_what_no_official_call_has_is_less_than_documented():
    beside = {call.call for call in CALLS.values() if call.certainty == "recorded"}

    assert beside == {"POST /subscribe/payments/foreign", "GET /vbanks/holder", "GET /kakao/payment/orders"}
    assert CALLS["POST /subscribe/payments/again"].named("takes", "served", "recorded") == []
    assert CALLS["POST /vbanks"].named("takes", "served", "assumed") == ["currency"]


# The tests that it names ----------------------------------------------------------------------------------


def test_every_test_that_it_names_exists():
    named = {test for call in CALLS.values() for test in call.tests} | set(fidelity.FIELD_TESTS.values())
    functions: dict[str, set[str]] = {}
    for file in {test.partition("::")[0] for test in named}:
        tree = ast.parse((Path(official_names.ROOT) / file).read_text(encoding="utf-8"))
        functions[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert {test for test in named if test.partition("::")[2] not in functions[test.partition("::")[0]]} == set()


def test_every_served_call_names_tests_that_make_it():
    held = holding.holding()

    for call in CALLS.values():
        if call.state == "served":
            assert call.tests, call.call
            assert set(call.tests) <= set(held[call.call]), "run python -m tests.sandbox.openapi.holding"


# What it says is true -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call", [call for call in CALLS.values() if call.state == "not_served"], ids=lambda call: call.id
)
def test_what_is_not_served_is_not_found(api, call):
    method, path = re.sub(r"{\w+}", "x", call.call).split()

    answer = api.client.open(path, method=method, headers=api.headers, json={})

    assert answer.status_code in (404, 405)


@pytest.fixture(scope="module")
def reads(long_lived, samples, request) -> dict[str, set[str]]:  # noqa: F811
    """Return what each call reads when it is made with every described field and with every PG, or what it requires."""
    app = long_lived.application
    examples = Full(config=app.extensions["sandbox_config"], now=1_800_000_000)
    with recorded(app) as found:
        for operation in SERVICE:
            make(
                long_lived, {**samples, operation.call: curl(whole(operation), examples, "http://localhost")}, operation
            )
        for guide in GUIDES.values():
            live(Follower(long_lived, guide))
        for path, body in MORE:
            Api(long_lived).post(path.format(**ordered(long_lived)), **body)
    for required in REQUIRED:  # a call without one of these is refused by a rule that reads the list
        found[required.call] |= {part for field in required.fields for part in re.split(r"[.\[\]]+", field)}
    return found


CARD = {"card_number": APPROVED, "expiry": "2030-12", "birth": "900101"}
LATER = {"merchant_uid": "later-1", "schedule_at": 1_900_000_000, "amount": 1000, "name": "Coffee", "currency": "KRW"}
COURIER = {"delivery_method": "DELIVERY", "delivery_company": "CJGLS", "tracking_number": "1", "dispatched_at": 1}

MORE = [
    ("/subscribe/payments/schedule", {"customer_uid": "nobody", "schedules": [LATER], **CARD}),
    ("/payments/{imp_uid}/naver/ship", COURIER),
    ("/payments/{imp_uid}/naver/ship-exchanged", COURIER),
    ("/payments/{imp_uid}/naver/request-return", {**COURIER, "delivery_method": "RETURN_DELIVERY"}),
    ("/subscribe/payments/onetime", {**LATER, **CARD, "pg": "paymentwall", "buyer_email": "mae@example.com"}),
]
"""Requests that read what no sample has."""


@pytest.mark.parametrize("operation", SERVICE, ids=lambda operation: operation.id)
def test_a_field_is_read_unless_it_is_listed_as_ignored(reads, operation):
    in_path = {field.name for field in operation.path_fields}
    listed = [field for field in CALLS[operation.call].takes if field.name not in in_path]
    served = {field.name: leaf(field.name) for field in listed if field.state == "served"}
    ignored = {field.name: leaf(field.name) for field in listed if field.state == "ignored"}

    read = reads[operation.call]

    assert {name for name, last in served.items() if last not in read} == set()
    # The record does not say inside what a field is, so a field of the same name may be the one that is read.
    assert {name for name, last in ignored.items() if last in read and last not in served.values()} == set()


def leaf(name: str) -> str:
    return name.rpartition(".")[2]


class Full(Examples):
    """Examples of every field: one without an example is sent empty, which counts as not sent but is read."""

    def of(self, field: Field, operation: Operation | None = None) -> Any:
        value = super().of(field, operation)
        return "" if value is None else value


def whole(operation: Operation) -> Operation:
    """Return the operation with all its fields in its sample."""
    query, body = (tuple(replace(field, shown=True) for field in side) for side in (operation.query, operation.body))
    return replace(operation, query=query, body=body)


def make(client, lines: dict[str, str], operation: Operation) -> None:
    """Make the call with every described field, after the calls that it needs."""
    client.post("/control/reset")
    reader = Reader(Api(client), Payer(client), lines)
    for step in next(steps for calls, steps in BEFORE if re.fullmatch(calls, operation.call)):
        reader.do(step)
    reader.paste(operation.call)


def live(shop: Follower) -> None:
    """Go through the life of a key at one PG."""
    shop.issue()
    shop.charge()
    shop.api.send("DELETE", "/subscribe/customers/key-1")


def ordered(client) -> dict[str, str]:
    """Return the `imp_uid` of an order by Naver's order form."""
    return {"imp_uid": client.post("/control/naver/orders", json={}).json["imp_uid"]}
