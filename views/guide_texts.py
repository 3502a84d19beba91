"""The facts of the guides as plain text, for programs and people who paste them elsewhere: Markdown and `llms.txt`."""

import json
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask_babel import get_locale

from models import Plan, new_uid
from services import catalog
from services.guides import Guide, Variant
from services.parameters import Parameter
from views.incoming import desk
from views.panes import facts_of

bp = Blueprint("guide_texts", __name__)


@bp.get("/guides/<guide_id>.md")
def show(guide_id: str) -> Response:
    """Return a guide as Markdown, in the reader's language (`?lang=`)."""
    guide = desk().guides.get(guide_id) or abort(404)
    plan = catalog.cheapest(guide.currencies[0])
    requests = [(variant, _request(guide, variant, plan)) for variant in guide.variants]
    again = facts_of(guide, guide.variant(), plan, None, buyer={})["again"] | _addresses(guide.again)
    body = render_template("guide_texts/guide.md.j2", guide=guide, requests=requests, again=again)
    return Response(body, mimetype="text/markdown")


@bp.get("/llms.txt")
def index() -> Response:
    """Return the list of the guides and the mistakes common to all, in the form of https://llmstxt.org."""
    guides = list(desk().guides.values())
    mistakes = [mistake for mistake in guides[0].pitfalls if all(mistake in guide.pitfalls for guide in guides)]
    return Response(render_template("guide_texts/llms.txt.j2", guides=guides, mistakes=mistakes), mimetype="text/plain")


@bp.app_template_filter("pretty")
def pretty(value: Any) -> str:
    """Return a value as indented JSON, which is JavaScript as well."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@bp.app_template_filter("either")
def either(words: Any) -> str:
    """Return a text that is the same in both languages as it is, and the reader's version of any other."""
    return words if isinstance(words, str) else str(words[str(get_locale())])


def _request(guide: Guide, variant: Variant, plan: Plan) -> dict[str, Any]:
    """Return the request of a variant: the guide's test channel, and ids that no other sample of the page has."""
    sent = facts_of(guide, variant, plan, None, buyer={})["sent"] | _addresses(guide.parameters)
    if variant != guide.variant():
        sent |= {"merchant_uid": new_uid("order"), "customer_uid": new_uid("key")}
    return {"pg": guide.pg} | {name: value for name, value in sent.items() if name not in ("pg", "channelKey")}


def _addresses(fields: Iterable[Parameter]) -> dict[str, Any]:
    """Return example addresses in place of this shop's own, which no other shop's payments may report to."""
    return {field.name: field.example for field in fields if field.source in ("redirect_url", "notice_url")}
