"""Serve the traits of the PGs, and what a PG knows of a payment or a key but the service does not return."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from ..facts import calls
from ..facts.pgs import PROFILES
from ..ledger.models import Payment
from ..merchants import clock
from ..rules import expiry, keys
from .incoming import merchant_in, payment_in, sent_fields

bp = Blueprint("control_pgs", __name__)


@bp.get("/control/pgs")
def pgs() -> Response:
    """Answer every profile, the default one first, with what the PG requires of each REST call as `required_by`.

    `sandbox/facts/pgs.py` explains the other fields.
    """
    return jsonify([{**asdict(profile), "required_by": calls.required_by(profile.code)} for profile in PROFILES])


@bp.get("/control/payments/<imp_uid>")
def payment(imp_uid: str) -> Response:
    """Answer `{imp_uid, profile, charged, probe}`. `charged` is whether money moved, whatever the status."""
    found = payment_in({"imp_uid": imp_uid})
    known = {"profile": found.profile.id, "charged": found.charged, "probe": _probe(found)}
    return jsonify(imp_uid=found.imp_uid, **known)


@bp.get("/control/keys/<customer_uid>")
def key(customer_uid: str) -> Response:
    """Answer `{customer_uid, profile, expires_at}`: from when on the key's card is declined; null for never."""
    found = keys.get(merchant_in(sent_fields()), customer_uid)
    expires_at = expiry.ends_at(found.expiry) if found.expiry else None
    return jsonify(customer_uid=customer_uid, profile=found.profile.id, expires_at=expires_at)


def _probe(payment: Payment) -> dict[str, Any] | None:
    """Return what the PG charged to verify the instrument, and refunds automatically; None when it charged nothing."""
    if not payment.probe_until:
        return None
    is_refunded = payment.probe_until <= clock.of(payment.merchant, payment.customer_uid)
    return {
        "amount": payment.profile.probe_amount,
        "currency": "KRW",
        "status": "cancelled" if is_refunded else "paid",
        "cancelled_at": payment.probe_until if is_refunded else 0,
    }
