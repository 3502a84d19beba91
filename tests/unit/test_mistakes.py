"""The deliberate mistakes and the presets of the guides: complete, and applicable wherever a guide offers them."""

import re
from typing import Any

import pytest

from services.mistakes import Effect, Mistake, at_guide
from tests.unit.test_guides import GUIDES, HANGUL, VALUES

MISTAKES = [
    pytest.param(guide.id, variant.id, mistake, id=f"{guide.id}-{variant.id}-{mistake.id}")
    for guide in GUIDES.values()
    for variant in guide.variants
    for mistake in guide.mistakes[variant.id]
]
PRESETS = [pytest.param(guide, preset, id=preset.id) for guide in GUIDES.values() for preset in guide.presets]
ENTRY: dict[str, Any] = {"id": "a", "name": {}, "effect": "set", "field": "amount", "value": 1, "expect": {}}


def sent_by(guide_id: str, variant_id: str) -> dict[str, Any]:
    guide = GUIDES[guide_id]
    return guide.request_for(VALUES | {"amount": 1004}, guide.variant(variant_id))


@pytest.mark.parametrize(("guide_id", "variant_id", "mistake"), MISTAKES)
def test_a_mistake_changes_a_field_that_is_sent(guide_id, variant_id, mistake: Mistake):
    request = sent_by(guide_id, variant_id)

    assert (mistake.field == "") is (mistake.effect is Effect.NO_INIT)
    assert not mistake.field or mistake.field in request
    assert mistake.effect is not Effect.SET or mistake.value not in (None, request[mistake.field])
    assert mistake.effect is not Effect.TEXT or not isinstance(request[mistake.field], str)


@pytest.mark.parametrize(("guide_id", "variant_id", "mistake"), MISTAKES)
def test_a_mistake_says_in_both_languages_what_to_expect(guide_id, variant_id, mistake: Mistake):
    for text in (mistake.name, mistake.expect, mistake.needs or mistake.expect):
        assert set(text) == {"ko", "en"}
        assert not HANGUL.search(text["en"])
    assert HANGUL.search(mistake.expect["ko"])
    codes = [re.findall(r"F\d{4}", mistake.expect[language]) for language in ("ko", "en")]
    assert codes[0] == codes[1]


@pytest.mark.parametrize("guide_id", GUIDES)
def test_every_variant_offers_the_five_mistakes(guide_id):
    offered = {tuple(mistake.id for mistake in mistakes) for mistakes in GUIDES[guide_id].mistakes.values()}

    assert offered == {
        ("amount-as-text", "another-amount", "no-buyer-email", "reused-merchant-uid", "init-forgotten"),
    }


@pytest.mark.parametrize(("guide", "preset"), PRESETS)
def test_a_preset_sets_fields_of_its_guide(guide, preset):
    assert set(preset.set) <= {parameter.name for parameter in guide.parameters}
    assert all(set(text) == {"ko", "en"} for text in (preset.name, preset.note))


def test_a_guide_or_one_of_its_variants_can_differ():
    entry = {**ENTRY, "at": {"jtnet": {"value": 2}, "jtnet/2-1": {"value": 3}}}

    values = [at_guide([entry], *place)[0].value for place in (("chai", ""), ("jtnet", "2-2"), ("jtnet", "2-1"))]

    assert values == [1, 2, 3]


@pytest.mark.parametrize("broken", [{"effect": "explode"}, {"colour": "red"}])
def test_an_unknown_effect_or_key_is_an_error(broken):
    with pytest.raises((TypeError, ValueError)):
        at_guide([{**ENTRY, **broken}], "chai", "default")
