"""The application factory of the sandbox."""

import sys
from collections.abc import Callable

from flask import Flask, g, request
from flask_babel import Babel
from sqlalchemy.exc import DatabaseError

from . import addresses, api, control, dashboard, openapi, reach, runner, sdk, windows, wirelog
from .config import Config
from .ledger import storage
from .merchants import clock, register
from .pages import LANGUAGES, language_of
from .rules import late, schedules
from .webhooks import delivery
from .windows import identity

CANNOT_START = 3
"""The exit code that gunicorn expects of a worker that cannot start."""


def create_app(
    config: Config | None = None, now: Callable[[], int] = clock.system, *, background: bool = True
) -> Flask:
    """Create the sandbox, ready to serve. `now` returns Unix seconds; a test passes its own.

    Without `background` nothing runs automatically: schedules wait for `sandbox.runner.turn`. Without `config` the
    environment decides; then a setting that cannot be used ends the process with one sentence.

    Raises:
        ValueError: when a setting of `config` cannot be used.
    """
    if config is None:
        return _served(now, background=background)
    app = Flask(__name__)
    app.url_map.strict_slashes = False
    addresses.init_app(app)
    app.config["BABEL_DEFAULT_LOCALE"] = "ko"
    app.extensions["sandbox_config"] = config
    app.extensions["sandbox_clock"] = now

    storage.init_app(app, config.DATABASE_URL)
    with app.app_context():
        try:
            register.add_default(config)
        except DatabaseError as err:
            raise ValueError(f"cannot use {config.DATABASE_URL} as the ledger: {err.orig}") from None
    Babel(app, locale_selector=_locale)
    reach.init_app(app)
    wirelog.init_app(app)
    api.init_app(app)
    app.register_blueprint(control.bp)
    for pages in (sdk, identity, windows, dashboard, openapi):
        app.register_blueprint(pages.bp)
    if background:
        runner.start(app, schedules.run_due, late.run_due, delivery.send_due, wirelog.flush)
    return app


def _served(now: Callable[[], int], *, background: bool) -> Flask:
    """Create the sandbox from the environment, for a server that prints a traceback for every error but an exit.

    gunicorn takes the exit code for a worker that cannot start, and ends.
    """
    try:
        return create_app(Config.from_environ(), now, background=background)
    except ValueError as err:
        sys.stderr.write(f"The sandbox cannot start: {err}\n")
        raise SystemExit(CANNOT_START) from None


def _locale() -> str:
    """Return the language of `?lang=`, else of the window's payment (`g.language`), else of the browser."""
    chosen = language_of(request.args.get("lang"), g.get("language"))
    return chosen or request.accept_languages.best_match(LANGUAGES) or "ko"
