"""Serve the window of an identity check, and send its result to the shop.

`sandbox.products.certifications` decides whether the person is identified.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from ..facts import carriers
from ..ledger.models import db
from ..merchants import clock, levers
from ..pages import guard, language_links, language_of, words
from ..products import certifications
from ..products.certifications import Certification
from .page import leave_to
from .secret import is_window_key, window_key

bp = Blueprint("identity", __name__, url_prefix="/windows/certifications/<imp_uid>")
bp.after_request(guard)
bp.context_processor(words)

AGENCY = "danal"
"""The agency that checks identities; also the name of the window's skin."""

CLOSED = "사용자가 본인인증을 취소하셨습니다"
CANCELLED = "F0000"
"""Unrelated public shops compare the `error_code` of a cancelled check with it. No document names it."""


@bp.get("")
def show(imp_uid: str) -> ResponseReturnValue:
    """Show the window of an open check, and the result of a finished one."""
    check = _check(imp_uid)
    return _finish(check) if check.certified_at else _window(check, check.window["filled"])


@bp.post("/identify")
def identify(imp_uid: str) -> ResponseReturnValue:
    """Submit the person's details and the code sent to their phone."""
    check = _check(imp_uid)
    wrong = certifications.wrong_field(request.form)
    if wrong:
        return _window(check, request.form, wrong=wrong, error=_wrong_in_words(wrong)), 422
    try:
        certifications.identify(check, request.form, clock.of(check.merchant))
    except certifications.TooYoung as refusal:
        least = refusal.args[0]
        return _failed(check, _("The shop requires an age of at least %(least)s years.", least=least))
    return _finish(check)


@bp.post("/close")
def close(imp_uid: str) -> ResponseReturnValue:
    """Close the window. The check stays as it is, and the shop's page receives a failure."""
    return _finish(_check(imp_uid))


def result(check: Certification) -> dict[str, Any]:
    """Return the object that the shop's callback receives. Every check that is not finished was cancelled."""
    ids = {"imp_uid": check.imp_uid, "merchant_uid": check.merchant_uid}
    about = {"pg_provider": AGENCY, "pg_type": "certification"}
    if check.certified_at:
        return {"success": True, **ids, **about}
    return {"success": False, **ids, **about, "error_code": CANCELLED, "error_msg": CLOSED}


def refused(params: dict[str, Any], error_code: str, error_msg: str) -> dict[str, Any]:
    """Return the object that the shop's callback receives when no window opens."""
    ids = {"imp_uid": None, "merchant_uid": params.get("merchant_uid")}
    return {"success": False, **ids, "error_code": error_code, "error_msg": error_msg}


def _check(imp_uid: str) -> Certification:
    """Return the check of this window. Answer 404 when the address lacks the window's secret."""
    check = db.session.scalar(select(Certification).where(Certification.imp_uid == imp_uid))
    if check is None or not check.window or not is_window_key(check, request.args.get("k", "")):
        abort(404)
    g.language = language_of(check.window["language"])
    return check


def _failed(check: Certification, reason: str) -> str:
    """Render the window of a check that failed. It can only be closed.

    The shop then receives the answer of any closed window. Source: the maintainers in
    https://github.com/portone-io/portone_flutter/issues/119
    """
    return render_template(
        "windows/unidentified.html",
        layout="layer" if check.window["form"] == "layer" else "page",
        languages=[],
        close=url_for(".close", imp_uid=check.imp_uid, k=window_key(check), lang=request.args.get("lang")),
        reason=reason,
    )


def _window(check: Certification, values: Any, *, wrong: str = "", error: str = "") -> str:
    """Render the window with `values` in its fields. `error` is about the field named `wrong`."""
    return render_template(
        "windows/identity.html",
        layout="layer" if check.window["form"] == "layer" else "page",
        opener=check.window["origin"],
        shop=urlsplit(check.window["origin"]).netloc,
        carriers=carriers.REST,
        languages=language_links(url_for(".show", imp_uid=check.imp_uid)),
        address=lambda action: url_for(
            f".{action}", imp_uid=check.imp_uid, k=window_key(check), lang=request.args.get("lang")
        ),
        values=values,
        wrong=wrong,
        error=error,
    )


def _wrong_in_words(name: str) -> str:
    words: dict[str, str] = {
        "name": _("Enter a name."),
        "birth": _("Enter a date of birth as YYMMDD."),
        "gender_digit": _("Enter the gender digit, from 1 to 8."),
        "carrier": _("Choose a carrier."),
        "phone": _("Enter a phone number."),
        "otp": _("The code is always 123456."),
    }
    return words[name]


def _finish(check: Certification) -> ResponseReturnValue:
    """Send the result to the shop's page: by redirect when the window is a page of its own, else to the callback."""
    rsp = result(check)
    if check.window["form"] == "page":
        return leave_to(_target(check, rsp))
    layout = "layer" if check.window["form"] == "layer" else "page"
    return render_template("windows/result.html", skin=AGENCY, layout=layout, opener=check.window["origin"], rsp=rsp)


def _target(check: Certification, rsp: dict[str, Any]) -> str:
    """Return `m_redirect_url` with the result in its query."""
    name = levers.get(check.merchant, "certification_redirect")
    query = {"imp_uid": rsp["imp_uid"], "merchant_uid": rsp["merchant_uid"], name: str(rsp["success"]).lower()}
    query |= {key: rsp[key] for key in ("error_code", "error_msg") if key in rsp}
    landing: str = check.window["m_redirect_url"]
    target = urlsplit(landing)
    return target._replace(query="&".join(filter(None, [target.query, urlencode(query)]))).geturl()
