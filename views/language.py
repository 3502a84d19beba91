"""The reader's language: the one they just chose, else their profile's, else their browser's, else Korean."""

from gettext import NullTranslations

from flask import Flask, g, request, session
from flask_babel import Babel, get_translations
from flask_login import current_user

from services import accounts

LANGUAGES = ("ko", "en")

babel = Babel()


def init_app(app: Flask) -> None:
    """Translate the pages of `app`, and let every address take `?lang=`."""
    babel.init_app(app, locale_selector=chosen, default_timezone="Asia/Seoul")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # Flask-Babel has added the extension
        gettext=lambda text: _translations().gettext(text),
        ngettext=lambda one, many, count: _translations().ngettext(one, many, count),
        newstyle=True,
    )
    app.before_request(remember_choice)


def remember_choice() -> None:
    """Switch to the language in `?lang=`, for this visit and in the profile of a signed-in user."""
    wanted = request.args.get("lang")
    if wanted in LANGUAGES:
        session["lang"] = wanted
        if current_user.is_authenticated:
            accounts.set_language(current_user, wanted)


def chosen() -> str:
    """Return the language of this request, `ko` or `en`. It is decided once and kept in `g`."""
    if "language" not in g:
        g.language = _chosen()
    return str(g.language)


def _translations() -> NullTranslations:
    """Return the translations of this request. Flask-Babel looks them up for each text, and a guide has hundreds."""
    if "translations" not in g:
        g.translations = get_translations()
    translations: NullTranslations = g.translations
    return translations


def _chosen() -> str:
    if session.get("lang") in LANGUAGES:
        return str(session["lang"])
    if current_user.is_authenticated and current_user.language in LANGUAGES:
        return str(current_user.language)
    return request.accept_languages.best_match(LANGUAGES, "ko")
