"""What the sandbox requires of each call is what the official schema requires, where that schema is available."""

import re
from typing import Any

import pytest

from sandbox.facts import calls, pgs
from sandbox.openapi.description import SERVICE
from tests.sandbox.openapi.walk import Sent, sent_fields

PLAYED = set(pgs.every_code())

IMPLIED = ".formed_address"
"""A required object whose inner fields are required, too: those are listed instead."""

OPTIONAL_TO_US = ("POST /certifications/otp/confirm/{imp_uid}", "otp")
"""The schema leaves it out only for a kind of check that the sandbox does not play."""

OF_OTHERS = {
    ("POST /certifications/otp/request", "bypass"),
    ("POST /certifications/otp/request", "verification_method"),
}
"""Fields for the identity checks of another PG, which the sandbox does not play."""


@pytest.fixture
def fields(official) -> list[Sent]:
    return list(sent_fields(official))


def test_what_a_pg_requires_is_what_the_schema_requires_of_it(fields):
    theirs = {
        (sent.call, pg, sent.field)
        for sent in fields
        for pg in sent.required_by & PLAYED
        if not sent.field.endswith(IMPLIED)
    }

    assert of_pgs(from_schema=True) == theirs


def test_what_only_a_guide_requires_is_not_in_the_schema(fields):
    theirs = {(sent.call, pg, sent.field) for sent in fields for pg in sent.required_by}

    assert of_pgs(from_schema=False) & theirs == set()


def of_pgs(*, from_schema: bool) -> set[tuple[str, str, str]]:
    return {
        (entry.call, pg, field)
        for entry in calls.REQUIRED
        for pg in entry.pgs
        for field in entry.fields
        if (entry.source == "schema") is from_schema
    }


def test_what_every_pg_requires_is_always_required_or_required_when_strict(fields):
    theirs = {(sent.call, sent.field) for sent in fields if sent.required and "." not in sent.field}

    described = {sent[:2] for sent in fields} - {OPTIONAL_TO_US}
    always = {(o.call, f.name.removesuffix("[]")) for o in SERVICE for f in (*o.query, *o.body) if f.required}
    strictly = {(e.call, field) for e in calls.REQUIRED if not e.pgs for field in e.fields if "." not in field}
    assert (always | strictly) & described == theirs
    assert always & strictly == set()


def test_what_every_pg_requires_inside_a_field_is_refused_when_it_is_missing(fields):
    """The rules read these themselves, because without them there is nothing to do."""
    theirs = {(sent.call, sent.field) for sent in fields if sent.required and "." in sent.field}

    listed = {(entry.call, field) for entry in calls.REQUIRED for field in entry.fields}
    read = {"merchant_uid", "schedule_at", "amount", "company", "invoice", "sent_at"}
    assert {field.rpartition(".")[2] for pair in theirs - listed for field in pair[1:]} == read


def test_what_a_pg_supports_is_what_the_schema_says(fields):
    theirs: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for sent in fields:
        by, unless = (sent.described.get(f"x-portone-{kind}-pgs") for kind in ("supported", "unsupported"))
        if sent[:2] in OF_OTHERS:
            continue
        if by is not None:
            theirs[sent.call, sent.field] = ("by", set(by) & PLAYED)
        elif unless is not None:
            theirs[sent.call, sent.field] = ("unless", set(unless) & PLAYED)

    assert {pair: ours(entry) for entry in calls.SUPPORTED for pair in pairs(entry)} == theirs


def ours(entry: calls.Supported) -> tuple[str, set[str]]:
    return ("unless", set(entry.unless)) if entry.by is None else ("by", set(entry.by))


def pairs(entry: calls.Supported) -> list[tuple[str, Any]]:
    return [(entry.call, field) for field in entry.fields]


@pytest.mark.parametrize("definition", ["PaymentAnnotation", "CustomerAnnotation"])
@pytest.mark.parametrize("field", ["card_issuer_code", "card_publisher_code"])
def test_the_pgs_that_report_an_issuer_are_the_schemas(official, definition, field):
    theirs = set(official["definitions"][definition]["properties"][field]["x-portone-supported-pgs"])

    assert {profile.code for profile in pgs.PROFILES if profile.reports_issuer} == theirs & PLAYED


SPEAKS_OF_A_DEFAULT = re.compile(
    "기본값|default|누락|지정하지 ?않|지정되지 ?않|선언되지|생략|입력하지 ?않", re.IGNORECASE
)

NO_DEFAULT = {
    ("GET /subscribe/customers", "customer_uid"),
    ("GET /payments", "imp_uid"),
    ("GET /payments", "merchant_uid"),
    ("POST /subscribe/payments/schedule", "schedules"),
    ("POST /subscribe/payments/schedule", "schedules[].schedule_at"),
    ("POST /vbanks", "pg_api_key"),
    ("DELETE /vbanks/{imp_uid}", "pg_api_key"),
}
"""Fields whose `default` is an example, or whose description speaks of leaving out a field that is required."""


def test_every_field_with_a_default_in_the_schema_is_listed(fields):
    theirs = {sent[:2] for sent in fields if "default" in sent.described or SPEAKS_OF_A_DEFAULT.search(sent.prose)}

    listed = {(call, field) for entry in calls.DEFAULTS for call in entry.calls for field in entry.fields}
    assert listed == theirs - NO_DEFAULT


def test_a_default_that_the_schema_names_is_the_one_listed(fields):
    named = {sent[:2]: str(sent.described["default"]).lower() for sent in fields if "default" in sent.described}

    for entry in calls.DEFAULTS:
        for pair in ((call, field) for call in entry.calls for field in entry.fields):
            assert named.get(pair, str(entry.value).lower()) == str(entry.value).lower(), pair
