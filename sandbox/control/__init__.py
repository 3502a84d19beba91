"""Levers the real service lacks, for tests and demonstrations. A shop never calls them.

JSON or form fields in, JSON out without the envelope; ``{"error": …}`` with HTTP 400 or 404 when a lever is
pulled wrongly. They need no token, and act on the default merchant unless ``merchant_code`` names another.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from sandbox.control import bank, clock, fidelity, levers, merchants, outcomes, pgs, webhooks
from sandbox.errors import Refused
from sandbox.models import db
from sandbox.parameters import Malformed

bp = Blueprint("control", __name__)
for room in (bank, clock, fidelity, levers, merchants, outcomes, pgs, webhooks):
    bp.register_blueprint(room.bp)


@bp.errorhandler(Malformed)
def _malformed(error: Malformed) -> ResponseReturnValue:
    return jsonify(error=str(error)), 400


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    return jsonify(error=error.message), error.http


@bp.get("/healthz")
def healthz() -> Response:
    """Answers when the database does."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok")
