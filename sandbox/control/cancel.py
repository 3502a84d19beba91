"""Play the cancel button of the merchant's console: `/control/cancel`."""

from flask import Blueprint, Response, jsonify

from ..api.objects import payment_object
from ..rules import cancels
from ..webhooks import delivery
from .incoming import payment_in, sent_fields

bp = Blueprint("cancel", __name__)


@bp.post("/control/cancel")
def cancel() -> Response:
    """Read `{"imp_uid", "amount"?, "reason"?}`. Cancel as from the console, which always sends a webhook."""
    body = sent_fields()
    cancelled = cancels.cancel(payment_in(body).merchant, body, in_console=True)
    delivery.announce(cancelled)
    return jsonify(payment_object(cancelled))
