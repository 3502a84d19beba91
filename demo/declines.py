"""A charge that is declined, on the page of a guide: the sandbox plays the decline, and the shop charges as always."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from demo import sandbox
from models import BillingKey, Subscription, db

bp = Blueprint("demo_declines", __name__, url_prefix="/demo/declines", template_folder="templates")


@bp.post("")
def decline() -> ResponseReturnValue:
    """Plan a decline of the next charge with this person's key, then pass the charge on to the shop."""
    customer_uid = request.form.get("customer_uid", "")
    is_theirs = Subscription.user_id == (current_user.id if current_user.is_authenticated else None)
    subscription = db.session.scalar(
        select(Subscription)
        .join(BillingKey, Subscription.billing_key_id == BillingKey.id)
        .where(BillingKey.customer_uid == customer_uid, is_theirs)
    )
    if subscription is None:
        abort(404)
    sandbox.decline_next_charge(customer_uid)
    return redirect(url_for("subscriptions.charge", subscription_id=subscription.id), code=307)
