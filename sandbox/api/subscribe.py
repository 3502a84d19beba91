"""``/subscribe/payments``: charging a stored key."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import rules, webhooks
from sandbox.api.access import authenticate, merchant
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import payment_object
from sandbox.clock import now
from sandbox.parameters import text

bp = Blueprint("subscribe", __name__, url_prefix="/subscribe/payments")
bp.before_request(authenticate)


@bp.post("/again")
def again() -> Response:
    """A decline is an answer like any other: ``code`` 0, and ``failed`` in the payment's ``status``."""
    body = fields()
    customer_uid = text(body, "customer_uid")
    rules.trip(merchant(), customer_uid, "error_before_charge")
    payment = rules.charge(merchant(), body, now())
    webhooks.announce(payment)
    rules.trip(merchant(), customer_uid, "error_after_charge")
    return answer(payment_object(payment))
