"""The plans that the shop sells."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from services import catalog, offers
from views.incoming import desk

bp = Blueprint("catalog", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the plans that a buyer can pay for, to visitors too."""
    plans = [plan for plan in catalog.plans_on_sale() if offers.can_sell(desk(), plan)]
    return render_template("catalog/index.html", plans=plans)


@bp.get("/plans/<slug>")
def plan(slug: str) -> ResponseReturnValue:
    """Show one plan and the PGs on offer that can charge its currency."""
    chosen = catalog.plan_on_sale(slug)
    methods = offers.by_method(offers.for_currency(desk(), chosen.currency))
    return render_template("catalog/plan.html", plan=chosen, methods=methods)
