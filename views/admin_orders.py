"""One order as staff see it: the service's record, what was refunded, and what staff may do."""

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from forms import NoteForm, ReasonForm, RefundForm
from models import Order, Refund
from services import journal, orders, refunds, staff
from services.payments import Lookup
from states import RefundEffect, RefundStatus
from views.incoming import desk, time_of_order
from views.staff import sent_reason, staff_only

bp = Blueprint("admin_orders", __name__, url_prefix="/admin/orders/<merchant_uid>")
bp.before_request(staff_only)


@bp.get("")
def show(merchant_uid: str) -> ResponseReturnValue:
    """Show the order, with what the service's record says is left of its payment."""
    return _page(orders.by_uid(merchant_uid), form=None)


@bp.post("/refunds")
def refund(merchant_uid: str) -> ResponseReturnValue:
    """Refund all or part of the payment, and do to the subscription what staff chose."""
    order, form = orders.by_uid(merchant_uid), RefundForm(prefix="refund")
    if not form.validate() or form.amount.data is None or form.left.data is None:
        return _page(order, form=form), 400
    flash(*_refund_message(_refund(order, form, amount=form.amount.data, left=form.left.data).status))
    return redirect(url_for(".show", merchant_uid=merchant_uid))


@bp.post("/checks")
def check(merchant_uid: str) -> ResponseReturnValue:
    """Read the order again from the payment service."""
    lookup = staff.read_again(
        desk(), order=orders.by_uid(merchant_uid), by=current_user, now=time_of_order(merchant_uid)
    )
    if lookup is Lookup.NO_ANSWER:
        flash(_("The payment service does not respond. The shop reads the order again later."), "error")
    else:
        flash(_("The order now shows what the payment service reports."), "success")
    return redirect(url_for(".show", merchant_uid=merchant_uid))


@bp.post("/chargebacks")
def record_chargeback(merchant_uid: str) -> ResponseReturnValue:
    """Record that the card company took the payment back."""
    reason = sent_reason("chargeback")
    staff.record_chargeback(
        order=orders.by_uid(merchant_uid), reason=reason, by=current_user, now=time_of_order(merchant_uid)
    )
    flash(_("The chargeback is recorded, and the subscription is suspended."), "success")
    return redirect(url_for(".show", merchant_uid=merchant_uid))


@bp.post("/dispute")
def record_dispute_won(merchant_uid: str) -> ResponseReturnValue:
    """Record that the shop won the dispute."""
    reason = sent_reason("dispute")
    staff.record_dispute_won(
        order=orders.by_uid(merchant_uid), reason=reason, by=current_user, now=time_of_order(merchant_uid)
    )
    flash(_("The payment counts again."), "success")
    return redirect(url_for(".show", merchant_uid=merchant_uid))


def _refund(order: Order, form: RefundForm, *, amount: Decimal, left: Decimal) -> Refund:
    return staff.refund(
        desk(),
        order=order,
        amount=amount,
        seen_left=left,
        reason=form.reason.data or "",
        effect=RefundEffect(form.effect.data),
        by=current_user,
        now=time_of_order(order.merchant_uid),
    )


def _page(order: Order, *, form: RefundForm | None) -> str:
    record = staff.record_of(desk(), order)
    in_form = record.amount_left if record else None
    return render_template(
        "admin_orders/show.html",
        order=order,
        record=record,
        left=refunds.left_of(record) if record else None,
        may_refund=record is not None and refunds.may_refund(order, record),
        refund_form=form or RefundForm(prefix="refund", amount=in_form, left=in_form),
        chargeback_form=ReasonForm(prefix="chargeback"),
        dispute_form=ReasonForm(prefix="dispute"),
        case_forms={case.id: NoteForm(prefix=f"case-{case.id}") for case in order.cases},
        actions=staff.trail(order=order),
        journal=journal.of_orders(order, before=request.args.get("before", type=int)),
    )


def _refund_message(status: RefundStatus) -> tuple[str, str]:
    if status is RefundStatus.MADE:
        return _("The refund is made."), "success"
    if status is RefundStatus.ASKED:
        return _("The refund is requested. The payment provider confirms it later."), "info"
    return _("The refund is not confirmed yet. The shop checks it and requests it again where that is safe."), "warning"
