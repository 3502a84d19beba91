"""The shelves, and a sign of life."""

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

import clock
from services import catalog, guides, health
from views.incoming import desk

bp = Blueprint("catalog", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    return render_template("catalog/index.html", plans=catalog.plans_on_sale())


@bp.get("/plans/<slug>")
def plan(slug: str) -> ResponseReturnValue:
    chosen = catalog.plan_on_sale(slug)
    offers = guides.for_currency(desk().guides, chosen.currency)
    return render_template("catalog/plan.html", plan=chosen, guides=offers)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether the database and the payment service answer. Says nothing else."""
    health.check_database()
    problem = current_app.extensions["service_check"].problem(now=clock.now())
    return jsonify(database="ok", payment_service=problem or "ok"), 503 if problem else 200
