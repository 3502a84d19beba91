"""The webhook endpoint. A notice is a hint: it is unsigned, and may come twice, out of order or never."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

import clock
from services import webhooks
from services.webhooks import Receipt
from views.incoming import desk, is_id, is_storable, sent_json

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

FIELDS = {"imp_uid", "merchant_uid", "status", "cancellation_id"}
"""The fields of a notice. Pages of a guide run show them, and anyone can send one, so each must look like an id."""

ANSWERS = {
    Receipt.STORED: ({"status": "stored"}, 200),
    Receipt.UNKNOWN_ORDER: ({"status": "unknown order"}, 200),
    Receipt.NOT_STORED: ({"code": "not_stored"}, 503),
}


@bp.post("/iamport")
def iamport() -> ResponseReturnValue:
    """Store a notice, sent as JSON or as a form; the worker settles the order within a second.

    Answer 200 when it is stored, and also when the shop has no such order: a repeated notice would not help.
    Answer 503 when the database could not store it: then a repeat helps, and some services send one.
    """
    notice = _sent_notice()
    merchant_uid, imp_uid = _ids(notice)
    if not merchant_uid:
        return jsonify(code="invalid_request", message="merchant_uid is missing"), 400
    receipt = webhooks.receive(
        merchant_uid=merchant_uid,
        imp_uid=imp_uid if is_id(imp_uid) else None,
        body={name: value for name, value in notice.items() if name in FIELDS and is_id(str(value))},
        time_of=desk().time_of,
    )
    if receipt is Receipt.UNKNOWN_ORDER:
        current_app.extensions["unknown_orders"].count(now=clock.machine_now())
    body, status = ANSWERS[receipt]
    return jsonify(body), status


def _sent_notice() -> Mapping[str, Any]:
    """Return the fields of the notice, JSON or a form; empty if it has none."""
    notice = sent_json() or request.form
    return notice if isinstance(notice, Mapping) else {}


def _ids(notice: Mapping[str, Any]) -> tuple[str, str]:
    """Return the notice's `merchant_uid` and `imp_uid`. Each is empty if it is missing or either cannot be stored."""
    merchant_uid, imp_uid = str(notice.get("merchant_uid") or ""), str(notice.get("imp_uid") or "")
    return (merchant_uid, imp_uid) if is_storable(merchant_uid) and is_storable(imp_uid) else ("", "")
