"""Compare texts as a reader does: without regard to case, and to how Unicode spells a letter."""

import re
from typing import Any
from unicodedata import normalize

from sqlalchemy import ColumnElement, func, or_

_PHONE = re.compile(r"[+\d][\d ()-]{3,}", re.ASCII)


def folded(text: str | None) -> str | None:
    """Return the text as it is compared. macOS sends Hangul as single letters, which NFC joins to syllables."""
    return None if text is None else normalize("NFC", normalize("NFC", text).casefold())


def register(connection: Any) -> None:
    """Let queries on a new connection of SQLite call `folded`. SQLite's own `lower` knows ASCII only."""
    connection.create_function("folded", 1, folded, deterministic=True)


def holds(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that one of the columns contains `text`. No character of it is a wildcard."""
    sought = folded(text)
    return or_(*(func.instr(func.folded(column), sought) > 0 for column in columns))


def holds_phone(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that one of the columns contains the digits of `text`, if it looks like a phone number."""
    if not _PHONE.fullmatch(text):
        return holds(text, *columns)
    sought = re.sub(r"\D", "", text)
    return or_(*(func.instr(func.replace(func.replace(column, "-", ""), " ", ""), sought) > 0 for column in columns))
