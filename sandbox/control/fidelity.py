"""`/control/fidelity`: how certain each behaviour of the sandbox is, and why."""

from flask import Blueprint, Response, jsonify

from ..facts import fidelity

bp = Blueprint("fidelity", __name__)


@bp.get("/control/fidelity")
def show() -> Response:
    """Answer `{"behaviours": [{"id", "title_ko", "title_en", "certainty", "source", "switch"}]}`."""
    return jsonify(behaviours=fidelity.as_json())
