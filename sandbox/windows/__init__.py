"""The payment windows: what a payer sees between ``IMP.request_pay`` and its result.

A window is a plain page with plain forms, so that it works in a layer, in a phone-sized frame and without
script. Its address carries a `secret`; who lacks it finds nothing.
"""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from sandbox import rules, webhooks
from sandbox.clock import now
from sandbox.instruments import digits
from sandbox.models import Payment, db
from sandbox.pages import guard, language_of, words
from sandbox.windows.page import address, page_of, skin_of
from sandbox.windows.results import callback_result, redirect_target
from sandbox.windows.secret import is_window_key

bp = Blueprint("windows", __name__, url_prefix="/windows/<imp_uid>")
bp.after_request(guard)
bp.context_processor(words)

SHORTEST_NUMBER = 8
"""Digits. Fewer are a slip of the keyboard, and no reason to end the payment."""


@bp.get("")
def show(imp_uid: str) -> ResponseReturnValue:
    """The window, or what became of it."""
    payment = _payment(imp_uid)
    if payment.status == "ready":
        return _window(payment)
    if payment.result_path == "redirect":
        return _ended(payment)
    return _finish(payment)


@bp.post("/approve")
def approve(imp_uid: str) -> ResponseReturnValue:
    """The payer submits a number. The test instrument behind it decides, not this button."""
    payment = _payment(imp_uid)
    number = request.form.get("number", "")
    if payment.status == "ready" and len(digits(number)) < SHORTEST_NUMBER:
        return _window(payment, number=number, error=_("Enter a whole test number, or choose one from the list.")), 422
    rules.approve(payment, number, now())
    webhooks.announce(payment)
    return _finish(payment)


@bp.post("/decline")
def decline(imp_uid: str) -> ResponseReturnValue:
    """The PG turns the payer down, whatever number is in the form."""
    payment = _payment(imp_uid)
    rules.decline(payment, now())
    return _finish(payment)


@bp.post("/close")
def close(imp_uid: str) -> ResponseReturnValue:
    """The payer gives up. The record often stays ``ready``; the shop hears of it all the same."""
    payment = _payment(imp_uid)
    rules.close(payment, now())
    return _finish(payment, closed=True)


def _payment(imp_uid: str) -> Payment:
    """The payment of this window, for whoever has the window's secret; 404 for all others."""
    payment = db.session.scalar(select(Payment).where(Payment.imp_uid == imp_uid))
    if payment is None or not is_window_key(payment, request.args.get("k", "")):
        abort(404)
    g.language = language_of(payment.language)
    return payment


def _window(payment: Payment, *, number: str = "", error: str = "") -> str:
    return render_template(
        f"windows/{payment.profile.family}.html",
        page=page_of(payment),
        payment=payment,
        address=address,
        number=number,
        error=error,
    )


def _finish(payment: Payment, *, closed: bool = False) -> ResponseReturnValue:
    """Send the result down the one road this payment has."""
    if payment.result_path == "callback":
        return render_template(
            "windows/result.html",
            skin=skin_of(payment),
            opener=payment.opener_origin,
            rsp=callback_result(payment, closed=closed),
        )
    target = redirect_target(payment, closed=closed)
    return redirect(target) if target else _stranded(payment)


def _stranded(payment: Payment) -> str:
    return render_template(
        "windows/notice.html",
        skin=skin_of(payment),
        heading=_("The way back is missing"),
        text=_(
            "This PG returns by redirect on this device, and the shop sent no usable m_redirect_url. "
            "The payment is recorded, but the payer is stranded here, as with the real service."
        ),
    )


def _ended(payment: Payment) -> str:
    return render_template(
        "windows/notice.html",
        skin=skin_of(payment),
        heading=_("This payment window has ended"),
        text=_("Its result was handed to the shop already. Nothing more can happen here."),
        link=redirect_target(payment),
    )
