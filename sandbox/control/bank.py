"""What happens at a bank counter: somebody pays into a virtual account."""

from flask import Blueprint, Response, jsonify

from ..merchants.clock import of
from ..products import vbanks
from ..webhooks import delivery
from .asking import asked, payment_in

bp = Blueprint("bank", __name__)


@bp.post("/control/deposits")
def deposit() -> Response:
    """`{"imp_uid"}`: pay the amount of a virtual account that waits for it; the shop is told by webhook."""
    payment = payment_in(asked())
    delivery.announce(vbanks.deposit(payment, of(payment.merchant)))
    return jsonify(imp_uid=payment.imp_uid, status=payment.status)
