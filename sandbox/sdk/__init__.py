"""The browser script a shop loads, and the one call it makes.

``GET /v1/iamport.js`` is served as it lies here, without templating, so it can be cached and read. The script
registers each payment with ``POST /sdk/payments`` from the shop's origin; CORS is open because the real service
is open too: the merchant code is public, and a payment in status ``ready`` moves nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, jsonify, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from sandbox import keys, rules
from sandbox.clock import now
from sandbox.models import Merchant, db
from sandbox.pages import language_of
from sandbox.windows.secret import window_key

bp = Blueprint("sdk", __name__)

HERE = Path(__file__).parent

ORIGIN = re.compile(r"https?://[a-zA-Z0-9.:\[\]-]+")


@bp.get("/js/iamport.payment-1.2.0.js")
@bp.get("/v1/iamport.js")
def script() -> Response:
    """The SDK, under its present and its old name. ``?device=mobile`` is read by the script itself."""
    response = send_from_directory(HERE, "iamport.js", mimetype="text/javascript")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@bp.post("/sdk/payments")
def open_payment() -> ResponseReturnValue:
    """Make a payment in status ``ready`` and say where its window is.

    Takes ``{merchant_code, params, device, origin, page_language}``; answers 201 with
    ``{imp_uid, window_url, result}`` or 400 with ``{error_code, error_msg, imp_uid, merchant_uid}``, which the
    script hands to the shop's callback.
    """
    body = request.get_json(silent=True)
    body = body if isinstance(body, dict) else {}
    params = body.get("params")
    params = params if isinstance(params, dict) else {}
    try:
        payment = rules.open_window(
            _merchant(body.get("merchant_code")),
            params,
            "mobile" if body.get("device") == "mobile" else "pc",
            _origin(body.get("origin")),
            now(),
        )
    except rules.WindowRefused as refusal:
        return {
            "error_code": refusal.error_code,
            "error_msg": refusal.error_msg,
            "imp_uid": refusal.imp_uid,
            "merchant_uid": params.get("merchant_uid"),
        }, 400

    # A shop that names no language gets the one its page is written in.
    language = language_of(params.get("language"), body.get("page_language"))
    window_url = url_for("windows.show", imp_uid=payment.imp_uid, k=window_key(payment), lang=language, _external=True)
    return jsonify(imp_uid=payment.imp_uid, window_url=window_url, result=payment.result_path), 201


@bp.after_request
def allow_every_shop(response: Response) -> Response:
    """Preflights come as OPTIONS, which Flask answers by itself; they need the same three headers."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


def _merchant(code: object) -> Merchant:
    """The shop that calls.

    Raises:
        WindowRefused: nobody has this merchant code; the contract knows no other text for it than NOT_READY.
    """
    known = code if isinstance(code, str) and code.isascii() else ""
    merchant = db.session.scalar(select(Merchant).where(Merchant.code == known))
    if merchant is None:
        raise rules.WindowRefused("NOT_READY", keys.NO_PG)
    return merchant


def _origin(claimed: object) -> str:
    """The page's origin, or '' for one that has none to name (a file, a sandboxed frame)."""
    return claimed if isinstance(claimed, str) and ORIGIN.fullmatch(claimed) else ""
