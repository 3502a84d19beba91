"""One member as staff see them: their account, their subscriptions and their orders. It changes nothing."""

from flask import Blueprint, abort, render_template

from services import accounts, orders, subscriptions
from views.staff import staff_only

bp = Blueprint("admin_members", __name__, url_prefix="/admin/members/<int:user_id>")
bp.before_request(staff_only)


@bp.get("")
def show(user_id: int) -> str:
    """Show the member, with links to each subscription and order."""
    member = accounts.find(user_id) or abort(404)
    return render_template(
        "admin_members/show.html",
        member=member,
        subscriptions=subscriptions.of_user(member),
        orders=orders.newest(member),
    )
