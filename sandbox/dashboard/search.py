"""Search the merchant's records: the page of results, and what a record is found by."""

from collections.abc import Sequence
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, or_, select

from ..ledger.models import BillingKey, Cancellation, Delivery, Merchant, Payment, Prepared, Schedule, db
from ..ledger.texts import holds, holds_phone
from ..products.certifications import Certification
from ..products.naver_orders import ProductOrder
from ..products.vbanks import VirtualAccount
from ..wirelog import WireEntry
from . import lists, related
from .blueprint import bp
from .wire import collapsed


@bp.get("/console/<code>/search")
def search() -> ResponseReturnValue:
    """List the records that contain `?q=`. A complete id opens the record's page directly."""
    text = request.args.get("q", "").replace("\0", "").strip()
    if target := _page_with_id(text):
        return redirect(target)
    return render_template("dashboard/search.html", text=text, **_found(text))


def _page_with_id(text: str) -> str | None:
    """Return the page of the record with exactly this id, or the console of the merchant with it; None without one."""
    if not text:
        return None
    if payment := db.session.scalar(related.payments_with([text]).order_by(Payment.id.desc()).limit(1)):
        return url_for(".payment", imp_uid=payment.imp_uid)
    if schedule := db.session.scalar(related.schedules_with([text]).order_by(Schedule.id.desc()).limit(1)):
        return url_for(".schedule", schedule_id=schedule.id)
    if db.session.scalar(lists.keys(g.console).where(BillingKey.customer_uid == text)):
        return url_for(".key", customer_uid=text)
    if db.session.scalar(lists.checks(g.console).where(Certification.imp_uid == text)):
        return url_for(".check", imp_uid=text)
    if related.of_order(text) or related.checks(text):
        return url_for(".order", merchant_uid=text)
    if db.session.scalar(select(Merchant.id).where(Merchant.code == text)):
        return url_for(".overview", code=text)
    return None


def _found(text: str) -> dict[str, Any]:
    """Return the newest rows of each section that contain `text`, and other merchants that have such rows.

    Return an empty dict for an empty `text`.
    """
    if not text:
        return {}
    prepared = select(Prepared).where(Prepared.merchant_id == g.console.id, holds(text, Prepared.merchant_uid))
    calls = lists.calls(g.console).where(holds(text, WireEntry.ids, WireEntry.path))
    return {
        "payments": lists.page(lists.payments(g.console).where(payments_found(text)), Payment).rows,
        "keys": lists.page(lists.keys(g.console).where(keys_found(text)), BillingKey).rows,
        "schedules": lists.page(lists.schedules(g.console).where(schedules_found(text)), Schedule).rows,
        "checks": lists.page(lists.checks(g.console).where(checks_found(text)), Certification).rows,
        "prepared": lists.page(prepared, Prepared).rows,
        "deliveries": lists.page(lists.deliveries(g.console).where(deliveries_found(text)), Delivery).rows,
        "calls": collapsed(lists.page(calls, WireEntry).rows),
        "elsewhere": merchants_with(text, besides=g.console),
    }


# What a record is found by --------------------------------------------------------------------------------


def payments_found(text: str) -> ColumnElement[bool]:
    """Return the condition that a payment contains `text`, or that `text` is the id of what belongs to it."""
    ids = (Payment.imp_uid, Payment.merchant_uid, Payment.customer_uid, Payment.pg_tid, Payment.apply_num)
    cancelled = select(Cancellation.payment_id).where(Cancellation.cancellation_id == text)
    ordered = select(ProductOrder.payment_id).where(ProductOrder.product_order_id == text)
    into = select(VirtualAccount.payment_id).where(holds(text, VirtualAccount.number, VirtualAccount.holder))
    return or_(
        holds(text, *ids, Payment.name, Payment.buyer_name, Payment.buyer_email, Payment.card_number),
        holds_phone(text, Payment.buyer_tel),
        *(Payment.id.in_(found) for found in (cancelled, ordered, into)),
    )


def keys_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id, the buyer or the masked number of a billing key contains `text`."""
    buyer = (BillingKey.customer_name, BillingKey.customer_email, BillingKey.buyer_email)
    return or_(
        holds(text, BillingKey.customer_uid, BillingKey.customer_id, *buyer, BillingKey.card_number),
        holds_phone(text, BillingKey.customer_tel),
    )


def schedules_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id, the name or the buyer of a schedule contains `text`."""
    buyer = (Schedule.buyer_name, Schedule.buyer_email)
    return or_(
        holds(text, Schedule.merchant_uid, Schedule.customer_uid, Schedule.name, *buyer),
        holds_phone(text, Schedule.buyer_tel),
    )


def checks_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id or the person of an identity check contains `text`."""
    return or_(
        holds(text, Certification.imp_uid, Certification.merchant_uid, Certification.name),
        holds_phone(text, Certification.phone),
    )


def deliveries_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id of a webhook's payment, or its address, contains `text`."""
    ids = select(Payment.id).where(holds(text, Payment.imp_uid, Payment.merchant_uid, Payment.customer_uid))
    return or_(Delivery.payment_id.in_(ids), holds(text, Delivery.url))


def merchants_with(text: str, *, besides: Merchant) -> Sequence[Merchant]:
    """Return up to five other merchants that have a payment or a key with this text, to link to their consoles."""
    owners = select(Payment.merchant_id).where(payments_found(text))
    owners_of_keys = select(BillingKey.merchant_id).where(keys_found(text))
    query = select(Merchant).where(Merchant.id != besides.id, Merchant.id.in_(owners.union(owners_of_keys)))
    return db.session.scalars(query.limit(5)).all()
