"""Describe everything that the sandbox serves: `/openapi.json` for programs, `/docs` for people."""

from functools import partial

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for

from ..merchants import clock, register
from ..pages import UNFRAMED, guard, language_links, words
from .description import GROUPS, LEVERS, OBJECTS, SERVICE, WEBHOOKS, Operation
from .document import document
from .samples import Examples, bodies, curl

bp = Blueprint("openapi", __name__)
bp.context_processor(words)


@bp.get("/openapi.json")
def openapi() -> Response:
    """Answer with the description as OpenAPI 3.1. Every origin may read it, so that any viewer can show it."""
    answer = jsonify(document(_server(), _examples()))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@bp.get("/docs")
def docs() -> Response:
    """Show every call on one page, so that the browser's search finds it."""
    examples, server = _examples(), _server()
    page = render_template(
        "docs/index.html",
        parts=_parts(),
        webhooks=[(webhook, bodies(webhook, examples)) for webhook in WEBHOOKS],
        objects=OBJECTS,
        sample=partial(curl, examples=examples, server=server),
        server=server,
        merchant_code=examples.config.MERCHANT_CODE,
        languages=language_links(url_for("openapi.docs")),
    )
    return guard(Response(page), UNFRAMED)


def _parts() -> list[tuple[str, list[tuple[str, dict[str, str], list[Operation]]]]]:
    """Return the parts `service` and `levers`, each with its groups: id, titles, calls."""
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


def _examples() -> Examples:
    config = current_app.extensions["sandbox_config"]
    return Examples(config=config, now=clock.of(register.find(config.MERCHANT_CODE)))


def _server() -> str:
    return request.host_url.rstrip("/")
