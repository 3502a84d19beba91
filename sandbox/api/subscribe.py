"""``/subscribe/payments``: charging a stored key, or a card by its number. Reservations are in `schedules`."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import charges, rules, webhooks
from sandbox.api.access import authenticate, merchant
from sandbox.api.answers import spoil
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import payment_object
from sandbox.clock import of
from sandbox.models import Payment
from sandbox.parameters import text

bp = Blueprint("subscribe", __name__, url_prefix="/subscribe/payments")
bp.before_request(authenticate)


@bp.post("/again")
def again() -> Response:
    """A decline is an answer like any other: ``code`` 0, and ``failed`` in the payment's ``status``."""
    body = fields()
    return _answer(rules.charge(merchant(), body, of(merchant(), text(body, "customer_uid"))))


@bp.post("/onetime")
@bp.post("/foreign")
def onetime() -> Response:
    """``foreign`` is its old name for cards from abroad; clients know it, the schema no longer does."""
    body = fields()
    return _answer(charges.charge_card(merchant(), body, of(merchant(), text(body, "customer_uid"))))


def _answer(payment: Payment) -> Response:
    webhooks.announce(payment)
    shown = payment_object(payment)  # before the wait: a test may forget everything meanwhile
    spoil(payment)
    return answer(shown)
