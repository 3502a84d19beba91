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
    """Cancel a payment, or `amount` of it. Send a webhook only if the call requests one with `enable_webhook`."""
    payment = cancels.cancel(merchant(), fields())
    delivery.announce(payment)
    return answer(payment_object(payment))
