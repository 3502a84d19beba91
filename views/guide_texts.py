"""The facts of the guides as plain text, for programs and people who paste them elsewhere: Markdown and `llms.txt`."""

import json
from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask_babel import get_locale

from services.guides import Guide
from views.incoming import desk
from views.panes import example_of

bp = Blueprint("guide_texts", __name__)


@bp.get("/guides/<guide_id>.md")
def show(guide_id: str) -> Response:
    """Return a guide as Markdown, in the reader's language (`?lang=`)."""
    guide = desk().guides.get(guide_id) or abort(404)
    sent = guide.request_for(_examples(guide), guide.variant())
    again = guide.again_for(_examples(guide))
    body = render_template("guide_texts/guide.md.j2", guide=guide, sent=sent, again=again)
    return Response(body, mimetype="text/markdown")


@bp.get("/llms.txt")
def index() -> Response:
    """Return the list of the guides, in the form of https://llmstxt.org."""
    return Response(render_template("guide_texts/llms.txt.j2", guides=desk().guides.values()), mimetype="text/plain")


@bp.app_template_filter("pretty")
def pretty(value: Any) -> str:
    """Return a value as indented JSON, which is JavaScript as well."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@bp.app_template_filter("either")
def either(words: Any) -> str:
    """Return a text that is the same in both languages as it is, and the reader's version of any other."""
    return words if isinstance(words, str) else str(words[str(get_locale())])


def _examples(guide: Guide) -> dict[str, Any]:
    """Return the guide's example of each value that the shop sends, by source."""
    examples = {field.source: example_of(field) for field in (*guide.again, *guide.parameters) if field.source}
    return examples | {
        "channel": guide.pg,
        "currency": guide.currencies[0],
        "issue_email": examples["buyer_email"],
        "browser_ip": "203.0.113.7",
    }
