"""Serve the payment windows: what a payer sees between `IMP.request_pay` and its result.

A window is a plain page with plain forms, so that it works in a layer, in a phone-sized frame and without
script. Its address carries a secret (see `secret.py`); without it, every page here answers 404.
"""

from urllib.parse import urlsplit

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from ..facts.instruments import digits
from ..ledger.models import Payment, db
from ..merchants import clock
from ..pages import guard, language_of, words
from ..rules import expiry, outcomes, windows
from ..webhooks import delivery
from ..wire.parameters import Malformed
from . import confirming
from .page import address, leave_to, page_of, skin_of
from .results import callback_result, redirect_target
from .secret import is_window_key

bp = Blueprint("windows", __name__, url_prefix="/windows/<imp_uid>")
bp.after_request(guard)
bp.context_processor(words)

MIN_DIGITS = 8
"""Fewest digits of a number that the payer submits. Fewer are a typing error, which does not end the payment."""


@bp.get("")
def show(imp_uid: str) -> ResponseReturnValue:
    """Show the window of an open payment, and the result of any other."""
    payment = _payment(imp_uid)
    if payment.status == "ready" and not payment.is_pending:
        return _window(payment)
    if payment.result_path == "redirect":
        return _ended(payment)
    return _finish(payment)


@bp.post("/approve")
def approve(imp_uid: str) -> ResponseReturnValue:
    """Submit the payer's number. The test instrument behind the number decides whether the payment is approved."""
    payment, number = _payment(imp_uid), request.form.get("number", "")
    if mistake := _mistake(payment, number):
        return _window(payment, number=number, **mistake), 422
    objection = confirming.objection(payment)
    if objection:
        windows.decline(payment, clock.of_payment(payment), objection)
    else:
        expires = expiry.of_payer(request.form.get("expiry", ""))
        windows.approve(payment, number, clock.of_payment(payment), expires=expires)
    delivery.announce(payment)
    payer = outcomes.payer_of(payment)
    return _abandoned(payment) if payer == "leaves" else _finish(payment, closed=payer == "closes")


@bp.post("/decline")
def decline(imp_uid: str) -> ResponseReturnValue:
    """Let the PG decline the payment, whatever number is in the form."""
    payment = _payment(imp_uid)
    windows.decline(payment, clock.of_payment(payment))
    return _finish(payment)


@bp.post("/close")
def close(imp_uid: str) -> ResponseReturnValue:
    """Close the window for the payer. The payment often stays `ready`; the shop's page always receives a result."""
    payment = _payment(imp_uid)
    windows.close(payment, clock.of_payment(payment))
    return _finish(payment, closed=True)


def _mistake(payment: Payment, number: str) -> dict[str, str] | None:
    """Return `{"wrong", "error"}`: the field that the payer of an open payment must correct, and why.

    Return None when every field is filled in.
    """
    if payment.status != "ready":
        return None
    if len(digits(number)) < MIN_DIGITS:
        return {"wrong": "number", "error": _("Enter a complete test number, or choose one from the list.")}
    try:
        expiry.of_payer(request.form.get("expiry", ""))
    except Malformed:
        return {"wrong": "expiry", "error": _("Enter the expiry date as month and year (MM/YY).")}
    if windows.wants_identity_check(payment) and not request.form.get("identity_code"):
        error = _("Enter a code for the identity check. The sandbox accepts any code.")
        return {"wrong": "identity_code", "error": error}
    return None


def _payment(imp_uid: str) -> Payment:
    """Return the payment of this window. Answer 404 when the address lacks the window's secret."""
    payment = db.session.scalar(select(Payment).where(Payment.imp_uid == imp_uid))
    if payment is None or not is_window_key(payment, request.args.get("k", "")):
        abort(404)
    g.language = language_of(payment.language)
    return payment


def _window(payment: Payment, *, number: str = "", wrong: str = "", error: str = "") -> str:
    """Render the window. `error` is about the field named `wrong`."""
    return render_template(
        f"windows/{payment.profile.family}.html",
        page=page_of(payment),
        payment=payment,
        address=address,
        number=number,
        expiry=request.form.get("expiry", ""),
        wrong=wrong,
        error=error,
    )


def _finish(payment: Payment, *, closed: bool = False) -> ResponseReturnValue:
    """Send the result to the shop's page: through the callback, or by redirect, as the payment's `result_path` says."""
    if payment.result_path == "callback":
        return render_template(
            "windows/result.html",
            skin=skin_of(payment),
            layout="layer" if payment.window_form == "layer" else "page",
            opener=payment.opener_origin,
            rsp=callback_result(payment, closed=closed),
        )
    target = redirect_target(payment, closed=closed)
    return leave_to(target) if target else _no_return_address(payment)


def _no_return_address(payment: Payment) -> str:
    return render_template(
        "windows/notice.html",
        skin=skin_of(payment),
        heading=_("No return address"),
        text=_(
            "On this device the PG returns by redirect, and the shop sent no usable m_redirect_url. "
            "The payment is recorded, but the payer cannot return to the shop, as with the real service."
        ),
    )


def _abandoned(payment: Payment) -> str:
    return render_template(
        "windows/notice.html",
        skin=skin_of(payment),
        heading=_("The payer abandoned the payment"),
        text=_("The shop receives no result, and the payment stays ready."),
        link=_shop_of(payment),
    )


def _shop_of(payment: Payment) -> str | None:
    """Return the shop's origin, where the payer may start again; None when the payment names no web address."""
    url = urlsplit(payment.opener_origin or redirect_target(payment) or "")
    return f"{url.scheme}://{url.netloc}/" if url.scheme in ("http", "https") else None


def _ended(payment: Payment) -> str:
    return render_template(
        "windows/notice.html",
        skin=skin_of(payment),
        heading=_("This payment window has ended"),
        text=_("The shop has already received the result. This window can do nothing more."),
        link=redirect_target(payment),
    )
