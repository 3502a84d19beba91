"""The browser script that a shop loads, and the calls that the script makes.

`GET /v1/iamport.js` serves the file as it is, without templating, so that it can be cached and read. From the shop's
origin the script registers each payment with `POST /sdk/payments` and each identity check with `POST
/sdk/certifications`. CORS is open, as in the real service: the merchant code is public, and a payment in status
`ready` moves nothing.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, abort, jsonify, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..api.body import json_object
from ..facts import pgs, scripts
from ..ledger.models import Merchant, Payment, db
from ..merchants import clock
from ..pages import explained, language_of
from ..products import certifications
from ..products.certifications import Certification
from ..rules import keys, windows
from ..windows import identity
from ..windows.results import callback_result
from ..windows.secret import is_window_key, window_key
from ..wire.errors import WindowRefused
from ..wire.parameters import Malformed, required_text

bp = Blueprint("sdk", __name__)

HERE = Path(__file__).parent

UNKNOWN_WINDOW = "존재하지 않는 결제창입니다."

ORIGIN = re.compile(r"https?://[a-zA-Z0-9.:\[\]-]+")


@bp.get("/js/iamport.payment.js", endpoint="oldest_script")
@bp.get("/js/iamport.payment.subscribe.js", endpoint="subscribe_script")
@bp.get("/js/iamport.payment-<version>.js", endpoint="old_script")
@bp.get("/v1/iamport.js")
def script(version: str = "") -> Response:
    """Serve the script under its current and its old names. The script itself reads `?device=mobile`.

    It is the same file everywhere, and reports its path: `sandbox.facts.scripts` lists how the old ones differ.
    """
    response = send_from_directory(HERE, "iamport.js", mimetype="text/javascript")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@bp.post("/sdk/payments")
def open_payment() -> ResponseReturnValue:
    """Create a payment in status `ready` and answer with the address of its window.

    Takes `{merchant_code, params, script, device, ui_type, origin, page, page_language}`; answers 201 with
    `{imp_uid, window_url, result, form}` or 400 with `{error_code, error_msg, imp_uid, merchant_uid}`, which the
    script passes to the shop's callback, with `success: false` unless the PG's browser results have no `success`.
    Both name the parameters without effect under `unplayed`, which the script writes to the page's console.
    """
    body, params = _request_body()
    unplayed = scripts.unplayed("payments", params)._asdict()
    try:
        payment = _open_window(body, params)
    except WindowRefused as refusal:
        return {**_refused(refusal, body, params), "unplayed": unplayed}, 400
    opened = {"imp_uid": payment.imp_uid, "window_url": _window_url(payment, body, params)}
    return jsonify(**opened, result=payment.result_path, form=payment.window_form, unplayed=unplayed), 201


@bp.post("/sdk/payments/<imp_uid>/close")
def close_payment(imp_uid: str) -> ResponseReturnValue:
    """Record that the payer closed the pop-up. Takes its `{window_url}`; answers with what the shop receives."""
    payment = db.session.scalar(select(Payment).where(Payment.imp_uid == imp_uid))
    if payment is None or not is_window_key(payment, _key_in_body()):
        abort(404)
    return jsonify(callback_result(windows.close(payment, clock.of_payment(payment)), closed=True))


@bp.post("/sdk/certifications")
def open_certification() -> ResponseReturnValue:
    """Create an identity check and answer with the address of its window. Takes and answers like `open_payment`."""
    body, params = _request_body()
    unplayed = scripts.unplayed("certifications", params)._asdict()
    try:
        check = _open_check(body, params)
    except (WindowRefused, Malformed) as refusal:
        return {**_refused_check(refusal, body, params), "unplayed": unplayed}, 400
    lang = language_of(params.get("language"), body.get("page_language"))
    window_url = url_for("identity.show", imp_uid=check.imp_uid, k=window_key(check), lang=lang, _external=True)
    opened = {"imp_uid": check.imp_uid, "window_url": window_url, "form": check.window["form"]}
    return jsonify(**opened, unplayed=unplayed), 201


@bp.post("/sdk/certifications/<imp_uid>/close")
def close_certification(imp_uid: str) -> ResponseReturnValue:
    """Answer the script after the pop-up of an identity check was closed, as `close_payment` does."""
    check = db.session.scalar(select(Certification).where(Certification.imp_uid == imp_uid))
    if check is None or not is_window_key(check, _key_in_body()):
        abort(404)
    return jsonify(identity.result(check))


@bp.get("/sdk/ui/<ui_type>")
def show_ui(ui_type: str) -> ResponseReturnValue:
    """Answer with the label of the `IMP.loadUI` button, or `{label: null}` for an unknown `ui_type`."""
    label = next((profile.name_en for profile in pgs.PROFILES if profile.ui_type == ui_type), None)
    return jsonify(label=label)


@bp.after_request
def allow_every_shop(response: Response) -> Response:
    """Open CORS for every answer: preflights (OPTIONS), which Flask answers itself, need the same three headers."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


