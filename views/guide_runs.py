"""The runs of a guide, for the guide's page: what the page reports, and what became of the run. Only its owner."""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

import clock
from errors import InvalidRequest
from services import guide_runs, run_events, run_report
from views.incoming import sent_object, sent_text

bp = Blueprint("guide_runs", __name__, url_prefix="/guides/runs/<run_id>")

LONGEST_REPORT = 4096
"""Bytes of what a page may report of one event."""


@bp.get("")
@login_required
def show(run_id: str) -> ResponseReturnValue:
    """Return what was sent, what came back and what the server compared, for each window of the run."""
    return jsonify(run_report.of(guide_runs.orders_of(run_id, user=current_user)))


@bp.post("/events")
@login_required
def report(run_id: str) -> ResponseReturnValue:
    """Record what happened in the browser: `{merchant_uid, event, device, facts}`."""
    facts = _sent_facts()
    texts = {name: sent_text(name) for name in ("merchant_uid", "event", "device")}
    run_events.report(user=current_user, run_id=run_id, **texts, facts=facts, now=clock.now())
    return jsonify(recorded=True), 201


def _sent_facts() -> dict[str, Any]:
    """Return the facts of the report.

    Raises:
        InvalidRequest: when the body is too long, is not a JSON object, or its facts are none.
    """
    if len(request.get_data(cache=True)) > LONGEST_REPORT:
        raise InvalidRequest("the report of an event is too long")
    facts = sent_object().get("facts", {})
    if not isinstance(facts, dict):
        raise InvalidRequest("the facts of an event are not a JSON object")
    return facts
