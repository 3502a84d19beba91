"""What each REST call must contain, what its PG supports there, which values the schema allows, and what a field that
is left out stands for.

`calls.toml` lists it, from the official schema and the PGs' guides.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import tables


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What the entries share. The top of `calls.toml` explains the attributes of each kind."""

    fields: tuple[str, ...]
    certainty: Literal["documented", "assumed"]
    source: str


@dataclass(frozen=True, kw_only=True)
class Required(_Entry):
    """Fields that a call must contain."""

    call: str
    pgs: tuple[str, ...] = ()
    when: str = ""
    strict: str = ""

    def is_asked(self, call: str, pg: str, fields: Any, *, strictly: bool) -> bool:
        """Whether a call for the PG with this code needs the fields. With `strictly`, the merchant is *strict*."""
        concerns = self.call == call and (not self.pgs or pg in self.pgs)
        return concerns and (strictly or not self.strict) and (not self.when or is_sent(fields, self.when))


@dataclass(frozen=True, kw_only=True)
class Supported(_Entry):
    """Fields of a call that not every PG supports."""

    call: str
    by: tuple[str, ...] | None = None
    unless: tuple[str, ...] = ()

    def excludes(self, pg: str) -> bool:
        """Whether the PG with this code does not support the fields."""
        return pg in self.unless if self.by is None else pg not in self.by


@dataclass(frozen=True, kw_only=True)
class Allowed(_Entry):
    """The values that the schema allows in some fields."""

    calls: tuple[str, ...]
    pgs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    longest: int | None = None
    pattern: str = ""
    percent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Default(_Entry):
    """What calls mean without some of their fields."""

    calls: tuple[str, ...]
    value: str | int | bool | None = None
    means: str = ""


_LISTED = tables.load(Path(__file__).with_suffix(".toml"))

REQUIRED = tuple(Required(**entry) for entry in _LISTED["required"])
SUPPORTED = tuple(Supported(**entry) for entry in _LISTED["supported"])
ALLOWED = tuple(Allowed(**entry) for entry in _LISTED["allowed"])
DEFAULTS = tuple(Default(**entry) for entry in _LISTED["default"])


def missing(call: str, pg: str, fields: Any, *, strictly: bool) -> Iterator[tuple[str, bool]]:
    """Yield each field that this request lacks, and whether only this PG requires it. '' is no PG."""
    for entry in REQUIRED:
        if entry.is_asked(call, pg, fields, strictly=strictly):
            yield from ((field, bool(entry.pgs)) for field in entry.fields if not is_sent(fields, field))


def unsupported(call: str, pg: str, fields: Any) -> Iterator[str]:
    """Yield each field of this request that the PG does not support."""
    for entry in SUPPORTED:
        if entry.call == call and entry.excludes(pg):
            yield from (field for field in entry.fields if is_sent(fields, field, within=any))


def limited(call: str, pg: str, fields: Any) -> Iterator[tuple[Allowed, str, Any, Mapping[str, Any]]]:
    """Yield each value of this request that may not be any, with its entry, its field and the fields beside it."""
    for entry in ALLOWED:
        if call in entry.calls and (not entry.pgs or pg in entry.pgs):
            for field in entry.fields:
                yield from ((entry, field, value, beside) for value, beside in _sent(fields, field))


def required_by(pg: str) -> dict[str, list[str]]:
    """Return call → fields without which it is refused to every merchant because of this PG."""
    listed: dict[str, list[str]] = {}
    for entry in REQUIRED:
        if pg in entry.pgs and not entry.strict:
            listed.setdefault(entry.call, []).extend(entry.fields)
    return listed


def is_sent(fields: Any, path: str, within: Callable[[Iterator[bool]], bool] = all) -> bool:
    """Whether the request has a value at `path`: `extra.requester`, `schedules[].name`.

    `within` says whether all or any of a list's entries must have it.
    """
    name, _, rest = path.partition(".")
    value = fields.get(name.removesuffix("[]")) if isinstance(fields, Mapping) else None
    if name.endswith("[]"):
        entries = value if isinstance(value, list) else []
        return within(is_sent(entry, rest, within) for entry in entries)
    return is_sent(value, rest, within) if rest else value not in (None, "", [], {})


def _sent(fields: Any, path: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield each value that the request has at `path`, and the fields beside it."""
    name, _, rest = path.partition(".")
    value = fields.get(name.removesuffix("[]")) if isinstance(fields, Mapping) else None
    if rest:
        for inner in value if isinstance(value, list) else [value]:
            yield from _sent(inner, rest)
    elif value not in (None, "", [], {}):
        yield value, fields
