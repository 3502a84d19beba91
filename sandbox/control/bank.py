"""Play the buyer at the bank, who pays into a virtual account."""

from flask import Blueprint, Response, jsonify

from ..merchants.clock import of
from ..products import vbanks
from ..webhooks import delivery
from .asking import asked, payment_in

bp = Blueprint("bank", __name__)


@bp.post("/control/deposits")
def deposit() -> Response:
    """Read `{"imp_uid"}`. Pay the amount into the virtual account that waits for it, and notify the shop by webhook."""
    payment = payment_in(asked())
    delivery.announce(vbanks.deposit(payment, of(payment.merchant)))
    return jsonify(imp_uid=payment.imp_uid, status=payment.status)
