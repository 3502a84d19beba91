"""`README.md` and the documents in `docs/` name only what exists: files, functions, tests, and other documents."""

import re
from pathlib import Path

import pytest

from services.checkout import Source
from tests.source import ROOT, named

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FILE = r"[\w./*-]+\.(?:py|toml|md|js|css|html|txt)"

BESIDE_THE_SHOP = (
    "sandbox/",
    *("tests/sandbox/", "tests/contract/", "tests/e2e/", "tests/crash/", "tests/demo/", "tests/drill/"),
)
"""Folders that may be deleted: the shop works without them, and so does this test."""


def is_there(name: str) -> bool:
    """Whether the file exists, or at least one that matches a pattern such as `guides/*.toml`."""
    is_deleted = name.startswith(BESIDE_THE_SHOP) and not (ROOT / "sandbox").is_dir()
    return is_deleted or any(ROOT.glob(name))


def defines(file: str, function: str) -> bool:
    """Whether the Python or JavaScript file has a function or class of this name."""
    if not (ROOT / file).is_file():
        return is_there(file)
    return re.search(rf"\b(?:def|class|function) {function}\b", (ROOT / file).read_text(encoding="utf-8")) is not None


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


each = pytest.mark.parametrize("document", DOCS, ids=named)


@each
def test_every_file_it_names_exists(document):
    names = set(re.findall(rf"`({FILE})(?:::\w+)?`", text_of(document)))

    assert sorted(name for name in names if not is_there(name)) == []


@each
def test_every_page_it_links_to_exists(document):
    targets = {target.partition("#")[0] for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(document))}
    linked = {str((document.parent / target).resolve().relative_to(ROOT.resolve())) for target in targets if target}

    assert sorted(name for name in linked if not is_there(name)) == []


@each
def test_every_function_it_names_beside_a_file_is_in_that_file(document):
    tests = re.findall(rf"`({FILE})::(\w+)`", text_of(document))
    rows = re.findall(rf"\| `({FILE})` \| (`[^|]+`) \|", text_of(document))
    beside = [(file, function) for file, cell in rows for function in re.findall(r"`(\w+)`", cell)]

    assert [pair for pair in (*tests, *beside) if not defines(*pair)] == []


def test_the_glossary_and_the_decision_name_every_source_of_news():
    glossary = re.search(r"^\| source \|.*", text_of(ROOT / "docs/glossary.md"), re.MULTILINE)
    decision = re.search(
        r"with its `Source`: .*?\.", text_of(ROOT / "docs/decisions/0006-settle-is-the-one-function.md"), re.DOTALL
    )

    for sentence in (glossary, decision):
        assert {word for word in re.findall(r"`([a-z]+)`", sentence[0]) if word != "settle"} == set(Source)
