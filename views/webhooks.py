"""The webhook endpoint. A notice is a hint: it is unsigned, and may come twice, out of order or never."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

import clock
from errors import OrderNotFound, PaymentServiceDown
from services import checkout
from services.checkout import Source
from views.incoming import desk, is_storable, sent_json

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@bp.post("/iamport")
def iamport() -> ResponseReturnValue:
    """Receive a notice, as JSON or as a form.

    Answer 200 when the order is settled, and also when the shop has no such order: a repeated notice would not help.
    Answer 503 when the payment service did not answer our lookup: then a repeat helps, and some services send one.
    """
    merchant_uid, imp_uid = _reported()
    if not merchant_uid:
        return jsonify(code="invalid_request", message="merchant_uid is missing"), 400
    try:
        order = checkout.receive(
            desk(), source=Source.WEBHOOK, merchant_uid=merchant_uid, imp_uid=imp_uid or None, now=clock.now()
        )
    except OrderNotFound:
        return jsonify(status="unknown order")
    except PaymentServiceDown as err:
        return jsonify(code=err.code), 503
    return jsonify(status=order.status.value)


def _reported() -> tuple[str, str]:
    """Return the notice's `merchant_uid` and `imp_uid`, empty if missing. Both are empty if one cannot be stored."""
    notice = sent_json() or request.form
    if not hasattr(notice, "get"):
        return "", ""
    merchant_uid, imp_uid = str(notice.get("merchant_uid") or ""), str(notice.get("imp_uid") or "")
    return (merchant_uid, imp_uid) if is_storable(merchant_uid) and is_storable(imp_uid) else ("", "")