@bp.errorhandler(Malformed)
def _malformed(error: Malformed) -> ResponseReturnValue:
    """Answer to an unreadable body. The script adds the `merchant_uid` for the callback, because it knows it."""
    return {"success": False, "error_code": "F0004", "error_msg": f"F0004:{error}", "imp_uid": None}, 400


@bp.errorhandler(404)
def _unknown(_: Exception) -> ResponseReturnValue:
    """Answer the close of a window that the sandbox does not know, or no longer. The script adds the ids."""
    return {"success": False, "error_code": "F0004", "error_msg": f"F0004:{UNKNOWN_WINDOW}"}, 404


def _request_body() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the body of a request that opens a window, and its `params`. Raises `Malformed`."""
    body = json_object()
    params = body.get("params")
    return body, params if isinstance(params, dict) else {}


def _open_window(body: dict[str, Any], params: dict[str, Any]) -> Payment:
    """Return the new payment that the script requests. Raises `WindowRefused`."""
    merchant = _merchant(body.get("merchant_code"))
    return windows.open_window(
        merchant,
        {**params, "ui_type": body.get("ui_type")},
        _device(body),
        _origin(body.get("origin")),
        clock.of(merchant, params.get("customer_uid")),
        script=scripts.script_at(body.get("script")),
        user_agent=request.headers.get("User-Agent"),
    )


def _open_check(body: dict[str, Any], params: dict[str, Any]) -> Certification:
    """Return the new identity check that the script requests. Raises `WindowRefused` and `Malformed`."""
    merchant = _merchant(body.get("merchant_code"))
    origin = _origin(body.get("origin"))
    page = _page(body.get("page"), origin)
    return certifications.open_window(merchant, params, _device(body), origin, page, clock.of(merchant))


def _refused_check(refusal: WindowRefused | Malformed, body: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Return what the script passes to the shop's callback when no identity check opens."""
    if isinstance(refusal, Malformed):
        return identity.refused(params, "F0004", str(refusal))
    message = explained(refusal.error_msg, refusal.sent, params.get("language"), body.get("page_language"))
    return identity.refused(params, refusal.error_code, message)


def _refused(refusal: WindowRefused, body: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Return what the script passes to the shop's callback when no window opens."""
    languages = params.get("language"), body.get("page_language")
    return {
        **({} if _receives_ids_only(params) else {"success": False}),
        "error_code": refusal.error_code,
        "error_msg": explained(refusal.error_msg, refusal.sent, *languages),
        "imp_uid": refusal.imp_uid,
        "merchant_uid": params.get("merchant_uid"),
    }


def _window_url(payment: Payment, body: dict[str, Any], params: dict[str, Any]) -> str:
    # The only language of a PG comes first, then the shop's `language`, then the language of its page.
    languages = (*payment.profile.window_languages, params.get("language"), body.get("page_language"))
    return url_for(
        "windows.show", imp_uid=payment.imp_uid, k=window_key(payment), lang=language_of(*languages), _external=True
    )


def _device(body: dict[str, Any]) -> str:
    return "mobile" if body.get("device") == "mobile" else "pc"


def _key_in_body() -> str:
    """Return the secret in the `window_url` that the script sends back, or ''."""
    try:
        window_url = required_text(json_object(), "window_url")
        return parse_qs(urlsplit(window_url).query).get("k", [""])[0]
    except ValueError:  # also a `Malformed`
        return ""


def _merchant(code: object) -> Merchant:
    """Return the shop that calls.

    Raises:
        WindowRefused: with NOT_READY, the contract's only code for it, when no shop has this merchant code.
    """
    known = code if isinstance(code, str) and code.isascii() else ""
    merchant = db.session.scalar(select(Merchant).where(Merchant.code == known))
    if merchant is None:
        raise WindowRefused("NOT_READY", keys.NO_PG, sent=known)
    return merchant


def _receives_ids_only(params: dict[str, Any]) -> bool:
    try:
        return pgs.profile_for(str(params.get("pg") or ""), params.get("pay_method")).payload == "ids_only"
    except pgs.UnknownPG:
        return False


def _origin(claimed: object) -> str:
    """Return the page's origin, or '' for a page without one (a file, a sandboxed frame)."""
    return claimed if isinstance(claimed, str) and ORIGIN.fullmatch(claimed) else ""


def _page(claimed: object, origin: str) -> str | None:
    """Return the page's address if it belongs to its origin, else the origin; None for a page without one."""
    is_own = isinstance(claimed, str) and claimed.startswith(f"{origin}/")
    return str(claimed) if origin and is_own else origin or None
