"""Search the merchant's records: the page of results, and what a record is found by."""

from collections.abc import Sequence
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select

from ..ledger.models import BillingKey, Cancellation, Delivery, Merchant, Payment, Schedule, db
from ..wirelog import WireEntry
from . import lists
from .blueprint import bp
from .wire import collapsed


@bp.get("/console/<code>/search")
def search() -> ResponseReturnValue:
    """List the records with `?q=` in one of their ids. A complete id opens the record's page directly."""
    text = request.args.get("q", "").strip()
    if target := _page_with_id(text):
        return redirect(target)
    return render_template("dashboard/search.html", text=text, **_found(text))


def _page_with_id(text: str) -> str | None:
    """Return the page of the payment, schedule or key with exactly this id, or the console of the merchant with it."""
    by_id = or_(Payment.imp_uid == text, Payment.merchant_uid == text)
    if payment := db.session.scalar(lists.payments(g.console).where(by_id).order_by(Payment.id.desc()).limit(1)):
        return url_for(".payment", imp_uid=payment.imp_uid)
    if schedule := db.session.scalar(lists.schedules(g.console).where(Schedule.merchant_uid == text).limit(1)):
        return url_for(".schedule", schedule_id=schedule.id)
    if db.session.scalar(lists.keys(g.console).where(BillingKey.customer_uid == text)):
        return url_for(".key", customer_uid=text)
    if db.session.scalar(select(Merchant.id).where(Merchant.code == text)):
        return url_for(".overview", code=text)
    return None


def _found(text: str) -> dict[str, Any]:
    """Return the newest rows of each section with `text` in one of their ids, and other merchants that have such rows.

    Return an empty dict for an empty `text`.
    """
    if not text:
        return {}
    return {
        "payments": lists.page(lists.payments(g.console).where(payments_found(text)), Payment).rows,
        "keys": lists.page(lists.keys(g.console).where(keys_found(text)), BillingKey).rows,
        "schedules": lists.page(lists.schedules(g.console).where(schedules_found(text)), Schedule).rows,
        "deliveries": lists.page(lists.deliveries(g.console).where(deliveries_found(text)), Delivery).rows,
        "calls": collapsed(lists.page(lists.calls(g.console).where(calls_found(text)), WireEntry).rows),
        "elsewhere": merchants_with(text, besides=g.console),
    }


# What a record is found by --------------------------------------------------------------------------------


def payments_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id of a payment contains `text`, or that `text` is the id of its cancellation."""
    columns = (Payment.imp_uid, Payment.merchant_uid, Payment.customer_uid, Payment.pg_tid, Payment.apply_num)
    cancelled = select(Cancellation.payment_id).where(Cancellation.cancellation_id == text)
    return or_(*(_holds(column, text) for column in columns), Payment.id.in_(cancelled))


def keys_found(text: str) -> ColumnElement[bool]:
    """Return the condition that the `customer_uid` or `customer_id` of a billing key contains `text`."""
    return or_(*(_holds(column, text) for column in (BillingKey.customer_uid, BillingKey.customer_id)))


def schedules_found(text: str) -> ColumnElement[bool]:
    """Return the condition that the `merchant_uid` or `customer_uid` of a schedule contains `text`."""
    return or_(*(_holds(column, text) for column in (Schedule.merchant_uid, Schedule.customer_uid)))


def deliveries_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id of a webhook's payment, or its address, contains `text`."""
    return or_(Delivery.payment_id.in_(select(Payment.id).where(payments_found(text))), _holds(Delivery.url, text))


def calls_found(text: str) -> ColumnElement[bool]:
    """Return the condition that one of a call's ids, or its path with the query, contains `text`."""
    return or_(_holds(WireEntry.ids, text), _holds(WireEntry.path, text))


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    return func.instr(func.lower(column), text.lower()) > 0


def merchants_with(text: str, *, besides: Merchant) -> Sequence[Merchant]:
    """Return up to five other merchants that have a payment or a key with this id, to link to their consoles."""
    owners = select(Payment.merchant_id).where(payments_found(text))
    owners_of_keys = select(BillingKey.merchant_id).where(keys_found(text))
    query = select(Merchant).where(Merchant.id != besides.id, Merchant.id.in_(owners.union(owners_of_keys)))
    return db.session.scalars(query.limit(5)).all()
