"""The plans that the shop sells."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from services import catalog, offers
from views.incoming import desk

bp = Blueprint("catalog", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the plans on sale, for visitors too."""
    return render_template("catalog/index.html", plans=catalog.plans_on_sale())


@bp.get("/plans/<slug>")
def plan(slug: str) -> ResponseReturnValue:
    """Show one plan and the PGs on offer that can charge its currency."""
    chosen = catalog.plan_on_sale(slug)
    methods = offers.by_method(offers.for_currency(desk(), chosen.currency))
    return render_template("catalog/plan.html", plan=chosen, methods=methods)
