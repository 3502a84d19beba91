"""My subscriptions. Only the owner sees them; for other users they do not exist."""

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, login_required

import clock
from errors import InvalidRequest, PlanUnavailable
from forms import ChargeForm, ConfirmForm
from models import Order, Subscription
from services import declines, offers, renewals, subscriptions
from services.guides import Guide
from states import OrderStatus
from views.buyer_form import retry_form
from views.incoming import desk, wants_json
from views.staff import not_own

bp = Blueprint("subscriptions", __name__, url_prefix="/subscriptions")


@bp.get("")
@login_required
def index() -> ResponseReturnValue:
    """List the subscriptions of the signed-in user, the cancelled ones folded at the end."""
    groups, ended = subscriptions.grouped(subscriptions.of_user(current_user))
    return render_template("subscriptions/index.html", groups=groups, ended=ended, guides=desk().guides)


@bp.get("/<int:subscription_id>")
@login_required
def show(subscription_id: int) -> ResponseReturnValue:
    """Show one subscription: its next period, its card and every payment attempt. Staff get their page of it."""
    of_staff = url_for("admin_subscriptions.show", subscription_id=subscription_id)
    subscription = subscriptions.find(subscription_id, user=current_user) or not_own(of_staff)
    now, key = clock.now(), subscription.billing_key
    period = subscriptions.chargeable_period(subscription, now=now)
    return render_template(
        "subscriptions/show.html",
        subscription=subscription,
        next_invoice=subscriptions.next_period(subscription, now=now),
        can_charge=period is not None,
        last_decline=subscriptions.last_decline(subscription),
        guide=desk().guides[key.guide_id] if key else None,
        charge_form=ChargeForm(period_start=period.period_start if period else None),
        is_sold=offers.can_sell(desk(), subscription.plan),
    )


@bp.post("/<int:subscription_id>/charges")
@login_required
def charge(subscription_id: int) -> ResponseReturnValue:
    """Pay the next period now, with the stored key."""
    subscription = own_subscription(subscription_id)
    form = ChargeForm()
    if not form.validate() or form.period_start.data is None:
        raise InvalidRequest("no period to charge")
    order = renewals.collect(
        desk(), subscription_id=subscription.id, period_start=form.period_start.data, now=clock.now()
    )
    message = _charge_message(order)
    order_url = url_for("orders.show", merchant_uid=order.merchant_uid)
    if wants_json():
        return jsonify(outcome=order.outcome, message=message, order_url=order_url, merchant_uid=order.merchant_uid)
    flash(message, "success" if order.status is OrderStatus.PAID else "error")
    return redirect(url_for(".show", subscription_id=subscription_id))


@bp.get("/<int:subscription_id>/card")
@login_required
def card(subscription_id: int) -> ResponseReturnValue:
    """Offer the ways to pay the next period with another card. Without a next period, return to the subscription."""
    subscription = own_subscription(subscription_id)
    next_invoice = subscriptions.next_period(subscription, now=clock.now())
    on_offer = _ways_to_pay(subscription) if next_invoice else []
    if next_invoice is None or not on_offer:
        return redirect(url_for(".show", subscription_id=subscription_id))
    return render_template(
        "subscriptions/card.html",
        subscription=subscription,
        price=next_invoice.price,
        guides=on_offer,
        methods=offers.by_method(on_offer),
        form=retry_form(on_offer),
    )


@bp.route("/<int:subscription_id>/cancellation", methods=["GET", "POST"])
@login_required
def cancel(subscription_id: int) -> ResponseReturnValue:
    """Ask for confirmation, then end the subscription. Redirect to its page if it has already ended."""
    subscription = own_subscription(subscription_id)
    if not subscription.is_alive:
        return redirect(url_for(".show", subscription_id=subscription_id))
    form = ConfirmForm()
    if form.validate_on_submit():
        subscriptions.cancel(desk(), subscription=subscription, now=clock.now())
        flash(_("The subscription has been cancelled. Nothing more will be charged."), "success")
        return redirect(url_for(".show", subscription_id=subscription_id))
    is_sold = offers.can_sell(desk(), subscription.plan)
    return render_template("subscriptions/cancel.html", subscription=subscription, form=form, is_sold=is_sold)


def own_subscription(subscription_id: int) -> Subscription:
    """Return the signed-in user's subscription. Answer 404 for another user's, as for one that does not exist."""
    return subscriptions.find(subscription_id, user=current_user) or abort(404)


def _ways_to_pay(subscription: Subscription) -> list[Guide]:
    """Return the PGs on offer for the subscription's currency. Without one, tell the user so."""
    try:
        return offers.for_currency(desk(), subscription.plan.currency)
    except PlanUnavailable:
        flash(_("No payment provider takes new payment methods for this subscription at the moment."), "error")
        return []


def _reason_of(order: Order) -> str:
    """Return the PG's text as plain text, with its meaning before it if the reader needs one."""
    words = order.fail_reason or str(_("no reason was given"))
    meaning = declines.meaning_of(words, str(get_locale()))
    return f"{meaning} ({words})" if meaning else words


def _charge_message(order: Order) -> str:
    message: str = _(
        "The payment was declined and nothing was charged. You can pay with another payment method. "
        "Reported reason: %(reason)s",
        reason=_reason_of(order),
    )
    if order.status is OrderStatus.PAID:
        message = _("Paid. Thank you!")
    elif order.mismatch:
        message = _(
            "The payment that the payment service reports does not match the order, so we granted nothing. "
            "If you were charged, we refund the amount."
        )
    elif order.is_queued:
        message = _(
            "The payment service is busy, so nothing has been charged yet. "
            "We charge the payment once, when the service responds."
        )
    elif order.status is OrderStatus.READY:
        message = _("We do not know the result of the payment yet. We are checking it and will not charge you twice.")
    elif order.status is OrderStatus.CANCELLED:
        message = _("The payment was not made")
    return message
