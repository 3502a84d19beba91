"""From a plan to a payment window, and the two paths by which the browser returns from it."""

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user, login_required

import clock
from errors import InvalidRequest, OrderNotFound
from models import Order
from services import catalog, checkout, offers, orders, purchases, subscriptions, webhooks
from services.checkout import Source
from services.webhooks import Receipt
from views.buyer_form import buyer_of, posted_form, retry_form
from views.incoming import desk, sent_imp_uid, sent_object, sent_text, time_of_order
from views.limits import returns_of_an_order

bp = Blueprint("checkout", __name__)


@bp.get("/checkout/<slug>")
@login_required
def new(slug: str) -> ResponseReturnValue:
    """Show the form of a first payment: the plan, the buyer and the PGs on offer that can charge its currency."""
    plan = catalog.plan_on_sale(slug)
    on_offer = offers.for_currency(desk(), plan.currency)
    return render_template(
        "checkout/new.html",
        plan=plan,
        methods=offers.by_method(on_offer),
        form=retry_form(on_offer),
        overlap=purchases.overlap(current_user, plan, now=clock.now()),
    )


@bp.post("/orders")
@login_required
def create_order() -> ResponseReturnValue:
    """Store the order and return what the page passes to `IMP.request_pay`."""
    body = sent_object()
    wanted = _wanted(body)
    # A guide run plays every PG; a purchase and another card take only those on offer.
    form = posted_form(body, list(desk().guides.values()) if wanted.get("run_id") else offers.every(desk()))
    order = checkout.place(
        desk(),
        user=current_user,
        **wanted,
        guide_id=form.guide.data,
        variant_id=str(body.get("variant") or ""),
        buyer=buyer_of(form),
        now=clock.now(),
    )
    return jsonify(_window(order)), 201


def _leave_to_the_worker() -> ResponseReturnValue:
    """Store the report, and answer as if it had been settled: the order's page says that the payment is checked."""
    merchant_uid = sent_text("merchant_uid")
    receipt = webhooks.receive(merchant_uid=merchant_uid, imp_uid=sent_imp_uid(), by_webhook=False)
    is_known = receipt is not Receipt.UNKNOWN_ORDER
    page = url_for("orders.show", merchant_uid=merchant_uid) if is_known else url_for("subscriptions.index")
    return redirect(page) if request.method == "GET" else jsonify(location=page)


@bp.post("/payments/complete")
@returns_of_an_order(above=_leave_to_the_worker)
def complete() -> ResponseReturnValue:
    """Receive what the page got from the callback of `IMP.request_pay`."""
    merchant_uid, imp_uid, message = _reported()
    order = checkout.receive(
        desk(),
        source=Source.CALLBACK,
        merchant_uid=merchant_uid,
        imp_uid=imp_uid,
        message=message,
        now=time_of_order(merchant_uid),
    )
    return jsonify(location=url_for("orders.show", merchant_uid=order.merchant_uid))


@bp.get("/payments/landing")
@returns_of_an_order(above=_leave_to_the_worker)
def landing() -> ResponseReturnValue:
    """Receive a redirected buyer (`m_redirect_url`). Anyone can type this URL, so the shop trusts nothing in it."""
    merchant_uid, imp_uid, message = _reported()
    try:
        order = checkout.receive(
            desk(),
            source=Source.LANDING,
            merchant_uid=merchant_uid,
            imp_uid=imp_uid,
            message=message,
            query=request.args if _is_own(merchant_uid) else None,
            now=time_of_order(merchant_uid),
        )
    except OrderNotFound:
        return redirect(url_for("subscriptions.index"))
    return redirect(url_for("orders.show", merchant_uid=order.merchant_uid))


def _reported() -> tuple[str, str | None, str | None]:
    """Return `merchant_uid`, `imp_uid` and the window's message: JSON after a callback, the query of a landing.

    The message is None if the window reported no error, and empty if its text must not be shown: a link can hold any
    text, and anyone who knows a `merchant_uid` can report. A callback is the owner's: it needs their session's token.

    Raises:
        InvalidRequest: when a callback's body is not a JSON object, or a text in it cannot be stored.
    """
    if request.method == "POST":
        sent_object()
    merchant_uid, said = sent_text("merchant_uid"), sent_text("error_msg") or sent_text("error_code")
    message = said if request.method == "POST" and _is_own(merchant_uid) else ""
    return merchant_uid, sent_imp_uid(), message if said else None


def _is_own(merchant_uid: str) -> bool:
    """Whether the signed-in user has placed this order. A browser may return without its session."""
    return current_user.is_authenticated and orders.find(merchant_uid, user=current_user) is not None


def _window(order: Order) -> dict[str, Any]:
    """Return what the page needs to open the payment window for this order."""
    return {
        "merchant_uid": order.merchant_uid,
        "merchant_code": current_app.config["IMP_CODE"],
        "request": checkout.request(desk(), order, language=str(get_locale())),
        "complete_url": url_for(".complete"),
        "result_url": url_for("orders.show", merchant_uid=order.merchant_uid),
    }


def _run_id(body: dict[str, Any]) -> str | None:
    """Return the id of the guide run that the order is part of, or None for a purchase in the shop.

    Raises:
        InvalidRequest: when it is not an id as the guide's page makes it.
    """
    run_id = body.get("run")
    if run_id is None:
        return None
    if not isinstance(run_id, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", run_id):
        raise InvalidRequest("the id of the guide run is malformed")
    return run_id


def _wanted(body: dict[str, Any]) -> dict[str, Any]:
    """Return what is ordered: the plan to subscribe to, or the subscription that gets another card.

    Raises:
        PlanUnavailable: when the shop does not sell the plan.
        OrderNotFound: when the user has no such subscription.
        InvalidRequest: when the id of a guide run, of the subscription that stays, or a time is malformed.
    """
    wanted = body.get("subscription")
    if wanted is None:
        plan = catalog.plan_on_sale(str(body.get("plan") or ""))
        return {"plan": plan, "run_id": _run_id(body), "beside": _beside(body)}
    subscription = subscriptions.find(wanted, user=current_user) if type(wanted) is int else None
    if subscription is None:
        raise OrderNotFound("no such subscription")
    return {"subscription": subscription, "paid_until": _paid_until(body)}


def _paid_until(body: dict[str, Any]) -> datetime | None:
    """Return until when the subscription was paid on the page; None if nothing was paid.

    Raises:
        InvalidRequest: when it is not a time.
    """
    text = body.get("paid_until")
    try:
        return clock.from_text(text) if text else None
    except (TypeError, ValueError, OverflowError) as err:
        raise InvalidRequest("the end of the paid period is not a time") from err


def _beside(body: dict[str, Any]) -> int | None:
    """Return the id of the subscription beside which the buyer confirmed to buy another one, if they did.

    Raises:
        InvalidRequest: when it is not a number.
    """
    beside = body.get("beside")
    if beside is not None and type(beside) is not int:
        raise InvalidRequest("the subscription that stays is not named by its number")
    return beside
