"""Plan how the next charge or window ends: `/control/outcomes`, and `/control/faults` for the two oldest outcomes.

A planned outcome is for one `customer_uid` or, without it, for the next charge or window of any customer. Each play
uses up one of its `times`.
"""

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import delete

from ..ledger.models import PlannedOutcome, db
from ..ledger.transactions import exclusive
from ..rules.outcomes import OUTCOMES, planned
from ..wire.parameters import Malformed, required_text, text
from .incoming import between, merchant_in, sent_fields

bp = Blueprint("outcomes", __name__)

FAULT_KINDS = ("error_before_charge", "error_after_charge")
PLACES = ("any", "charge", "window")
MAX_TIMES = 1000
MAX_SECONDS = 30 * 24 * 3600
"""The longest delay of a late approval."""


@bp.get("/control/outcomes")
def show() -> Response:
    """Answer the planned outcomes that are left, next first, as `orders`, and those that can be planned as `outcomes`.

    The shape is `{"orders": [{"id", "outcome", "customer_uid", "place", "seconds", "times"}], "outcomes":
    {name: {…}}}`.
    """
    merchant = merchant_in(sent_fields())
    known = {
        outcome.name: {
            "title_ko": outcome.title_ko,
            "title_en": outcome.title_en,
            "places": outcome.places,
            "seconds": outcome.seconds,
        }
        for outcome in OUTCOMES.values()
    }
    return jsonify(orders=[_as_json(left) for left in planned(merchant)], outcomes=known)


@bp.post("/control/outcomes")
def plan() -> Response:
    """Read `{"outcome", "customer_uid"?, "place"?, "times"?, "seconds"?}`. Plan how the next charge or window ends.

    `place` is `charge`, `window` or `any` (both, where the outcome can happen in both). `seconds` is the delay of a
    late outcome. `times` is how often the outcome is played, 1 by default.
    """
    body = sent_fields()
    return jsonify(_plan(body, _known(required_text(body, "outcome"))))


@bp.delete("/control/outcomes")
def withdraw() -> Response:
    """Delete the planned outcomes that are left, or with `customer_uid` only those of this customer."""
    body = sent_fields()
    merchant, customer_uid = merchant_in(body), text(body, "customer_uid")
    removal = delete(PlannedOutcome).where(PlannedOutcome.merchant_id == merchant.id)
    with exclusive(merchant):
        db.session.execute(
            removal if customer_uid is None else removal.where(PlannedOutcome.customer_uid == customer_uid)
        )
    return jsonify(orders=[_as_json(left) for left in planned(merchant)])


@bp.post("/control/faults")
def add_fault() -> Response:
    """Read `{"kind", "customer_uid"?, "times"?}`. Make the next `/again` answer HTTP 500, before or after charging."""
    body = sent_fields()
    kind = required_text(body, "kind")
    if kind not in FAULT_KINDS:
        raise Malformed(f"kind must be one of {', '.join(FAULT_KINDS)}")
    fault = _plan(body, kind)
    return jsonify(kind=kind, customer_uid=fault["customer_uid"], times=fault["times"])


def _plan(body: dict[str, Any], outcome: str) -> dict[str, Any]:
    """Store a planned outcome and return it as JSON. Raises `Malformed`."""
    merchant = merchant_in(body)
    place = text(body, "place") or "any"
    if place not in PLACES or (place != "any" and place not in OUTCOMES[outcome].places):
        raise Malformed(f"{outcome} can be queued for {', '.join(('any', *OUTCOMES[outcome].places))}")
    late = text(body, "seconds") is not None
    new = PlannedOutcome(
        merchant_id=merchant.id,
        outcome=outcome,
        place=place,
        customer_uid=text(body, "customer_uid"),
        seconds=int(between(body, "seconds", MAX_SECONDS, 0)) if late else None,
        times=int(between(body, "times", MAX_TIMES, 1)),
    )
    with exclusive(merchant):
        db.session.add(new)
    return _as_json(new)


def _known(name: str) -> str:
    if name not in OUTCOMES:
        raise Malformed(f"outcome must be one of {', '.join(OUTCOMES)}")
    return name


def _as_json(outcome: PlannedOutcome) -> dict[str, Any]:
    names = ("id", "outcome", "customer_uid", "place", "seconds", "times")
    return {name: getattr(outcome, name) for name in names}
