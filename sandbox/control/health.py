"""Report whether the sandbox can work: `/healthz`."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from ..ledger.models import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Answer `{"status": "ok"}` when the database answers."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok")
