"""Levers the real service lacks, for tests and demonstrations. A shop never calls them.

JSON or form fields in, JSON out without the envelope; ``{"error": …}`` with HTTP 400 or 404 when a lever is
pulled wrongly. They need no token, and act on the default merchant unless ``merchant_code`` names another.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select, text

from sandbox import storage, webhooks
from sandbox.api.body import fields
from sandbox.errors import Refused
from sandbox.models import Fault, Merchant, Payment, db, exclusive
from sandbox.parameters import Malformed, number, required_text
from sandbox.parameters import text as text_of

bp = Blueprint("control", __name__)

MOST_COPIES = 2
LONGEST_DELAY = 3600
FAULT_KINDS = ("error_before_charge", "error_after_charge")


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


@bp.post("/control/reset")
def reset() -> Response:
    """Forget everything and put every lever back: as on the first start. Tokens die, too."""
    storage.erase()
    storage.add_merchant(current_app.extensions["sandbox_config"])
    return jsonify(reset=True)


@bp.get("/control/idle")
def idle() -> Response:
    """``{"idle": true}`` once no webhook is queued or under way: what a test waits for."""
    return jsonify(idle=webhooks.is_idle())


@bp.post("/control/webhooks")
def set_webhooks() -> Response:
    """``{"copies": 0 | 1 | 2, "delay": seconds}`` for the approvals from now on: lost, as usual, twice, late."""
    body = fields()
    merchant = _merchant(body)
    with exclusive(merchant):
        merchant.webhook_copies = int(_between(body, "copies", MOST_COPIES, merchant.webhook_copies))
        merchant.webhook_delay = _between(body, "delay", LONGEST_DELAY, merchant.webhook_delay)
    return jsonify(copies=merchant.webhook_copies, delay=merchant.webhook_delay)


@bp.post("/control/webhooks/deliver")
def deliver() -> Response:
    """``{"imp_uid"}``: notify the shop again, now, of the payment's present status, and tell what it answered."""
    body = fields()
    payment = db.session.scalar(select(Payment).where(Payment.imp_uid == required_text(body, "imp_uid")))
    if payment is None:
        raise Refused(-1, "no payment has this imp_uid", http=404)
    deliveries = webhooks.redeliver(payment)
    if not deliveries:
        raise Malformed("the payment has no notice_url and its merchant no webhook URL")
    answers = [{"url": d.url, "status": d.http_status, "error": d.error} for d in deliveries]
    return jsonify(imp_uid=payment.imp_uid, status=answers[-1]["status"], deliveries=answers)


@bp.post("/control/faults")
def add_fault() -> Response:
    """``{"kind", "customer_uid"?, "times"?}``: the next ``/again`` answers HTTP 500, before or after charging."""
    body = fields()
    kind = required_text(body, "kind")
    if kind not in FAULT_KINDS:
        raise Malformed(f"kind must be one of {', '.join(FAULT_KINDS)}")
    merchant = _merchant(body)
    fault = Fault(merchant_id=merchant.id, customer_uid=text_of(body, "customer_uid"), kind=kind)
    fault.times = int(_between(body, "times", 1000, 1))
    with exclusive(merchant):
        db.session.add(fault)
    return jsonify(kind=fault.kind, customer_uid=fault.customer_uid, times=fault.times)


@bp.post("/control/strictness")
def set_strictness() -> Response:
    """``{"strict": true | false}``: also refuse what only the official schema forbids."""
    body = fields()
    if not isinstance(body.get("strict"), bool):
        raise Malformed("strict must be true or false")
    merchant = _merchant(body)
    with exclusive(merchant):
        merchant.strict = body["strict"]
    return jsonify(strict=merchant.strict)


def _merchant(body: dict[str, Any]) -> Merchant:
    code = text_of(body, "merchant_code") or current_app.extensions["sandbox_config"].MERCHANT_CODE
    merchant = db.session.scalar(select(Merchant).where(Merchant.code == code))
    if merchant is None:
        raise Refused(-1, "no merchant has this code", http=404)
    return merchant


def _between(body: dict[str, Any], name: str, most: int, default: float) -> float:
    value = number(body, name)
    if value is None:
        return default
    if not value.is_finite() or not 0 <= value <= most:
        raise Malformed(f"{name} must be between 0 and {most}")
    return float(value)
