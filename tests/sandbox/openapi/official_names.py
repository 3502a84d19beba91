"""The names in the official schema: its calls, their request fields, and the fields of what they answer.

`sandbox/openapi/official.toml` holds these names, because the schema itself is not in the repository. To write that
file again, run `python -m tests.sandbox.openapi.official_names` beside a schema.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT.parent / "shared" / "data" / "portone-v1.openapi.json"
NAMES = ROOT / "sandbox" / "openapi" / "official.toml"

HEADER = """\
# The names of the official REST API, https://developers.portone.io/api/rest-v1.
#
# calls    takes: the fields of the request, `a.b` for the field `b` inside `a`, an object or a list of objects;
#          gives: the objects that `response` may be, or be a list of
# objects  field = the object that it holds, or holds a list of; "" if it holds none
#
# Written by tests/sandbox/openapi/official_names.py, which compares it with the schema. Do not edit.
"""

ENVELOPE = {"code", "message", "response"}


def names(schema: dict[str, Any]) -> tuple[dict[str, dict[str, list[str]]], dict[str, dict[str, str]]]:
    """Return the calls with the names that they take and give, and the objects with the names of their fields."""
    definitions = schema["definitions"]
    calls = {
        f"{method.upper()} {path}": {
            "takes": sorted(set(_taken(call.get("parameters", []), definitions))),
            "gives": list(_given(call["responses"]["200"].get("schema", {}), definitions)),
        }
        for path, methods in sorted(schema["paths"].items())
        for method, call in sorted(methods.items())
    }
    return calls, _objects([name for call in calls.values() for name in call["gives"]], definitions)


def toml(calls: dict[str, dict[str, list[str]]], objects: dict[str, dict[str, str]]) -> str:
    """Return the content of `official.toml`."""
    parts = [
        f'[calls."{name}"]\ntakes = {_listed(call["takes"])}\ngives = {_listed(call["gives"])}'
        for name, call in calls.items()
    ]
    parts += [
        f"[objects.{name}]\n" + "\n".join(f'{field} = "{inner}"' for field, inner in fields.items())
        for name, fields in objects.items()
    ]
    return HEADER + "".join(f"\n{part}\n" for part in parts)


def _listed(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _taken(parameters: list[dict[str, Any]], definitions: dict[str, Any]) -> Iterator[str]:
    for parameter in parameters:
        name = parameter["name"].removesuffix("[]").replace("[", ".").replace("]", "")
        yield name
        yield from (f"{name}.{field}" for field in _inside(_object_in(parameter), definitions))


def _inside(name: str, definitions: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of an object, and those inside each."""
    for field, inner in definitions.get(name, {}).get("properties", {}).items():
        yield field
        yield from (f"{field}.{one}" for one in _inside(_object_in(inner), definitions))


def _given(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the objects that an answer's `response` may be."""
    schema = definitions[_object_in(schema)] if _object_in(schema) else schema
    fields: dict[str, Any] = {}
    for part in (*schema.get("allOf", ()), schema):
        fields |= definitions.get(_object_in(part), part).get("properties", {})
    if "response" in fields:
        yield from filter(None, [_object_in(fields["response"])])
    elif fields.keys() & ENVELOPE:
        return
    elif all(_object_in(inner) for inner in fields.values()):  # two envelopes, as if they were fields of one
        for inner in fields.values():
            yield from _given(inner, definitions)
    else:  # the schema forgets the envelope
        yield next(name for name, one in definitions.items() if one is schema)


def _objects(roots: list[str], definitions: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the objects with these names, and all inside them."""
    objects: dict[str, dict[str, str]] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in objects:
            fields = definitions[name].get("properties", {})
            objects[name] = {field: _object_in(inner) for field, inner in sorted(fields.items())}
            waiting += filter(None, objects[name].values())
    return dict(sorted(objects.items()))


def _object_in(schema: dict[str, Any]) -> str:
    """Return the name of the object that a value is, or is a list of; '' for a plain value."""
    for place in (schema, schema.get("items"), schema.get("schema")):
        if isinstance(place, dict) and "$ref" in place:
            return str(place["$ref"].rpartition("/")[2])
    return ""


if __name__ == "__main__":
    NAMES.write_text(toml(*names(json.loads(SCHEMA.read_text(encoding="utf-8")))), encoding="utf-8")
