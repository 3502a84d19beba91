"""The webhook's road. A notice is a hint: unsigned, repeated, out of order, sometimes absent."""

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
    """JSON or form. Settled is answered 200, also for an order that is not ours: a repeat would not help.

    503 where the service was silent about it: a repeat would, and some services send one.
    """
    notice = sent_json() or request.form
    uids = [str(notice.get(name) or "") for name in ("merchant_uid", "imp_uid")] if hasattr(notice, "get") else [""]
    if not uids[0] or not all(map(is_storable, uids)):
        return jsonify(code="invalid_request", message="merchant_uid is missing"), 400
    try:
        order = checkout.receive(
            desk(),
            source=Source.WEBHOOK,
            merchant_uid=str(notice["merchant_uid"]),
            imp_uid=str(notice.get("imp_uid") or "") or None,
            now=clock.now(),
        )
    except OrderNotFound:
        return jsonify(status="unknown order")
    except PaymentServiceDown as err:
        return jsonify(code=err.code), 503
    return jsonify(status=order.status.value)
