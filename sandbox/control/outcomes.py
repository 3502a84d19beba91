"""What comes of the next charge or window: `/control/outcomes`, and `/control/faults` for its two oldest kinds.

A planned outcome is for one `customer_uid` or, without, for the next of any; it is used up by being played.
"""

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import delete

from ..ledger.models import PlannedOutcome, db
from ..ledger.transactions import exclusive
from ..rules.outcomes import OUTCOMES, planned
from ..wire.parameters import Malformed, required_text, text
from .asking import asked, between, merchant_in

bp = Blueprint("outcomes", __name__)

FAULT_KINDS = ("error_before_charge", "error_after_charge")
PLACES = ("any", "charge", "window")
MOST_TIMES = 1000
LONGEST = 30 * 24 * 3600
"""Seconds; also the longest a late approval can be late."""


@bp.get("/control/outcomes")
def show() -> Response:
    """`{"orders": [{"id", "outcome", "customer_uid", "place", "seconds", "times"}], "outcomes": {name: {…}}}`:
    what is still to be played, next first, and what there is to plan."""
    merchant = merchant_in(asked())
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
    """`{"outcome", "customer_uid"?, "place"?, "times"?, "seconds"?}`: what the next charge or window comes to.

    `place` is `charge`, `window` or `any` (both, where the outcome can happen in both); `seconds` is how
    late, for an outcome that is late; `times` how often it is played, 1 unless said.
    """
    body = asked()
    return jsonify(_plan(body, _known(required_text(body, "outcome"))))


@bp.delete("/control/outcomes")
def withdraw() -> Response:
    """Forget every planned outcome that has not been played, or those for one `customer_uid`."""
    body = asked()
    merchant, customer_uid = merchant_in(body), text(body, "customer_uid")
    doomed = delete(PlannedOutcome).where(PlannedOutcome.merchant_id == merchant.id)
    with exclusive(merchant):
        db.session.execute(
            doomed if customer_uid is None else doomed.where(PlannedOutcome.customer_uid == customer_uid)
        )
    return jsonify(orders=[_as_json(left) for left in planned(merchant)])


@bp.post("/control/faults")
def add_fault() -> Response:
    """`{"kind", "customer_uid"?, "times"?}`: the next `/again` answers HTTP 500, before or after charging."""
    body = asked()
    kind = required_text(body, "kind")
    if kind not in FAULT_KINDS:
        raise Malformed(f"kind must be one of {', '.join(FAULT_KINDS)}")
    fault = _plan(body, kind)
    return jsonify(kind=kind, customer_uid=fault["customer_uid"], times=fault["times"])


def _plan(body: dict[str, Any], outcome: str) -> dict[str, Any]:
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
        seconds=int(between(body, "seconds", LONGEST, 0)) if late else None,
        times=int(between(body, "times", MOST_TIMES, 1)),
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
