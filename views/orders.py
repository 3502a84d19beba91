"""The result page of one payment attempt."""

from flask import Blueprint, abort, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

import clock
from models import Order
from services import checkout, journal, orders
from services.checkout import Source
from views.incoming import desk

bp = Blueprint("orders", __name__, url_prefix="/orders/<merchant_uid>")


@bp.get("")
@login_required
def show(merchant_uid: str) -> ResponseReturnValue:
    """Show what came of one payment attempt, with its journal and a way to try again."""
    order = own_order(merchant_uid)
    first_charge = orders.first_charge(order)
    return render_template(
        "orders/show.html",
        order=order,
        first_charge=first_charge,
        progress=orders.progress(order),
        subscription=order.subscription,
        guide=desk().guides[order.guide_id],
        journal=journal.of_orders(*filter(None, (order, first_charge))),
        retry_url=_retry_url(order),
    )


@bp.get("/status")
@login_required
def status(merchant_uid: str) -> ResponseReturnValue:
    """What the page asks for, to notice that it is out of date."""
    return jsonify(orders.progress(own_order(merchant_uid)))


@bp.post("/checks")
@login_required
def check(merchant_uid: str) -> Response:
    """Ask the payment service again, now."""
    own_order(merchant_uid)
    checkout.receive(desk(), source=Source.CHECK, merchant_uid=merchant_uid, imp_uid=None, now=clock.now())
    return redirect(url_for(".show", merchant_uid=merchant_uid))


def own_order(merchant_uid: str) -> Order:
    """The signed-in person's order. Somebody else's is as unknown as one that does not exist."""
    return orders.find(merchant_uid, user=current_user) or abort(404)


def _retry_url(order: Order) -> str:
    """Where to try once more: for the same subscription while it lives, so that a late approval pays no second one."""
    subscription = order.subscription
    if subscription.is_alive:
        return url_for("subscriptions.card", subscription_id=subscription.id)
    return url_for("checkout.new", slug=subscription.plan.slug)
