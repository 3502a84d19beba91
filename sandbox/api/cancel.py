"""`/payments/cancel`: refunds."""

from flask import Blueprint, Response

from ..rules import cancels
from ..webhooks import delivery
from .access import authenticate, merchant
from .body import fields
from .envelope import answer
from .objects import payment_object

bp = Blueprint("cancel", __name__, url_prefix="/payments/cancel")
bp.before_request(authenticate)


@bp.post("")
def cancel() -> Response:
    """Cancel a payment, or `amount` of it. The shop receives a webhook only if it asks for one."""
    payment = cancels.cancel(merchant(), fields())
    delivery.announce(payment)
    return answer(payment_object(payment))
