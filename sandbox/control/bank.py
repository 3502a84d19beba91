"""Play the buyer at the bank, who pays into a virtual account."""

from flask import Blueprint, Response, jsonify

from ..merchants.clock import of
from ..products import vbanks
from ..webhooks import delivery
from .incoming import payment_in, sent_fields

bp = Blueprint("bank", __name__)


@bp.post("/control/deposits")
def deposit() -> Response:
    """Read `{"imp_uid"}`. Pay the amount into the virtual account that waits for it, and notify the shop by webhook."""
    payment = payment_in(sent_fields())
    delivery.announce(vbanks.deposit(payment, of(payment.merchant)))
    return jsonify(imp_uid=payment.imp_uid, status=payment.status)
