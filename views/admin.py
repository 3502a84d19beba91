"""The page for staff: open cases and refunds, failed orders, subscriptions. Only staff see it."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from services import orders, refunds, reversals, subscriptions

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
@login_required
def index() -> ResponseReturnValue:
    """Show open cases and refunds, failed orders and subscriptions. Answer 404 to users who are not staff."""
    if not current_user.is_staff:
        abort(404)
    return render_template(
        "admin/index.html",
        subscriptions=subscriptions.for_staff(),
        open_cases=reversals.open_cases(),
        open_refunds=refunds.for_staff(),
        failed_orders=orders.failed(),
        counts=subscriptions.count_by_state(),
    )
