"""What every template may use: filters, the language, and slots that an extension fills."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from babel.dates import format_date, format_datetime
from flask import Flask, current_app, g, get_flashed_messages, request
from flask_wtf import FlaskForm
from markupsafe import Markup, escape

import clock
from money import Money
from services import declines, outlook
from views import language

Filler = Callable[..., str]


def init_app(app: Flask) -> None:
    """Make the filters, `slot` and the values of every page available to the templates of `app`."""
    app.extensions["slots"] = {}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        money=money,
        seoul_date=seoul_date,
        seoul_datetime=seoul_datetime,
        text=text,
        quoted=quoted,
        explained=explained,
        is_first_payment=outlook.is_first_payment,
    )
    app.jinja_env.globals.update(slot=slot, has_problem=has_problem)
    app.context_processor(
        lambda: {
            "lang": language.chosen(),
            "languages": language.LANGUAGES,
            "imp_sdk_url": app.config["IMP_SDK_URL"],
            "now": clock.now(),
        }
    )


def money(amount: Money) -> str:
    """Return an amount with its currency, as the reader's language writes it."""
    return amount.format(language.chosen())


def seoul_date(at: datetime) -> str:
    """Return the day in Seoul, written out in the reader's language."""
    return format_date(clock.in_seoul(at), "long", locale=language.chosen())


def seoul_datetime(at: datetime) -> str:
    """Return day and time in Seoul, to the second."""
    # CLDR writes "PM" in Korean, which Koreans do not use: show 24 hours.
    pattern = "y. M. d. HH:mm:ss" if language.chosen() == "ko" else "medium"
    return format_datetime(clock.in_seoul(at), pattern, tzinfo=clock.SEOUL, locale=language.chosen())


def text(words: Mapping[str, str]) -> str:
    """Return the reader's version of a sentence that is kept in both languages."""
    return words.get(language.chosen(), "") if words else ""


def quoted(words: str) -> Markup:
    """Return a sentence of a PG or of the payment service; on an English page, mark a Korean one for screen readers."""
    is_foreign = language.chosen() != "ko" and declines.HANGUL.search(words)
    return Markup('<span lang="ko">{}</span>').format(words) if is_foreign else Markup(escape(words))


def explained(words: str) -> Markup:
    """Return a PG's text about a payment that was not made, with its meaning before it if the reader needs one."""
    meaning = declines.meaning_of(words, language.chosen())
    return Markup('{} <small class="original">{}</small>').format(meaning, quoted(words)) if meaning else quoted(words)


def has_problem(*forms: FlaskForm | None) -> bool:
    """Whether the page answers an action that failed: a form has errors, a message is one, or it is an error's page."""
    has_message = bool(get_flashed_messages(category_filter=["error"]))
    is_error_page = request.method == "POST" and g.get("is_error", False)
    return has_message or is_error_page or any(form is not None and form.errors for form in forms)


def fill_slot(app: Flask, name: str, filler: Filler) -> None:
    """Add markup to a slot of the pages: `head`, `header`, `banner`, `sign_in`, `offers`, `phone`,
    `payment` (for staff: a link from a payment to the service's console) or `dock`.

    `filler` returns the markup on each request. It receives the facts that the page passes to the slot.
    """
    app.extensions["slots"].setdefault(name, []).append(filler)


def slot(name: str, **facts: Any) -> Markup:
    """Return the markup that extensions put into a slot, from the `facts` of the page. It is empty if none does."""
    fillers: list[Any] = current_app.extensions["slots"].get(name, [])
    return Markup("").join(Markup(filler(**facts)) for filler in fillers)
