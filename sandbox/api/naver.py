"""`/payments/{imp_uid}/naver` and `/naver`: what a shop does with orders of Naver Pay's order form."""

from flask import Blueprint, Response

from ..merchants.clock import of
from ..products import naver_orders
from ..rules import pg_checks
from .access import authenticate, merchant
from .body import fields, query
from .envelope import answer
from .objects import product_order_object, review_object
from .wallets import paid_with

bp = Blueprint("naver", __name__)
bp.before_request(authenticate)


def act(imp_uid: str, call: str) -> Response:
    """Move products. Answer 200 if all of them moved, 207 with the moved ones if some did, an error if none did."""
    payment = paid_with(imp_uid, "order_form")
    sent = fields()
    pg_checks.check_call(merchant(), f"POST /payments/{{imp_uid}}/naver/{call}", sent, payment.profile)
    moved, complete = naver_orders.act(payment, naver_orders.CALLS[call], sent, of(merchant()))
    return answer([product_order_object(product) for product in moved], http=200 if complete else 207)


for name in naver_orders.CALLS:
    path = f"/payments/<imp_uid>/naver/{name}"
    bp.add_url_rule(path, endpoint=name, view_func=act, methods=["POST"], defaults={"call": name})


@bp.get("/payments/<imp_uid>/naver/product-orders")
def product_orders(imp_uid: str) -> Response:
    """Answer with every product of one order."""
    products = naver_orders.of(paid_with(imp_uid, "order_form"))
    return answer([product_order_object(product) for product in products])


@bp.get("/naver/product-orders/<product_order_id>")
def product_order(product_order_id: str) -> Response:
    """Answer with one product; 404 if the shop has no such product."""
    return answer(product_order_object(naver_orders.get(merchant(), product_order_id)))


@bp.get("/naver/reviews")
def reviews() -> Response:
    """Answer with a review of each product finished in a range of time. Read the query and the body."""
    sent = {**query(), **fields()}
    products = naver_orders.reviewed(merchant(), sent)
    return answer([review_object(product, sent["review_type"]) for product in products])
