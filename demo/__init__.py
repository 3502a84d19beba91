"""What only a demonstration needs: sample people, one-click sign-in, and one command that starts everything.

`create_app` wraps the shop's own. The shop does not know this package and works without it.
"""

from dataclasses import replace

from flask import Blueprint, Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_user

import app as shop
from config import Config, ConfigError, origin_of
from demo import clocks, own_time, tables
from demo.people import PEOPLE, account_of
from services.iamport import IamportClient
from views.account import next_page
from views.templating import fill_slot

bp = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")


def create_app(config: Config | None = None, payments: IamportClient | None = None) -> Flask:
    """Return the shop with sample people and one-click sign-in. The arguments are those of `app.create_app`.

    Raises:
        ConfigError: when `config` is not a demonstration's, because here anyone can sign in as any user.
    """
    app = shop.create_app(config, payments)
    if not app.config["DEMO"]:
        raise ConfigError("The demonstration cannot start: it lets anyone sign in as any user, so it needs DEMO=1.")
    app.extensions["desk"] = replace(app.extensions["desk"], time_of=clocks.time_of, groups=clocks.groups)
    with app.app_context():
        tables.create()
    own_time.init_app(app)
    app.register_blueprint(bp)
    console = origin_of(app.config["IMP_API_URL"])
    fill_slot(app, "banner", lambda: render_template("demo/banner.html", console=console))
    fill_slot(app, "run_here", lambda: render_template("demo/run_here.txt", config=app.config))
    fill_slot(app, "sign_in", lambda: render_template("demo/sign_in.html", people=PEOPLE, back=_back()))
    return app


@bp.post("/sessions/<person_id>")
def sign_in(person_id: str) -> ResponseReturnValue:
    """Sign in as one of the sample people."""
    user = account_of(person_id) or abort(404)
    login_user(user)
    return redirect(next_page())


def _back() -> str:
    """Return where a click on a person leads: to the page the visitor wanted, or back to the page with the people."""
    if request.endpoint == "account.sign_in":
        return request.args.get("next", "")
    return request.full_path.rstrip("?")
