"""What a PG's text about a payment that was not made means, for a reader who does not know the text's language.

PGs write most of these texts in Korean, and each in words of its own. `declines.toml` holds the known ones. The text
itself stays what the shop stores and shows: a meaning is only an aid beside it, and no rule depends on it.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.parameters import Text

HANGUL = re.compile("[가-힣]")


def meaning_of(text: str, language: str) -> str:
    """Return what a PG's text means in the reader's `language`.

    Return an empty string when the text is in this language, or not a known one.
    """
    if (HANGUL.search(text) is not None) == (language == "ko"):
        return ""
    wanted = _plain(text)
    found = next((meaning for phrase, meaning in _known().items() if phrase in wanted), None)
    return found[language] if found else ""


@cache
def _known() -> Mapping[str, Text]:
    """Return the meaning of each phrase, in the order of the file."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {_plain(phrase): entry for entry in table["decline"] for phrase in entry["phrases"]}


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()
