"""The health check, for a load balancer or a monitor."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

import clock
from services import health

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether database and payment service answer, and the breaker's state: 503 if either does not answer."""
    health.check_database()
    check = current_app.extensions["service_check"]
    problem = check.problem(now=clock.machine_now())
    return jsonify(database="ok", payment_service=problem or "ok", breaker=check.breaker), 503 if problem else 200
