"""The health check, for a load balancer or a monitor."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

import clock
from services import health

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether the database and the payment service answer: 503 if either does not. The answer holds nothing else."""
    health.check_database()
    problem = current_app.extensions["service_check"].problem(now=clock.machine_now())
    return jsonify(database="ok", payment_service=problem or "ok"), 503 if problem else 200
