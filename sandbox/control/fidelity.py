"""`/control/fidelity`: what the sandbox serves of the official API, and how certain it and each behaviour are."""

from flask import Blueprint, Response, jsonify

from ..facts import fidelity
from ..openapi import fidelity as api

bp = Blueprint("fidelity", __name__)


@bp.get("/control/fidelity")
def show() -> Response:
    """Answer `{"summary", "calls", "field_tests", "behaviours"}`."""
    return jsonify(
        summary=api.summary(), calls=api.as_json(), field_tests=api.FIELD_TESTS, behaviours=fidelity.as_json()
    )
