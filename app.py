"""The shop's application. `create_app` reads as its table of contents."""

import os
import sys
from pathlib import Path

import click
from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix

import cli
import clock
import schema
import views
from config import PUBLISHED_STAFF, Config, ConfigError
from models import db
from services import accounts, guides, run_calls
from services.desk import Desk
from services.health import ServiceCheck
from services.iamport import IamportClient
from services.owners import EVERYONE, Group
from services.processes import Process
from services.webhooks import UnknownOrders
from views import assets, fragments, language, panes, private, prose, signed_in, templating
from views.limits import limiter

ROOT = Path(__file__).parent

migrate = Migrate()
csrf = CSRFProtect()
compress = Compress()

COMPRESSION = {
    "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "image/svg+xml"],
    "COMPRESS_ALGORITHM_STREAMING": ["zstd", "br", "gzip"],
    "COMPRESS_BR_LEVEL": 1,
    "COMPRESS_LEVEL": 3,
}
"""What a browser loads for a page, also as a file. JSON is read twice a second, and is short.

A higher level takes two to four times as long for a tenth fewer bytes.
"""


def create_app(config: Config | None = None, payments: IamportClient | None = None) -> Flask:
    """Return the shop's application.

    `payments` defaults to a client of the service that `config` names. Without `config` the environment decides; then a
    shop that cannot start ends the process with the reason, and no traceback.

    Raises:
        ConfigError: when a setting is missing or wrong, or the database holds the demonstration's member of staff, or
            the tables of another version.
    """
    if config is None:
        return _served(payments)
    app = Flask(__name__, static_url_path=assets.address(), instance_path=str(ROOT / "instance"))
    app.config.from_object(config)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = config.engine_options
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # a request is shown in the order in which it is sent
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        app.wsgi_app, x_for=config.TRUSTED_PROXIES, x_proto=config.TRUSTED_PROXIES, x_host=config.TRUSTED_PROXIES
    )
    app.extensions["desk"] = desk = _open_desk(config, payments)
    app.extensions["service_check"] = ServiceCheck(desk.client)
    app.extensions["unknown_orders"] = UnknownOrders()

    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    csrf.init_app(app)
    signed_in.init_app(app)
    limiter.init_app(app)
    language.init_app(app)
    templating.init_app(app)
    fragments.init_app(app)
    panes.init_app(app)
    prose.init_app(app)
    private.init_app(app)
    assets.init_app(app)
    app.config.update(COMPRESSION)
    compress.init_app(app)
    Talisman(app, **_browser_rules(config))  # a Talisman stores its rules, so each application needs its own

    views.register(app, csrf)
    cli.register(app)
    if not config.DEMO:  # a demonstration migrates its database itself
        _refuse_other_tables(app)
        _refuse_published_staff(app)
    return app


def _served(payments: IamportClient | None) -> Flask:
    """Return the application of the environment, or end the process: gunicorn expects 3, and `flask` ends with 2."""
    try:
        return create_app(Config.from_environ(os.environ), payments)
    except ConfigError as err:
        sys.stderr.write(f"{err}\n")
        raise SystemExit(2 if click.get_current_context(silent=True) else 3) from None


def _refuse_other_tables(app: Flask) -> None:
    """Raise `ConfigError` if the application is to serve, and the database has the tables of another version."""
    if not schema.is_made_for_a_command():
        with app.app_context():
            schema.check()


def _refuse_published_staff(app: Flask) -> None:
    """Raise `ConfigError` if the database holds the demonstration's member of staff, whose password is published.

    No user signs up as staff, so a demonstration created that account in the same database.
    """
    with app.app_context():
        try:
            user = accounts.by_email(PUBLISHED_STAFF)
        except DBAPIError:
            return  # the database is not migrated or not up yet
        if user is not None and user.is_staff:
            raise ConfigError(
                f"The shop cannot start: DATABASE_URL names a demonstration's database, in which {PUBLISHED_STAFF} has "
                "a published password. Name a database of the shop's own, or set DEMO=1 for a demonstration."
            )


def _open_desk(config: Config, payments: IamportClient | None) -> Desk:
    known = guides.load(ROOT / "guides")
    unknown = sorted(config.PG_CHANNELS.keys() - known.keys())
    if unknown:
        raise ConfigError(f"PG_CHANNELS names {', '.join(unknown)}; there are guides for {', '.join(known)}")
    return Desk(
        client=payments or _client(config),
        guides=known,
        channels=config.PG_CHANNELS,
        public_url=config.PUBLIC_URL,
        dunning_days=config.DUNNING_DAYS,
        claim_lifetime=config.CLAIM_LIFETIME,
        process=Process(),
        machine_now=clock.machine_now,
        time_of=lambda owner: clock.now(),
        groups=lambda: (Group(owners=EVERYONE, now=clock.now),),
        offers_retired=lambda: False,
        takes_test_payments=config.TEST_PAYMENTS,
    )


def _client(config: Config) -> IamportClient:
    return IamportClient(
        base_url=config.IMP_API_URL,
        key=config.IMP_KEY,
        secret=config.IMP_SECRET,
        timeout=config.IMP_TIMEOUT,
        read_timeout=config.IMP_WEB_TIMEOUT,
        places=config.IMP_WEB_THREADS,
        listener=run_calls.listener(clock.machine_now),
    )


def _browser_rules(config: Config) -> dict[str, object]:
    """Return the security headers: pages reach only our own files, and the payment service's script and windows."""
    ours, payment = "'self'", list(config.PAYMENT_ORIGINS)
    return {
        "content_security_policy": {
            "default-src": ours,
            "script-src": [ours, *payment],
            "connect-src": [ours, *payment],
            "frame-src": [ours, *payment],
            "form-action": [ours, *payment],  # on a phone, the service's script leaves the page with a form
            "img-src": [ours, "data:"],
            "object-src": "'none'",
            "base-uri": ours,
            "frame-ancestors": ours,
        },
        "force_https": config.SESSION_COOKIE_SECURE,
        "session_cookie_secure": config.SESSION_COOKIE_SECURE,
        "session_cookie_samesite": config.SESSION_COOKIE_SAMESITE,
        "frame_options": "SAMEORIGIN",
        "referrer_policy": "strict-origin-when-cross-origin",
    }
