"""Walk the official schema: every field of every call that the sandbox serves, by one name throughout."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sandbox.openapi.description import SERVICE

RENAMED = {"payment_status": "status", "card_standard_code": "code", "bank_standard_code": "code"}
"""The schema's name for a part of a path → ours."""

MISSPELT = {"requiqred": "required"}
"""Words of the schema that can only be a slip → what they mean."""

INNER = {"extra": ".requester"}
"""A field whose inner fields only its description names → the inner field that it requires there."""


class Sent(NamedTuple):
    """One field that the schema describes: `extra.requester`, `schedules[].name`."""

    call: str
    field: str
    place: str
    """`query` or `formData`; a path has all of its fields."""
    described: dict[str, Any]
    required: bool
    """By every PG."""

    @property
    def required_by(self) -> set[str]:
        """The codes of the PGs that require it."""
        per_pg = self.described.get("x-portone-per-pg", {})
        return {pg for pg, said in per_pg.items() if _spelt(said).get("required") is True}

    @property
    def prose(self) -> str:
        """What the schema says about it, as plain text."""
        places = ("description", "x-portone-description", "x-portone-summary")
        return re.sub(r"<[^>]+>", "", " ".join(self.described.get(place) or "" for place in places))


def sent_fields(schema: dict[str, Any]) -> Iterator[Sent]:
    """Yield every field of the query or the body of each call that the sandbox serves, outer fields first."""
    served = {operation.call for operation in SERVICE}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            call = f"{method.upper()} {our_path(path)}"
            for parameter in operation.get("parameters", ()) if call in served else ():
                if parameter["in"] in ("query", "formData"):
                    yield from _with_inner(schema, call, parameter)


def our_path(path: str) -> str:
    """Return the schema's path with our names for its parts."""
    for theirs, ours in RENAMED.items():
        path = path.replace(theirs, ours)
    return path


def _with_inner(schema: dict[str, Any], call: str, parameter: dict[str, Any]) -> Iterator[Sent]:
    name = re.sub(r"\[(\w+)\]", r".\1", parameter["name"].removesuffix("[]"))
    requires_inner = name in INNER and bool(parameter.get("x-portone-per-pg"))
    shown = name + INNER[name] if requires_inner else name
    yield Sent(call, shown, parameter["in"], parameter, parameter.get("required") is True)
    is_list, held = parameter.get("type") == "array", parameter.get("items") or parameter.get("schema") or {}
    if isinstance(held, dict) and "$ref" in held:
        definition = schema["definitions"][held["$ref"].rpartition("/")[2]]
        yield from _inside(call, parameter["in"], f"{name}[]" if is_list else name, definition)


def _inside(call: str, place: str, outer: str, definition: dict[str, Any]) -> Iterator[Sent]:
    for name, described in definition.get("properties", {}).items():
        required = name in definition.get("required", ())
        yield Sent(call, f"{outer}.{name}", place, described, required)
        yield from _inside(call, place, f"{outer}.{name}", described)


def _spelt(said: Any) -> dict[str, Any]:
    return {MISSPELT.get(name, name): value for name, value in said.items()} if isinstance(said, dict) else {}
