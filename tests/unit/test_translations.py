"""Every text of the shop and the demonstration has a Korean translation, and each keeps its placeholders."""

import io
import re
from collections.abc import Iterable, Sequence

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.source import ROOT

CATALOG = ROOT / "translations/ko/LC_MESSAGES"
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def po() -> list[Message]:
    return [message for message in read_po(io.BytesIO((CATALOG / "messages.po").read_bytes())) if message.id]


@pytest.fixture(scope="module")
def texts() -> set[str | tuple[str, ...]]:
    """Every text in the files that `babel.cfg` names, as `make translations` finds them."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, directory_filter=_is_ours)
    return {message for _, _, message, _, _ in found}


def _is_ours(folder: str) -> bool:
    return not {".venv", "instance", "sandbox", "tests", "migrations", "node_modules"} & {folder.rpartition("/")[2]}


def forms(text: str | Sequence[str]) -> tuple[str, ...]:
    """Return the singular and plural of a text, or the text alone."""
    return (text,) if isinstance(text, str) else tuple(text)


def test_the_catalogue_holds_every_text_and_no_other(po, texts):
    assert {forms(message.id) for message in po} == set(map(forms, texts))


def test_every_text_is_translated_and_no_translation_is_a_guess(po):
    assert [message.id for message in po if not all(forms(message.string)) or message.fuzzy] == []


def test_a_translation_has_the_placeholders_of_its_text(po):
    def names(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    assert [m.id for m in po if any(names(form) != names(forms(m.id)[-1]) for form in forms(m.string))] == []


def test_a_sentence_is_not_left_in_english(po):
    sentences = [message for message in po if forms(message.id)[0].endswith(".")]

    assert [message.id for message in sentences if not HANGUL.search(forms(message.string)[0])] == []


def test_the_compiled_catalogue_is_current(po):
    def words(messages: Iterable[Message]) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {forms(message.id): forms(message.string) for message in messages if message.id}

    assert words(read_mo(io.BytesIO((CATALOG / "messages.mo").read_bytes()))) == words(po)
