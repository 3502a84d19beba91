"""`/payments/{imp_uid}/naver` and `/naver`: what a shop does with orders of Naver Pay's order form."""

from flask import Blueprint, Response

from ..merchants.clock import of
from ..products import naver_orders
from .access import authenticate, merchant
from .body import fields, query
from .envelope import answer
from .objects import product_order_object, review_object
from .wallets import paid_with

bp = Blueprint("naver", __name__)
bp.before_request(authenticate)


def act(imp_uid: str, call: str) -> Response:
    """200 when each product went, 207 with those that did when some; when none went it is an error."""
    payment = paid_with(imp_uid, "order_form")
    moved, each = naver_orders.act(payment, naver_orders.CALLS[call], fields(), of(merchant()))
    return answer([product_order_object(product) for product in moved], http=200 if each else 207)


for name in naver_orders.CALLS:
    path = f"/payments/<imp_uid>/naver/{name}"
    bp.add_url_rule(path, endpoint=name, view_func=act, methods=["POST"], defaults={"call": name})


@bp.get("/payments/<imp_uid>/naver/product-orders")
def product_orders(imp_uid: str) -> Response:
    products = naver_orders.of(paid_with(imp_uid, "order_form"))
    return answer([product_order_object(product) for product in products])


@bp.get("/naver/product-orders/<product_order_id>")
def product_order(product_order_id: str) -> Response:
    return answer(product_order_object(naver_orders.get(merchant(), product_order_id)))


@bp.get("/naver/reviews")
def reviews() -> Response:
    asked = {**query(), **fields()}
    products = naver_orders.reviewed(merchant(), asked)
    return answer([review_object(product, asked["review_type"]) for product in products])
