"""What the sandbox requires of each call and the values it allows are the official schema's, where it is available."""

import re
from typing import Any

import pytest

from sandbox.api.limits import IDS, TEXTS
from sandbox.facts import calls, pgs
from sandbox.openapi.description import SERVICE, Field
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


# Values -----------------------------------------------------------------------------------------------------

LIMITS = {"enum": "words", "maxLength": "longest"}
"""Keyword of the schema → the attribute of `calls.Allowed`."""

SUBSTITUTED = ("cancel", "request-return", "withhold-return")
"""Naver's calls whose `reason` the schema enumerates, but says that any other word means the first."""

NO_TEXT_OF_A_SHOP = {("POST /paymentwall/delivery", "imp_uid")}
"""An id that the service wrote."""


def test_the_values_that_the_schema_allows_are_those_of_every_merchant_or_of_a_strict_one(fields):
    theirs = {
        (sent.call, sent.field, LIMITS[keyword]): limit
        for sent in fields
        for keyword, limit in limits_of(sent).items()
        if not is_limited_for_all(sent, keyword, limit) and not is_excepted(sent)
    }

    assert {
        (call, field, name): getattr(entry, name)
        for entry in calls.ALLOWED
        for call in entry.calls
        for field in entry.fields
        for name in LIMITS.values()
        if entry.source == "schema" and getattr(entry, name)
    } == theirs


def test_the_schema_limits_values_in_no_other_way(fields):
    others = {"pattern", "format", "minLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxItems"}

    assert [sent[:2] for sent in fields if others & set(sent.described)] == []
    for sent in fields:
        bounds = tuple(int(sent.described[bound]) for bound in ("minimum", "maximum") if bound in sent.described)
        ours = described_as(sent)
        assert not bounds or (ours and (ours.min, ours.max) == bounds), sent[:2]


def limits_of(sent: Sent) -> dict[str, Any]:
    """Return the limits of a text; a number has no length, although the schema gives it one."""
    found = {}
    if "enum" in sent.described:
        found["enum"] = tuple(sent.described["enum"])
    if "maxLength" in sent.described and sent.described["type"] == "string":
        found["maxLength"] = int(sent.described["maxLength"])
    return found


def described_as(sent: Sent) -> Field | None:
    operation = next(one for one in SERVICE if one.call == sent.call)
    return next((one for one in (*operation.query, *operation.body) if one.dotted == sent.field), None)


def is_limited_for_all(sent: Sent, keyword: str, limit: Any) -> bool:
    """Whether the sandbox refuses another value to every merchant, or as `long_text` says."""
    ours = described_as(sent)
    words = tuple(ours.choices) if ours and not ours.ignored else ()
    if keyword == "enum":
        return set(words) == set(limit)
    read = ours.max if ours and not ours.ignored else None
    return bool(words) or limit in ({**TEXTS, **IDS}.get(sent.field.rpartition(".")[2]), read)


def is_excepted(sent: Sent) -> bool:
    substituted = sent.field == "reason" and sent.call.rpartition("/")[2] in SUBSTITUTED
    unsupported = all(sent.field in excluded(sent, code) for code in PLAYED)
    return substituted or unsupported or sent[:2] in OF_OTHERS | NO_TEXT_OF_A_SHOP


def excluded(sent: Sent, code: str) -> list[str]:
    return [field for e in calls.SUPPORTED if e.call == sent.call and e.excludes(code) for field in e.fields]


IN_WORDS = {
    r"10% 이하로 설정해야": ("percent", 10),
    r"KRW은 불가능합니다": ("barred", ("KRW",)),
    r"특수문자를? ?(를 )?(허용하고|포함이 불가능)": ("pattern", "[A-Za-z0-9]+"),
    r"이용 ?완료일": ("pattern", "[0-9]{8}"),
    r"생년월일6자리.*사업자등록번호10자리": ("pattern", "[0-9]{6}|[0-9]{10}"),
    r"비밀번호 앞 2자리": ("pattern", "[0-9]{2}"),
    r"카드 뒷면 3자리, AMEX의 경우 4자리": ("pattern", "[0-9]{3,4}"),
    r"real : 실물상품": ("words", ("real", "digital")),
    r"\(person, company, anonymous\)": ("words", ("person", "company", "anonymous")),
}
"""What a description says → the limit of every field that it describes."""

CHECKED_FOR_ALL = {("POST /subscribe/payments/again", "currency"), ("POST /subscribe/payments/again", "merchant_uid")}
"""What each merchant is refused at the moment of the charge, as `pgs.toml` says."""


def test_what_the_schema_forbids_in_words_is_listed(fields):
    theirs = {
        (sent.call, sent.field, *limit)
        for sent in fields
        for said, limit in IN_WORDS.items()
        if sent.field != "schedules" and "enum" not in sent.described and sent[:2] not in CHECKED_FOR_ALL
        if any(re.search(said, prose) for prose in (sent.prose, *of_pgs_in_words(sent)))
    }

    assert {
        (call, field, name, getattr(entry, name))
        for entry in calls.ALLOWED
        for call in entry.calls
        for field in entry.fields
        for name in ("percent", "barred", "pattern", "words")
        if entry.source != "schema" and getattr(entry, name)
    } == theirs


def of_pgs_in_words(sent: Sent) -> list[str]:
    per_pg = sent.described.get("x-portone-per-pg", {})
    return [re.sub(r"<[^>]+>", "", str(words)) for said in per_pg.values() for words in said.values()]
