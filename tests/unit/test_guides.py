"""The guide files: each has all that a page needs, in both languages, and builds the request that it explains."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from errors import PgUnavailable
from services import guides
from services.guides import ChargeRule, Guide
from services.parameters import Parameter

FOLDER = Path(__file__).parents[2] / "guides"
GUIDES = guides.load(FOLDER)
HANGUL = re.compile("[가-힣]")

VALUES = {
    "channel": "code.MID",
    "merchant_uid": "order_1",
    "customer_uid": "key_1",
    "order_name": "Beans",
    "amount": 100,
    "currency": "USD",
    "buyer_name": "Haneul Kim",
    "buyer_email": "haneul@example.com",
    "buyer_tel": "010-1234-5678",
    "redirect_url": "https://shop.example.com/payments/landing",
    "notice_url": "https://shop.example.com/webhooks/iamport",
    "language": "en",
    "issue_email": "haneul@example.com",
    "browser_ip": "203.0.113.7",
}


@pytest.fixture(params=GUIDES)
def guide(request) -> Guide:
    return GUIDES[request.param]


def fields() -> list[Any]:
    return [
        pytest.param(parameter, id=f"{guide.id}-{table}-{parameter.name}")
        for guide in GUIDES.values()
        for table, parameters in (("request", guide.parameters), ("again", guide.again))
        for parameter in parameters
    ]


def facts(guide: Guide) -> list[Any]:
    """Return everything on a guide's page that states a fact, as mappings with `cite`."""
    page = guide.page
    told = [page[name] for name in ("service", "live", "console", "credentials", "token", "key_storage")]
    told += [page[name] for name in ("pg_optional", "pg_several")]
    told += [part for chapter in page["chapters"] for part in chapter["parts"]]
    told += [term for part in told for term in part.get("terms", ())]
    told += [page[name] for name in ("what", "market", "charge", "first_payment", "pc", "mobile")]
    told += (
        [fact for step in page["steps"] for fact in (step, *step.get("points", ()))]
        + page["forms"]
        + page.get("seen", [])
    )
    parameters = (*guide.parameters, *guide.again)
    readings = [reading for parameter in parameters for reading in parameter.readings]
    return [*told, *guide.pitfalls, *readings, *({"cite": parameter.cite} for parameter in parameters)]


