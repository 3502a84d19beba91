"""Play the buyer at Naver, without a window of a shop: order, receive, decide, request a cancel, return or exchange."""

from flask import Blueprint, Response, jsonify

from ..ledger.models import Payment
from ..merchants.clock import of
from ..products import naver_orders
from ..webhooks import delivery
from ..wire.parameters import missing, word
from .incoming import merchant_in, payment_in, sent_fields

bp = Blueprint("naver_buyers", __name__)


@bp.post("/control/naver/orders")
def order() -> Response:
    """Read `{"products"?, "merchant_uid"?, …}`. Order and pay at Naver, and notify the shop by webhook."""
    body = sent_fields()
    merchant = merchant_in(body)
    payment = naver_orders.order(merchant, body, of(merchant))
    delivery.announce(payment)
    return _answer(payment)


@bp.post("/control/naver/steps")
def step() -> Response:
    """Read `{"imp_uid", "step", "product_order_id"?}`. Do the buyer's `step` with one product, several or all."""
    body = sent_fields()
    name = word(body, "step", tuple(naver_orders.STEPS))
    if name is None:
        raise missing("step")
    payment = payment_in(body)
    naver_orders.act(payment, naver_orders.STEPS[name], body, of(payment.merchant))
    return _answer(payment)


def _answer(payment: Payment) -> Response:
    products = [
        {"product_order_id": product.product_order_id, "product_order_status": product.status}
        for product in naver_orders.of(payment)
    ]
    return jsonify(
        imp_uid=payment.imp_uid, merchant_uid=payment.merchant_uid, status=payment.status, product_orders=products
    )
