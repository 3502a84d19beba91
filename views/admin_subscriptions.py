"""One subscription as staff see it: its payments, and what staff may do."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from errors import InvalidRequest
from forms import CancelForm, ReasonForm, StaffChargeForm
from models import Order, Subscription
from services import staff, subscriptions
from states import OrderStatus, RefundEffect
from views.incoming import desk
from views.staff import sent_reason, staff_only

bp = Blueprint("admin_subscriptions", __name__, url_prefix="/admin/subscriptions/<int:subscription_id>")
bp.before_request(staff_only)


@bp.get("")
def show(subscription_id: int) -> ResponseReturnValue:
    """Show the subscription with its orders and the acts of staff."""
    subscription = _subscription(subscription_id)
    period = subscriptions.chargeable_period(subscription, now=desk().time_of(subscription.user_id))
    return render_template(
        "admin_subscriptions/show.html",
        subscription=subscription,
        period=period,
        charge_form=StaffChargeForm(prefix="charge", period_start=period.period_start if period else None),
        cancel_form=CancelForm(prefix="cancel"),
        resume_form=ReasonForm(prefix="resume"),
        actions=staff.trail(subscription=subscription),
    )


@bp.post("/charges")
def charge(subscription_id: int) -> ResponseReturnValue:
    """Charge the next period now, with the stored key."""
    subscription, form = _subscription(subscription_id), StaffChargeForm(prefix="charge")
    if not form.validate() or form.period_start.data is None:
        raise InvalidRequest("a charge needs a period and a reason", fields=form.errors)
    period_start, reason = form.period_start.data, form.reason.data or ""
    order = staff.charge(
        desk(),
        subscription=subscription,
        period_start=period_start,
        reason=reason,
        by=current_user,
        now=desk().time_of(subscription.user_id),
    )
    flash(*_charge_message(order))
    return redirect(url_for("admin_orders.show", merchant_uid=order.merchant_uid))


@bp.post("/cancellation")
def cancel(subscription_id: int) -> ResponseReturnValue:
    """End the subscription. What is paid stays available until the end of its period, unless staff end access too."""
    subscription, form = _subscription(subscription_id), CancelForm(prefix="cancel")
    if not form.validate():
        raise InvalidRequest("a cancellation needs a reason", fields=form.errors)
    staff.cancel(
        desk(),
        subscription=subscription,
        effect=RefundEffect(form.effect.data),
        reason=form.reason.data or "",
        by=current_user,
        now=desk().time_of(subscription.user_id),
    )
    flash(_("The subscription has been cancelled. Nothing more will be charged."), "success")
    return redirect(url_for(".show", subscription_id=subscription_id))


@bp.post("/resumption")
def resume(subscription_id: int) -> ResponseReturnValue:
    """Resume a suspended subscription."""
    subscription, reason = _subscription(subscription_id), sent_reason("resume")
    staff.resume(subscription=subscription, reason=reason, by=current_user, now=desk().time_of(subscription.user_id))
    flash(_("The subscription was resumed."), "success")
    return redirect(url_for(".show", subscription_id=subscription_id))


def _subscription(subscription_id: int) -> Subscription:
    return subscriptions.find(subscription_id, user=None) or abort(404)


def _charge_message(order: Order) -> tuple[str, str]:
    if order.status is OrderStatus.PAID:
        return _("The period is paid."), "success"
    if order.is_queued:
        return _("The payment service is busy. The charge is sent once, when the service responds."), "warning"
    if order.status is OrderStatus.READY:
        return _("The result of the charge is not known yet. The shop checks it and does not charge twice."), "warning"
    if order.mismatch:
        return _("The payment does not match the order, so the shop granted nothing."), "error"
    if order.status is OrderStatus.CANCELLED:
        return _("The charge was not made."), "error"
    return _("The charge was declined."), "error"
