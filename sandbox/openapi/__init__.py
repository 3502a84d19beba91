"""The description of everything served: ``/openapi.json`` for programs, ``/docs`` for people."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from sandbox.openapi.description import GROUPS, LEVERS, OBJECTS, SERVICE, Operation, example_of
from sandbox.openapi.document import document
from sandbox.pages import guard, language_links, words

bp = Blueprint("openapi", __name__)
bp.context_processor(words)


@bp.get("/openapi.json")
def openapi() -> Response:
    """OpenAPI 3.1. Any page may read it, so that a viewer of the reader's choice can."""
    answer = jsonify(document(request.host_url.rstrip("/")))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@bp.get("/docs")
def docs() -> Response:
    """Every call on one page, to be searched with the browser."""
    page = render_template(
        "docs/index.html",
        parts=_parts(),
        objects=OBJECTS,
        sample=_sample,
        languages=language_links(url_for("openapi.docs")),
    )
    return guard(Response(page))


def _parts() -> list[tuple[str, list[tuple[str, dict[str, str], list[Operation]]]]]:
    """``service`` and ``levers``, each as its groups: id, titles, calls."""
    return [
        (
            part,
            [
                (group, GROUPS[group], [o for o in calls if o.group == group])
                for group in dict.fromkeys(c.group for c in calls)
            ],
        )
        for part, calls in (("service", SERVICE), ("levers", LEVERS))
    ]


def _sample(operation: Operation) -> str:
    """The call as a line of shell with what it needs, each value an example."""
    path = operation.path
    for field in operation.path_fields:
        path = path.replace(f"{{{field.name}}}", str(field.example))
    needed = [field for field in (*operation.query, *operation.body) if field.required]
    parts = ["curl", *([] if operation.method == "GET" else ["-X", operation.method])]
    parts += [] if operation.open else ['-H "Authorization: $TOKEN"']
    if operation.query and needed:
        parts.append("-G")
    parts.append(f"{request.host_url.rstrip('/')}{path}")
    parts += [f"-d '{field.name}={_written(field.example)}'" for field in needed]
    return " ".join(parts)


def _written(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


__all__ = ["bp", "document", "example_of"]
