"""What happens at a bank counter: somebody pays into a virtual account."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from sandbox import vbanks, webhooks
from sandbox.clock import of
from sandbox.control.asking import asked, payment_in

bp = Blueprint("bank", __name__)


@bp.post("/control/deposits")
def deposit() -> Response:
    """``{"imp_uid"}``: pay the amount of a virtual account that waits for it; the shop is told by webhook."""
    payment = payment_in(asked())
    webhooks.announce(vbanks.deposit(payment, of(payment.merchant)))
    return jsonify(imp_uid=payment.imp_uid, status=payment.status)
