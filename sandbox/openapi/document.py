"""Write the description as OpenAPI 3.1."""

from http import HTTPStatus
from typing import Any

from .description import GROUPS, LEVERS, OBJECTS, SERVICE, WEBHOOKS, Field, Operation, Webhook, example_of, type_schema
from .samples import Examples

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

SUMMARY = (
    "The calls that the sandbox answers: those of the real service's billing API at the root, and the levers, which "
    "the real service lacks, under /control. Every response outside /control is {code, message, response}. "
    "Code 0 means success, whatever the HTTP status."
)


def document(server: str, examples: Examples) -> dict[str, Any]:
    """Return the OpenAPI document of a sandbox at the address `server`."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*SERVICE, *LEVERS):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, examples)
    return {
        "openapi": "3.1.0",
        "info": {"title": "I'mport (PortOne V1) sandbox", "version": "1", "description": SUMMARY},
        "servers": [{"url": server}],
        "tags": [
            {"name": name, "description": words["en"], "x-name-ko": words["ko"]} for name, words in GROUPS.items()
        ],
        "security": [{name: []} for name in _SECURITY],
        "paths": paths,
        "webhooks": {webhook.name: {"post": _webhook(webhook, examples)} for webhook in WEBHOOKS},
        "components": {
            "schemas": {**{name: _object(fields) for name, fields in OBJECTS.items()}, **_FAILURES},
            "securitySchemes": _SECURITY,
        },
    }


def _operation(operation: Operation, examples: Examples) -> dict[str, Any]:
    places = (("path", operation.path_fields), ("query", operation.query))
    parameters = [
        {**_parameter(field, place), **_words(field, examples.of(field, operation))}
        for place, fields in places
        for field in fields
    ]
    return {
        "operationId": operation.id,
        "tags": [operation.group],
        "summary": operation.en,
        "x-summary-ko": operation.ko,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(operation.body, examples, operation)} if operation.body else {}),
        "responses": _responses(operation),
        **({"security": []} if operation.open else {}),
    }


def _parameter(field: Field, place: str) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "in": place, "required": field.required, "schema": field.schema}
    if field.type == "[string]":
        described |= {"style": "form", "explode": True}
    return described


def _webhook(webhook: Webhook, examples: Examples) -> dict[str, Any]:
    return {
        "operationId": f"webhook-{webhook.name}",
        "summary": webhook.en,
        "x-summary-ko": webhook.ko,
        "description": ". ".join([*(fact["en"] for fact in webhook.facts), ""]).strip(),
        "x-description-ko": ". ".join([*(fact["ko"] for fact in webhook.facts), ""]).strip(),
        "requestBody": _body(webhook.body, examples),
        "responses": {"default": {"description": webhook.answer["en"], "x-description-ko": webhook.answer["ko"]}},
        "security": [],
    }


def _body(fields: tuple[Field, ...], examples: Examples, operation: Operation | None = None) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            field.name: {**field.schema, **_words(field, examples.of(field, operation))} for field in fields
        },
        "required": [field.name for field in fields if field.required],
    }
    return {"required": bool(schema["required"]), "content": {JSON: {"schema": schema}, FORM: {"schema": schema}}}


def _words(field: Field, example: Any) -> dict[str, Any]:
    return {
        "description": field.en,
        "x-description-ko": field.ko,
        **({"x-without-effect": True} if field.ignored else {}),
        **({} if example is None else {"example": example}),
    }


def _responses(operation: Operation) -> dict[str, Any]:
    if operation.is_lever:
        good, bad = _lever_answer(operation), {"$ref": "#/components/schemas/Error"}
    else:
        good, bad = _envelope(operation.gives), {"$ref": "#/components/schemas/Failure"}
    answers = dict.fromkeys((operation.status, *operation.also), good)
    # The service refuses with HTTP 200 when the reason is a business rule.
    if not operation.is_lever:
        answers[200] = {"anyOf": [good, bad]}
    answers |= dict.fromkeys(operation.failures, bad)
    notes = {status: {"description": words["en"], "x-description-ko": words["ko"]} for status, words in operation.notes}
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {JSON: {"schema": schema}},
            **notes.get(status, {}),
        }
        for status, schema in sorted(answers.items())
    }


def _envelope(gives: str) -> dict[str, Any]:
    response = type_schema(gives) if gives else {"type": "null"}
    return _closed({"code": {"const": 0}, "message": {"type": "null"}, "response": response})


def _lever_answer(operation: Operation) -> dict[str, Any]:
    """Return the schema of a lever's answer. It promises only the outermost shape of the documented answer."""
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


_SECURITY = {
    "token": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-ImpTokenHeader"},
    "query": {"type": "apiKey", "in": "query", "name": "_token"},
}
"""Name → each way to send the token."""

_FAILURES = {
    "Failure": _closed(
        {"code": {"type": "integer", "not": {"const": 0}}, "message": {"type": "string"}, "response": {"type": "null"}}
    ),
    "Error": _closed({"error": {"type": "string"}}),
}
