"""`/control/fidelity`: how sure we are of what the sandbox does."""

from flask import Blueprint, Response, jsonify

from ..facts import fidelity

bp = Blueprint("fidelity", __name__)


@bp.get("/control/fidelity")
def show() -> Response:
    """`{"behaviours": [{"id", "title_ko", "title_en", "certainty", "source", "switch"}]}`."""
    return jsonify(behaviours=fidelity.as_json())
