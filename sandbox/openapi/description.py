"""Read the description of what the sandbox serves, in our own words, from the tables beside this module.

`operations.toml` has the calls of the real service, `levers.toml` those that it lacks, `fields.toml` the fields of
requests, `objects.toml` those of answers, `webhooks.toml` the requests that the sandbox sends to a shop. `document.py`
turns them into OpenAPI 3.1.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..merchants import levers


def table(name: str) -> dict[str, Any]:
    """Return the content of a TOML file beside this module."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


FIELDS = table("fields")
OBJECTS = table("objects")

EVERY_LEVER = "every lever"
"""The entry of a `body` that means one field for each lever."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a request. The top of `fields.toml` explains the attributes."""

    name: str
    required: bool
    ko: str
    en: str
    type: str = "string"
    max: int | None = None
    min: int | None = None
    example: Any = None
    days: int | None = None
    months: int | None = None
    setting: str = ""
    parts: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    shown: bool = False
    """Whether the sample contains it although it is not required."""
    ignored: bool = False
    """Whether it has no effect."""

    @classmethod
    def listed(cls, entry: str) -> "Field":
        """Return the field of an entry of a `query` or `body`.

        The entry is a key of `fields.toml`. It ends in `*` when the field is required, in `+` when the sample contains
        it although it is not required, and in `-` when it has no effect.
        """
        key = entry.rstrip("*+-")
        marks: dict[str, Any] = {
            name: entry.endswith(mark) for name, mark in (("required", "*"), ("shown", "+"), ("ignored", "-"))
        }
        return cls(**{"name": key, **FIELDS[key]}, **marks)

    @classmethod
    def of_lever(cls, lever: levers.Lever) -> "Field":
        """Return the field that sets this lever."""
        least, most = (0, lever.most) if lever.most else (None, None)
        return cls(
            name=lever.name,
            required=False,
            ko=lever.title_ko,
            en=lever.title_en,
            type=_type_of(lever),
            min=least,
            max=most,
        )

    @property
    def dotted(self) -> str:
        """The name as JSON nests it: `extra[requester]` → `extra.requester`, `imp_uid[]` → `imp_uid`."""
        return self.name.removesuffix("[]").replace("[", ".").replace("]", "")

    @property
    def dotted_inside(self) -> tuple[str, ...]:
        """The names of the fields that are read inside it."""
        return tuple(f"{self.dotted}.{name}" for name in self.inside)

    @property
    def choices(self) -> list[str]:
        """The values it accepts; empty when it is not a choice."""
        return self.type.split("|") if "|" in self.type else []

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of its type and bounds."""
        bounds = ("maxLength", None) if self.type == "string" else ("maximum", "minimum")
        limits = {
            name: value for name, value in zip(bounds, (self.max, self.min), strict=True) if name and value is not None
        }
        return {**type_schema(self.type), **limits}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call. The top of `operations.toml` and of `levers.toml` explains the attributes."""

    call: str
    group: str
    ko: str
    en: str
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    gives: str = ""
    also: tuple[int, ...] = ()
    fails: tuple[int, ...] = ()
    open: bool = False
    answers: str = ""
    status: int = 200
    is_lever: bool = False
    official: str = ""
    assumed: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    """Name in the path → key of `fields.toml`, for names where the two differ."""
    examples: Mapping[str, Any] = field(default_factory=dict)
    """Name of a field → the value in the sample, in place of the field's own example."""

    @property
    def method(self) -> str:
        return self.call.split()[0]

    @property
    def path(self) -> str:
        return self.call.split()[1]

    @property
    def id(self) -> str:
        """The call as an id: `GET /payments/{imp_uid}` → `get-payments-imp_uid`."""
        return re.sub(r"[^\w]+", "-", self.call).strip("-").lower()

    @property
    def path_fields(self) -> tuple[Field, ...]:
        """The fields in the path, all required."""
        names = re.findall(r"{(\w+)}", self.path)
        return tuple(Field.listed(f"{self.named.get(name, name)}*") for name in names)

    @property
    def notes(self) -> list[tuple[int, dict[str, str]]]:
        """The meaning of the HTTP statuses whose names do not explain it."""
        return [(status, STATUSES[str(status)]) for status in self.failures if str(status) in STATUSES]

    @property
    def failures(self) -> list[int]:
        """The HTTP statuses of failures, sorted, each once."""
        malformed = {400} if self.query or self.body else set()
        unknown_merchant = {404} if any(f.name == "merchant_code" for f in (*self.query, *self.body)) else set()
        return sorted({*self.fails, *malformed, *unknown_merchant, *(() if self.open else (401,))})


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A request that the sandbox sends to a shop. The top of `webhooks.toml` explains the attributes."""

    name: str
    to: str
    ko: str
    en: str
    body: tuple[Field, ...]
    facts: list[dict[str, str]]
    answer: dict[str, str]


def _operation(entry: dict[str, Any], *, is_lever: bool) -> Operation:
    lists = {name: fields_of(entry.get(name, ())) for name in ("query", "body")}
    codes = {name: tuple(entry.get(name, ())) for name in ("also", "fails", "assumed")}
    return Operation(**{"open": is_lever, **entry, **lists, **codes}, is_lever=is_lever)


def fields_of(entries: Iterable[str]) -> tuple[Field, ...]:
    """Return the fields of the entries of a `query` or `body`."""
    return tuple(one for entry in entries for one in _fields(entry))


def _fields(entry: str) -> list[Field]:
    if entry == EVERY_LEVER:
        return [Field.of_lever(lever) for lever in levers.LEVERS.values()]
    return [Field.listed(entry)]


def _type_of(lever: levers.Lever) -> str:
    if lever.choices:
        return "|".join(lever.choices)
    return {bool: "boolean", int: "integer", float: "number"}[type(lever.default)]


def _operations(name: str, *, is_lever: bool) -> tuple[Operation, ...]:
    return tuple(_operation(entry, is_lever=is_lever) for entry in table(name)["operation"])


STATUSES: dict[str, dict[str, str]] = table("operations")["statuses"]
SERVICE = _operations("operations", is_lever=False)
LEVERS = _operations("levers", is_lever=True)
WEBHOOKS = tuple(Webhook(**{**entry, "body": fields_of(entry["body"])}) for entry in table("webhooks")["webhook"])
GROUPS: dict[str, dict[str, str]] = {**table("operations")["groups"], **table("levers")["groups"]}


def type_schema(kind: str) -> dict[str, Any]:
    """Return the JSON schema of a type as the tables spell it."""
    if kind.endswith("?"):
        inner = type_schema(kind.removesuffix("?"))
        return {**inner, "type": [inner["type"], "null"]}
    if kind.startswith("["):
        return {"type": "array", "items": type_schema(kind[1:-1])}
    if "|" in kind:
        return {"type": "string", "enum": kind.split("|")}
    return {"$ref": f"#/components/schemas/{kind}"} if kind in OBJECTS else {"type": kind}


def example_of(operation: Operation) -> Any:
    """Return the documented answer of a lever, parsed."""
    return json.loads(operation.answers)
