"""``/payments/cancel``: giving money back."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import cancels, webhooks
from sandbox.api.access import authenticate, merchant
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import payment_object

bp = Blueprint("cancel", __name__, url_prefix="/payments/cancel")
bp.before_request(authenticate)


@bp.post("")
def cancel() -> Response:
    """The whole, or ``amount`` of it. The shop is told by webhook only where it asks for that."""
    payment = cancels.cancel(merchant(), fields())
    webhooks.announce(payment)
    return answer(payment_object(payment))
