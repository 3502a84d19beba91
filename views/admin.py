"""The page for staff: open cases and refunds, failed orders, subscriptions, members, and what staff did last."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from services import accounts, orders, refunds, reversals, staff, subscriptions
from views.incoming import time_of_order
from views.staff import sent_reason, staff_only

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(staff_only)


@bp.get("")
def index() -> ResponseReturnValue:
    """Show open cases and refunds, failed orders, subscriptions, members and the latest acts of staff."""
    return render_template(
        "admin/index.html",
        subscriptions=subscriptions.for_staff(),
        open_cases=reversals.open_cases(),
        open_refunds=refunds.for_staff(),
        failed_orders=orders.failed(),
        counts=subscriptions.count_by_state(),
        members=accounts.newest(),
        actions=staff.trail(limit=20),
    )


@bp.post("/cases/<int:case_id>/closing")
def close_case(case_id: int) -> ResponseReturnValue:
    """Close a case with a note."""
    case = reversals.find_case(case_id) or abort(404)
    staff.close_case(
        case, note=sent_reason(f"case-{case_id}"), by=current_user, now=time_of_order(case.order.merchant_uid)
    )
    flash(_("The case is closed."), "success")
    return redirect(url_for("admin_orders.show", merchant_uid=case.order.merchant_uid))
