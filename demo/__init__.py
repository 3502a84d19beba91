"""What only a demonstration needs: sample people, a clock for each, and one command that starts everything.

`create_app` wraps the shop's own. The shop does not know this package and works without it.
"""

from dataclasses import replace

from flask import Flask, render_template

import app as shop
from config import Config, ConfigError
from demo import (
    clocks,
    declines,
    header,
    own_time,
    phone,
    restrictions,
    retired,
    source,
    tables,
    timeline,
    views,
    words,
)
from services.iamport import IamportClient
from views.templating import fill_slot


def create_app(config: Config | None = None, payments: IamportClient | None = None) -> Flask:
    """Return the shop with sample people, each with a clock. The arguments are those of `app.create_app`.

    Raises:
        ConfigError: when `config` is not a demonstration's, because here anyone can sign in as any user.
    """
    app = shop.create_app(config, payments)
    if not app.config["DEMO"]:
        raise ConfigError("The demonstration cannot start: it lets anyone sign in as any user, so it needs DEMO=1.")
    app.extensions["desk"] = replace(
        app.extensions["desk"], time_of=clocks.time_of, groups=clocks.groups, offers_retired=retired.are_offered
    )
    with app.app_context():
        tables.create()
    restrictions.init_app(app)
    own_time.init_app(app)
    app.register_blueprint(views.bp)
    app.register_blueprint(source.bp)
    phone.init_app(app)
    timeline.init_app(app)
    app.register_blueprint(declines.bp)
    app.register_blueprint(retired.bp)
    app.jinja_env.filters.update(short_date=words.short_date, day_of_year=words.day_of_year, distance=words.distance)
    fill_slot(app, "head", lambda: render_template("demo/head.html"))
    fill_slot(app, "header", header.chip)
    fill_slot(app, "banner", header.banner)
    fill_slot(app, "again", lambda: render_template("demo/decline.html"))
    fill_slot(app, "offers", retired.switch_for)
    fill_slot(app, "run_here", lambda: render_template("demo/run_here.txt", config=app.config))
    fill_slot(app, "sign_in", header.people_to_be)
    return app
