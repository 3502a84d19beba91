"""The description as OpenAPI 3.1."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from sandbox.openapi.description import GROUPS, LEVERS, OBJECTS, SERVICE, Field, Operation, example_of, type_schema

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

SUMMARY = (
    "What the sandbox answers: the billing half of the real service at the root, and under /control the levers it "
    "lacks. Every answer outside /control is {code, message, response}; code 0 is success, whatever the HTTP status."
)


def document(server: str) -> dict[str, Any]:
    """The whole of it, for a sandbox at the address ``server``."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*SERVICE, *LEVERS):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "I'mport (PortOne V1) sandbox", "version": "1", "description": SUMMARY},
        "servers": [{"url": server}],
        "tags": [
            {"name": name, "description": words["en"], "x-name-ko": words["ko"]} for name, words in GROUPS.items()
        ],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**{name: _object(fields) for name, fields in OBJECTS.items()}, **_FAILURES},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    parameters = [_parameter(field, "path") for field in operation.path_fields]
    parameters += [_parameter(field, "query") for field in operation.query]
    return {
        "operationId": operation.id,
        "tags": [operation.group],
        "summary": operation.en,
        "x-summary-ko": operation.ko,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(operation)} if operation.body else {}),
        "responses": _responses(operation),
        **({"security": []} if operation.open else {}),
    }


def _parameter(field: Field, place: str) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "in": place, "required": field.required, "schema": field.schema}
    if field.type == "[string]":
        described |= {"style": "form", "explode": True}
    return {**described, **_words(field)}


def _body(operation: Operation) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {field.name: {**field.schema, **_words(field)} for field in operation.body},
        "required": [field.name for field in operation.body if field.required],
    }
    return {"required": bool(schema["required"]), "content": {JSON: {"schema": schema}, FORM: {"schema": schema}}}


def _words(field: Field) -> dict[str, Any]:
    example = {} if field.example is None else {"example": field.example}
    return {"description": field.en, "x-description-ko": field.ko, **example}


def _responses(operation: Operation) -> dict[str, Any]:
    if operation.is_lever:
        good, bad = _lever_answer(operation), {"$ref": "#/components/schemas/Error"}
    else:
        good, bad = _envelope(operation.gives), {"$ref": "#/components/schemas/Failure"}
    answers = dict.fromkeys((operation.status, *operation.also), good)
    # Who is refused for a reason of business is told so with HTTP 200.
    if not operation.is_lever:
        answers[200] = {"anyOf": [good, bad]}
    answers |= dict.fromkeys(operation.failures, bad)
    return {str(status): _response(status, schema) for status, schema in sorted(answers.items())}


def _response(status: int, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {JSON: {"schema": schema}}}


def _envelope(gives: str) -> dict[str, Any]:
    response = type_schema(gives) if gives else {"type": "null"}
    return _closed({"code": {"const": 0}, "message": {"type": "null"}, "response": response})


def _lever_answer(operation: Operation) -> dict[str, Any]:
    """Of a lever's answer only the outermost shape is promised: that of the documented one."""
    if operation.gives:
        return type_schema(operation.gives)
    example = example_of(operation)
    if isinstance(example, list):
        return {"type": "array", "items": {"type": "object"}, "examples": [example]}
    return {"type": "object", "examples": [example]}


def _object(fields: dict[str, str]) -> dict[str, Any]:
    return _closed({name: type_schema(kind) for name, kind in fields.items()})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_FAILURES = {
    "Failure": _closed(
        {"code": {"type": "integer", "not": {"const": 0}}, "message": {"type": "string"}, "response": {"type": "null"}}
    ),
    "Error": _closed({"error": {"type": "string"}}),
}
