"""What staff see."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from services import subscriptions

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
@login_required
def index() -> ResponseReturnValue:
    if not current_user.is_staff:
        abort(404)
    everything = subscriptions.for_staff()
    counts: dict[str, int] = {}
    for subscription in everything:
        counts[subscription.status.value] = counts.get(subscription.status.value, 0) + 1
    return render_template(
        "admin/index.html",
        subscriptions=everything,
        failed_orders=subscriptions.failed_orders(),
        counts=counts,
    )
