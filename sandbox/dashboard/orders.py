"""Serve the pages of an order, which is whatever has the same `merchant_uid`, and of identity checks."""

from typing import Any

from flask import abort, g, render_template, request
from sqlalchemy import select

from ..api.objects import certification_object
from ..ledger.models import Delivery, Payment, Schedule
from ..products.certifications import Certification
from ..wirelog import WireEntry
from . import lists, related
from .blueprint import bp
from .rows import listing, oldest_first, own


@bp.get("/console/<code>/order")
def order() -> str:
    """Show whatever has the `merchant_uid` of the query, which may contain any character."""
    merchant_uid = request.args.get("merchant_uid", "")
    story = _story(merchant_uid) if merchant_uid else {}
    if not any(story.values()):
        abort(404)
    keys = dict.fromkeys(row.customer_uid for row in (*story["payments"], *story["schedules"]) if row.customer_uid)
    return render_template("dashboard/order.html", merchant_uid=merchant_uid, keys=keys, **story)


def _story(merchant_uid: str) -> dict[str, Any]:
    attempts = lists.payments(g.console).where(Payment.merchant_uid == merchant_uid)
    return {
        "payments": lists.page(attempts, Payment).rows,
        "schedules": lists.page(related.schedules_with([merchant_uid]), Schedule).rows,
        "checks": related.checks(merchant_uid),
        "related": related.of_order(merchant_uid),
        "deliveries": oldest_first(related.deliveries_of(attempts), Delivery),
        "calls": oldest_first(lists.calls_about(g.console, merchant_uid), WireEntry),
    }


@bp.get("/console/<code>/checks")
def checks() -> str:
    """List the identity checks."""
    return listing("checks", lists.checks(g.console), Certification)


@bp.get("/console/<code>/checks/<imp_uid>")
def check(imp_uid: str) -> str:
    """Show one identity check with its calls."""
    found = own(select(Certification).where(Certification.imp_uid == imp_uid))
    return render_template(
        "dashboard/check.html",
        check=found,
        record=certification_object(found),
        payments=lists.page(related.payments_with([found.merchant_uid or ""]), Payment).rows,
        calls=oldest_first(lists.calls_about(g.console, found.imp_uid, found.merchant_uid), WireEntry),
    )
