"""A switch of each browser: offer the PGs that have left the market at checkout too. The sandbox still plays them."""

from flask import Blueprint, has_request_context, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from demo import header
from views.incoming import desk, leads_out

bp = Blueprint("demo_retired", __name__, url_prefix="/demo/retired-pgs", template_folder="templates")

KEY = "offers_retired"


def are_offered() -> bool:
    """Return whether this browser is offered retired PGs: `Desk.offers_retired` of the demonstration."""
    return has_request_context() and bool(session.get(KEY))


def switch_for(currency: str) -> str:
    """Return the switch for a page that offers PGs, or nothing where no retired PG takes the currency."""
    guides = [guide for guide in desk().guides.values() if guide.is_retired and currency in guide.currencies]
    if not guides:
        return ""
    return render_template("demo/retired.html", guides=guides, are_offered=are_offered(), back=header.this_page())


@bp.post("")
def switch() -> ResponseReturnValue:
    """Offer retired PGs to this browser, or stop offering them."""
    session[KEY] = request.form.get("offered") == "yes"
    wanted = request.form.get("next", "")
    return redirect(url_for("catalog.index") if leads_out(wanted) else wanted)
