"""Every described call, with fields that fit the description and with others: no crash, always the envelope."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.ledger.models import db
from sandbox.openapi.description import LEVERS, SERVICE, Operation
from tests.sandbox.conftest import Api

CONFORMS = [status_code_conformance, content_type_conformance, response_schema_conformance]

MEDDLES = re.compile(r"/control/(clock|reset|webhooks/(deliver|forge))")
"""Calls that wait, call other servers, or delete everything."""

EXAMPLES = 5
"""Cases of each call in each mode."""


def each(operations: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.id)


def each_in_both_ways(operations: list[Operation]) -> Any:
    """Parametrize with fields that fit the description and, except for a path, where any text fits, with others."""
    cases = [(operation, GenerationMode.POSITIVE) for operation in operations]
    cases += [(operation, GenerationMode.NEGATIVE) for operation in operations if operation.query or operation.body]
    ids = [f"{mode.value}-{operation.id}" for operation, mode in cases]
    return pytest.mark.parametrize(("operation", "mode"), cases, ids=ids)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory) -> Iterator[Flask]:
    """Start a sandbox of its own, in which the description's example ids exist."""
    place = tmp_path_factory.mktemp("fuzz")
    app = create_app(Config(DATABASE_URL=f"sqlite:///{place}/sandbox.db"), background=False)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def schema(fuzzed):
    return schemathesis.openapi.from_wsgi("/openapi.json", fuzzed)


@pytest.fixture(scope="module")
def signed_in(fuzzed) -> dict[str, str]:
    """Return the headers of a shop that has a key and two payments."""
    api = Api(fuzzed.test_client())
    api.issue("card-1")
    api.charge("order-1")
    api.charge("order-2")
    return api.headers


@each_in_both_ways(list(SERVICE))
def test_the_service_answers_as_described(schema, signed_in, operation, mode):
    def check(case: Case) -> None:
        answer = case.call(headers=signed_in)

        assert answer.status_code != 500
        assert sorted(answer.json()) == ["code", "message", "response"]
        case.validate_response(answer, checks=CONFORMS)

    fuzz(schema, operation, mode, check)


@each([operation for operation in SERVICE if not operation.open])
def test_the_service_asks_every_caller_for_a_token(schema, operation):
    def check(case: Case) -> None:
        answer = case.call(headers={"Authorization": "nobody"})

        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")

    fuzz(schema, operation, GenerationMode.POSITIVE, check, examples=1)


@each_in_both_ways([operation for operation in LEVERS if not MEDDLES.match(operation.path)])
def test_the_levers_answer_as_described(schema, operation, mode):
    def check(case: Case) -> None:
        answer = case.call()

        assert answer.status_code < 500
        case.validate_response(answer, checks=CONFORMS)

    fuzz(schema, operation, mode, check)


def fuzz(schema, operation, mode: GenerationMode, check, examples: int = EXAMPLES) -> None:
    """Run `check` on `examples` generated cases, the same in every run."""
    cases = schema[operation.path][operation.method].as_strategy(generation_mode=mode)
    quickly = settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    quickly(given(cases)(check))()
