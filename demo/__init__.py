"""What only a demonstration needs: sample people, one click to be one of them, and one command to start it all.

`DEMO=1` switches it on. The shop calls `register` by name and knows nothing else of this package.
"""

from flask import Blueprint, Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_user

from config import origin_of
from demo.people import PEOPLE, account_of
from views.account import next_page
from views.templating import fill_slot

bp = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")


def register(app: Flask) -> None:
    app.register_blueprint(bp)
    console = origin_of(app.config["IMP_API_URL"])
    fill_slot(app, "banner", lambda: render_template("demo/banner.html", console=console))
    fill_slot(app, "sign_in", lambda: render_template("demo/sign_in.html", people=PEOPLE, back=_back()))


@bp.post("/sessions/<person_id>")
def sign_in(person_id: str) -> ResponseReturnValue:
    """Be one of the sample people."""
    user = account_of(person_id) or abort(404)
    login_user(user)
    return redirect(next_page())


def _back() -> str:
    """Where a click on a person leads: to what they wanted, or to the page that offered to sign in."""
    if request.endpoint == "account.sign_in":
        return request.args.get("next", "")
    return request.full_path.rstrip("?")
