"""The result page of one payment attempt."""

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

import clock
from models import Order
from services import checkout, journal, offers, orders, outlook
from services.checkout import Source
from views.incoming import desk, time_of_order
from views.staff import not_own

bp = Blueprint("orders", __name__, url_prefix="/orders/<merchant_uid>")


@bp.get("")
@login_required
def show(merchant_uid: str) -> ResponseReturnValue:
    """Show the result of one payment attempt, with its journal and a link to retry. Staff get their page of it."""
    of_staff = url_for("admin_orders.show", merchant_uid=merchant_uid)
    order = orders.find(merchant_uid, user=current_user) or not_own(of_staff)
    first_charge = orders.first_charge(order)
    return render_template(
        "orders/show.html",
        order=order,
        first_charge=first_charge,
        progress=orders.progress(order),
        subscription=order.subscription,
        outlook=outlook.of(order, now=clock.now()),
        guide=desk().guides[order.guide_id],
        journal=journal.of_orders(*filter(None, (order, first_charge)), before=request.args.get("before", type=int)),
        retry_url=_retry_url(order),
    )


@bp.get("/status")
@login_required
def status(merchant_uid: str) -> ResponseReturnValue:
    """Return the order's outcomes. An open page polls them, and reloads when they differ from what it shows."""
    return jsonify(orders.progress(own_order(merchant_uid)))


@bp.post("/checks")
@login_required
def check(merchant_uid: str) -> Response:
    """Check the payment with the payment service now."""
    own_order(merchant_uid)
    order = checkout.receive(
        desk(), source=Source.CHECK, merchant_uid=merchant_uid, imp_uid=None, now=time_of_order(merchant_uid)
    )
    if orders.progress(order)["settled"]:
        flash(_("The order now shows what the payment service reports."), "success")
    else:
        flash(_("The payment service still reports no final result. You do not have to pay again."), "info")
    return redirect(url_for(".show", merchant_uid=merchant_uid))


def own_order(merchant_uid: str) -> Order:
    """Return the signed-in user's order. Answer 404 for another user's order, as for one that does not exist."""
    return orders.find(merchant_uid, user=current_user) or abort(404)


def _retry_url(order: Order) -> str | None:
    """Return where to retry: in the same subscription until it ends, so that a late approval starts no second one.

    None: the subscription has ended, and its plan is no longer sold.
    """
    subscription = order.subscription
    if subscription.is_alive:
        return url_for("subscriptions.card", subscription_id=subscription.id)
    is_sold = offers.can_sell(desk(), subscription.plan)
    return url_for("checkout.new", slug=subscription.plan.slug) if is_sold else None
