"""The shelves, and a sign of life."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from models import db
from services import catalog, guides
from services.iamport import IamportError
from views import desk

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
    db.session.execute(text("SELECT 1"))
    try:
        desk().client.ping()
    except IamportError as err:
        return jsonify(database="ok", payment_service=type(err).__name__), 503
    return jsonify(database="ok", payment_service="ok")