def texts(value: Any, where: str = "page") -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every bilingual sentence inside a value, with its path."""
    if isinstance(value, dict) and {"ko", "en"} & set(value):
        yield where, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{where}[{number}]")


def test_guides_come_in_the_order_of_their_position():
    assert list(GUIDES) == ["inicis", "jtnet", "chai", "paymentwall"]


@pytest.mark.parametrize(
    ("guide_id", "pg", "rule", "pc", "currencies", "again_fields", "waits"),
    [
        ("inicis", "html5_inicis.INIBillTst", ChargeRule.NEVER, "callback", ("KRW",), ("name",), False),
        ("jtnet", "jtnet.tpaytest2m", ChargeRule.IF_POSITIVE, "callback", ("KRW",), ("name",), False),
        ("chai", "chai", ChargeRule.NEVER, "redirect", ("KRW",), ("name",), False),
        (
            "paymentwall",
            "paymentwall",
            ChargeRule.ALWAYS,
            "callback",
            ("USD",),
            ("name", "currency", "buyer_email", "buyer_name", "browser_ip"),
            True,
        ),
    ],
)
def test_each_pg_keeps_its_own_rules(guide_id, pg, rule, pc, currencies, again_fields, waits):
    guide = GUIDES[guide_id]

    assert (guide.pg, guide.charges_at_issue, guide.currencies) == (pg, rule, currencies)
    assert guide.result == {"pc": pc, "mobile": "redirect"}
    assert (guide.again_fields, guide.waits_for_webhook) == (again_fields, waits)


@pytest.mark.parametrize(
    ("guide_id", "amount", "charges"),
    [("inicis", 100, False), ("chai", 100, False), ("jtnet", 0, False), ("jtnet", 1, True), ("paymentwall", 1, True)],
)
def test_an_issue_charges_as_the_rule_says(guide_id, amount, charges):
    assert GUIDES[guide_id].charges(amount) is charges


@pytest.mark.parametrize(("guide_id", "without_charge"), [("inicis", True), ("jtnet", True), ("paymentwall", False)])
def test_only_a_pg_that_always_charges_has_no_key_without_a_payment(guide_id, without_charge):
    assert GUIDES[guide_id].can_issue_without_charge is without_charge


def test_the_shop_uses_the_first_variant():
    assert GUIDES["jtnet"].variant().id == "2-2"
    assert GUIDES["jtnet"].variant("2-1").amount == "zero"


def test_an_unknown_variant_is_refused(guide):
    with pytest.raises(PgUnavailable):
        guide.variant("no-such-variant")


def test_the_request_is_made_from_the_table_of_parameters(guide):
    request = guide.request_for(VALUES, guide.variant())

    assert list(request) == [parameter.name for parameter in guide.parameters if parameter.is_sent]


def test_the_terminal3_variant_adds_one_nested_field_and_nothing_else():
    guide = GUIDES["paymentwall"]

    plain, terminal3 = (guide.request_for(VALUES, guide.variant(variant)) for variant in ("default", "terminal3"))

    assert terminal3 == plain | {"bypass": {"widget_code": "t3_1"}}


def test_the_charge_is_made_from_the_table_of_again(guide):
    body = guide.again_for(VALUES)

    assert set(body) == {*guides.EVERY_CHARGE, *guide.again_fields, "notice_url"}


@pytest.mark.parametrize("parameter", fields())
def test_every_field_is_explained_in_both_languages(parameter: Parameter):
    sentences = [parameter.meaning, *(text for text in (parameter.when, parameter.hint) if text)]

    assert parameter.type
    assert parameter.required in ("always", "mobile", "optional")
    for sentence in sentences:
        assert HANGUL.search(sentence["ko"])
        assert sentence["en"]
        assert not HANGUL.search(sentence["en"])


@pytest.mark.parametrize("parameter", [case for case in fields() if case.values[0].readings])
def test_contradicting_documents_are_shown_side_by_side_with_one_adopted(parameter: Parameter):
    adopted = [bool(reading.get("adopted")) for reading in parameter.readings]

    assert adopted == [True] + [False] * (len(adopted) - 1)
    assert len(adopted) > 1
    for reading in parameter.readings:
        assert all(reading[part][language] for part in ("where", "says") for language in ("ko", "en"))


def test_every_sentence_of_a_page_is_there_in_both_languages(guide):
    sentences = dict(texts(dict(guide.page)))

    assert {"page.what", "page.market", "page.charge", "page.first_payment", "page.pc", "page.mobile"} <= set(sentences)
    assert len(guide.page["steps"]) == 3
    for sentence in sentences.values():
        assert HANGUL.search(sentence["ko"])
        assert sentence["en"]
        assert not HANGUL.search(sentence["en"])


def test_every_fact_cites_links_that_the_guide_has(guide):
    cited = [link_id for fact in facts(guide) for link_id in fact["cite"]]

    assert all(fact["cite"] for fact in facts(guide))
    assert set(cited) <= set(guide.links)
    assert {"document_ko", "document_en", "set_up", "sdk", "schema"} <= set(cited)


def test_a_link_leads_to_a_page_of_the_service_or_of_its_manual(guide):
    for link in guide.links.values():
        assert link.url.startswith("https://")
        assert link.name["ko"]
        assert link.name["en"]
    assert guide.links["old_set_up"].history


@pytest.mark.parametrize("missing", ["name", "pg", "charges_at_issue", "variants"])
def test_a_broken_file_stops_the_start_and_names_itself(tmp_path, missing):
    text = (FOLDER / "chai.toml").read_text(encoding="utf-8")
    (tmp_path / "common").mkdir()
    for common in (FOLDER / "common").glob("*.toml"):
        (tmp_path / "common" / common.name).write_bytes(common.read_bytes())
    (tmp_path / "chai.toml").write_text(text.replace(missing, f"not_{missing}"), encoding="utf-8")

    with pytest.raises(ValueError, match=r"chai\.toml is not a guide"):
        guides.load(tmp_path)


@pytest.mark.parametrize(
    ("guide_id", "pair", "fields"),
    [("jtnet", ("2-2", "2-1"), ["amount"]), ("paymentwall", ("default", "terminal3"), ["bypass.widget_code"])],
)
def test_a_variant_knows_the_fields_that_make_it_another_request(guide_id, pair, fields):
    one, other = (GUIDES[guide_id].variant(variant_id) for variant_id in pair)

    assert one.differs_from(other) == other.differs_from(one) == fields
    assert one.differs_from(one) == sorted(one.set)
