"""A parameter of a PG guide: what the page explains, what the request contains, and how much of a value it takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import texts

Text = Mapping[str, str]
"""A sentence in each language: `{"ko": …, "en": …}`."""

SHORTENED = {"text": texts.cut, "two words": texts.cut_name, "phone": texts.cut_phone}
"""What `shorten` of a parameter names."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One field of `IMP.request_pay` or of `/again`, as the page explains it and as the request contains it."""

    name: str
    """Dotted for a nested field: `bypass.widget_code`."""
    type: str
    required: str
    """`always`, `mobile` (without the field, a payment on a phone loses its result) or `optional`."""
    meaning: Text
    source: str = ""
    """Which of our values is sent (see `request_for`). Empty: the field is not sent unless a variant sets it."""
    value: Any = None
    """A fixed value, where the PG leaves no choice."""
    when: Text = field(default_factory=dict)
    example: Any = None
    choices: tuple[str, ...] = ()
    """Values that the page's form offers in a list."""
    pattern: str = ""
    """Regular expression that a value must match at this PG; `hint` states the rule in words."""
    hint: Text = field(default_factory=dict)
    readings: tuple[Mapping[str, Any], ...] = ()
    """Documents that contradict each other: `where` and `says` of each (both `Text`), the `adopted` one first."""
    cite: tuple[str, ...] = ()
    """Where the meaning is documented: ids of the guide's `links`."""
    shorten: str = ""
    """How a text above the limit is shortened: a key of `SHORTENED`. Empty: it is sent as it is, as an id must be."""

    @property
    def limit(self) -> int | None:
        """The most that the payment service accepts, in characters or in bytes, or None without a limit."""
        found = re.search(r"≤ (\d+)", self.type)
        return int(found[1]) if found else None

    def fitted(self, value: Any) -> Any:
        """Return what is sent for a value of the shop. People type their whole name; a PG may take less."""
        if not self.shorten or self.limit is None:
            return value
        return SHORTENED[self.shorten](value, self.limit, texts.in_bytes if self.type.endswith("bytes") else len)

    @property
    def is_sent(self) -> bool:
        """Whether this shop sends the field without a variant. The page only explains the other fields."""
        return bool(self.source) or self.value is not None

    def takes(self, text: str) -> bool:
        """Whether this PG accepts what is sent for the text. Without a pattern it accepts any text."""
        return not self.pattern or re.fullmatch(self.pattern, self.fitted(text)) is not None
