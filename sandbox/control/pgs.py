"""The PGs the sandbox plays, trait by trait, and what a PG knows of a payment that the service does not tell."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from ..facts.pgs import PROFILES
from ..ledger.models import Payment
from ..merchants import clock
from .asking import payment_in

bp = Blueprint("control_pgs", __name__)


@bp.get("/control/pgs")
def pgs() -> Response:
    """Every profile as `sandbox/facts/pgs.py` explains it, the default one first."""
    return jsonify([asdict(profile) for profile in PROFILES])


@bp.get("/control/payments/<imp_uid>")
def payment(imp_uid: str) -> Response:
    """`{imp_uid, profile, charged, probe}`: `charged` says whether money moved, whatever the status."""
    found = payment_in({"imp_uid": imp_uid})
    known = {"profile": found.profile.id, "charged": found.charged, "probe": _probe(found)}
    return jsonify(imp_uid=found.imp_uid, **known)


def _probe(payment: Payment) -> dict[str, Any] | None:
    """What the PG took to try the instrument out, and gives back by itself; None when it took nothing."""
    if not payment.probe_until:
        return None
    given_back = payment.probe_until <= clock.of(payment.merchant, payment.customer_uid)
    return {
        "amount": payment.profile.probe_amount,
        "currency": "KRW",
        "status": "cancelled" if given_back else "paid",
        "cancelled_at": payment.probe_until if given_back else 0,
    }
