"""Values that shops copy from the official documents as they stand: demo accounts of others, and placeholders.

`placeholders.toml` lists them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from . import tables


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """A value that a shop must replace, and what to send instead. The top of the TOML explains the fields."""

    pattern: str
    says_ko: str
    says_en: str


PLACEHOLDERS = tuple(Placeholder(**entry) for entry in tables.load(Path(__file__).with_suffix(".toml"))["placeholder"])


def find(value: str) -> Placeholder | None:
    """Return the placeholder that a request sent as a `pg` or a merchant code, or None for any other value."""
    return next((one for one in PLACEHOLDERS if re.fullmatch(one.pattern, value)), None)
