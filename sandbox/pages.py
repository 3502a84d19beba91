"""What every HTML page of the sandbox has: two languages, money in words, and a Content-Security-Policy."""

from urllib.parse import urlencode

from babel.numbers import format_currency
from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.exceptions import HTTPException

from .wire.money import major_units

LANGUAGES = {"ko": "한국어", "en": "English"}

# No frame-ancestors: any shop may lay a window over its page. No form-action: browsers hold the redirect that
# ends a window against it, and a shop's landing page may send the payer on to anywhere.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'"


def guard(response: Response) -> Response:
    """For `after_request`: pages that run nothing but our own files, and are never kept."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def page_of(error: HTTPException) -> ResponseReturnValue:
    """What a browser sees of an error outside the API. Where nothing is found, that is a way to the console."""
    if error.code != 404:
        return error
    page = render_template("nowhere.html", languages=language_links(request.path), **words())
    return guard(make_response(page, 404))


def words() -> dict[str, object]:
    """For `context_processor`: what templates need to speak the reader's language."""
    return {"locale": str(get_locale()), "in_language": in_language, "money": money}


def in_language(record: object, name: str) -> str:
    """The `name_ko` or `name_en` of a profile or an instrument."""
    return str(getattr(record, f"{name}_{get_locale()}"))


def language_of(*wishes: object) -> str | None:
    """The first wish that names a language we have: `en`, `en-US` and `EN` all mean English."""
    for wish in wishes:
        code = wish.replace("_", "-").split("-")[0].lower() if isinstance(wish, str) else ""
        if code in LANGUAGES:
            return code
    return None


def language_links(path: str) -> list[tuple[str, str, str]]:
    """For the language switch: each language's code, its own name, and `path` in it with today's query."""
    return [(code, name, _in_language(path, code)) for code, name in LANGUAGES.items()]


def money(minor: int, currency: str) -> str:
    """Minor units as the reader's language writes them: `₩9,900`, `$49.99`."""
    return format_currency(major_units(minor, currency), currency, locale=str(get_locale()))


def _in_language(path: str, code: str) -> str:
    return f"{path}?{urlencode({**request.args.to_dict(), 'lang': code})}"
