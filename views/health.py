"""The health check, for a load balancer or a monitor."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

import clock
from services import health

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether database and payment service answer, and the breaker's state: 503 if either does not answer."""
    check = current_app.extensions["service_check"]
    problems = {"database": health.database_problem(), "payment_service": check.problem(now=clock.machine_now())}
    states = {name: problem or "ok" for name, problem in problems.items()}
    return jsonify(**states, breaker=check.breaker), 503 if any(problems.values()) else 200
