"""Provide what all HTML pages of the sandbox share: two languages, formatted money and a Content-Security-Policy."""

from typing import Any
from urllib.parse import quote, urlencode

from babel.numbers import format_currency
from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.exceptions import HTTPException

from .facts import placeholders
from .wire.money import major_units

LANGUAGES = {"ko": "한국어", "en": "English"}

# No frame-ancestors for the windows, because any shop may lay one over its page. No form-action, because browsers also
# apply it to the redirect that ends a window, and a shop's landing page may redirect the payer anywhere.
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'"

UNFRAMED = f"{POLICY}; frame-ancestors 'none'"
"""For every page but the windows: another site that lays it under its own buttons could steal the reader's clicks."""


def guard(response: Response, policy: str = POLICY) -> Response:
    """Let a page load only our own files, and forbid caching it. Register with `after_request`."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def error_page(error: HTTPException) -> ResponseReturnValue:
    """Return the page for an error outside the API. A 404 links to the console."""
    if error.code != 404:
        return error
    page = render_template("nowhere.html", languages=language_links(request.path), **words())
    return guard(make_response(page, 404))


def words() -> dict[str, object]:
    """Return what templates need to use the reader's language. Register with `context_processor`."""
    return {"locale": str(get_locale()), "in_language": in_language, "money": money}


def in_language(record: object, name: str) -> str:
    """Return `name` of a record in the reader's language: its `name_ko` or `name_en`."""
    return str(getattr(record, f"{name}_{get_locale()}"))


def explained(message: str, sent: str, *languages: object) -> str:
    """Return an error's message and, if the value `sent` is a placeholder of the documents, what that is.

    The explanation is in the first of `languages` that is one of `LANGUAGES`, else in the language of the request.
    """
    known = placeholders.find(sent)
    if known is None:
        return message
    return f"{message} {getattr(known, f'says_{language_of(*languages) or get_locale()}')}"


def language_of(*candidates: object) -> str | None:
    """Return the first candidate that names one of `LANGUAGES`; `en`, `en-US` and `EN` all mean English."""
    for candidate in candidates:
        code = candidate.replace("_", "-").split("-")[0].lower() if isinstance(candidate, str) else ""
        if code in LANGUAGES:
            return code
    return None


def language_links(path: str) -> list[tuple[str, str, str]]:
    """Return the links of the language switch: code, name in that language, and `path` with the current query."""
    return [(code, name, with_query(path, lang=code)) for code, name in LANGUAGES.items()]


def money(minor: int, currency: str) -> str:
    """Format minor units in the reader's language: 9,900 won is `9,900원` in Korean, `₩9,900` in English."""
    locale = str(get_locale())
    pattern = "#,##0원" if (locale, currency) == ("ko", "KRW") else None
    return str(format_currency(major_units(minor, currency), currency, pattern, locale=locale))


def with_query(path: str, /, **changes: Any) -> str:
    """Return `path` with the query of this request and `changes` to it; None removes a parameter."""
    query = {name: value for name, value in {**request.args.to_dict(), **changes}.items() if value is not None}
    # A browser reads `/\\host` and, without its tab, `/\t/host` as the address of another site.
    return f"{quote(path, safe='/%')}?{urlencode(query)}"
