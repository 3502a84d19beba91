"""Serve the pages of the console. They show records and change nothing; `actions` changes them."""

from collections.abc import Mapping
from typing import Any

from flask import abort, g, render_template, request
from sqlalchemy import Select, or_, select

from ..api.objects import key_object, payment_object, schedule_object
from ..facts.fidelity import BEHAVIOURS
from ..ledger.models import BillingKey, Delivery, Merchant, Payment, Schedule, db
from ..merchants import clock
from ..openapi.description import GROUPS
from ..openapi.fidelity import FIELD_TESTS, summary
from ..pages import language_links
from ..wirelog import WireEntry
from . import certainties, lists, related
from .blueprint import NEWEST_MERCHANTS, bp
from .rows import ROW_ID, chosen, listing, narrowed, oldest_first, own
from .wire import collapsed
from .words import FEW, FILTERS, SECTION_OF, WORDS, menu


@bp.context_processor
def frame() -> dict[str, Any]:
    """Return what the templates of all pages need around their subject."""
    if "console" not in g:
        return {}  # no merchant has the code in the address, so the 404 page belongs to no merchant
    is_live = "X-Live" in request.headers
    page = str(request.endpoint).removeprefix("dashboard.")
    newest = db.session.scalars(select(Merchant).order_by(Merchant.id.desc()).limit(NEWEST_MERCHANTS)).all()
    return {
        "console": g.console,
        # The clock of a live page runs in the browser. The server's time would make every answer differ from the last.
        "console_now": 0 if is_live else clock.of(g.console),
        "section": SECTION_OF.get(page, page),
        "merchants": newest if g.console in newest else [g.console, *newest],
        "menu": menu(),
        "most": lists.ROWS,
        "languages": language_links(request.path),
        "layout": "dashboard/live.html" if is_live else "dashboard/layout.html",
        **WORDS,
    }


@bp.get("/")
@bp.get("/console/<code>/", endpoint="overview")
def index() -> str:
    """Show how to connect a shop, and what happened last."""
    return render_template(
        "dashboard/overview.html",
        counts=lists.counts(g.console),
        payments=lists.page(lists.payments(g.console), Payment, limit=FEW).rows,
        calls=collapsed(lists.page(lists.calls(g.console), WireEntry, limit=4 * FEW).rows)[:FEW],
        keys=lists.page(lists.keys(g.console), BillingKey, limit=FEW).rows,
        deliveries=lists.page(lists.deliveries(g.console), Delivery, limit=FEW).rows,
        waiting=lists.count(lists.schedules(g.console, "scheduled")),
        unreachable=lists.count(lists.deliveries(g.console, "unreachable")),
    )


# Payments -------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/payments")
def payments() -> str:
    """List the payments, with `?only=` those of one status, with `?customer_uid=` those with one key."""
    return listing("payments", narrowed(lists.payments(g.console, chosen("payments")), Payment), Payment)


@bp.get("/console/<code>/payments/<imp_uid>")
def payment(imp_uid: str) -> str:
    """Show one payment: its record, its window, other payments of its order or key, its webhooks and its calls."""
    found = own(select(Payment).where(Payment.imp_uid == imp_uid))
    return render_template(
        "dashboard/payment.html",
        payment=found,
        record=payment_object(found),
        related=related.of_payment(found),
        schedules=lists.page(related.schedules_with([found.merchant_uid]), Schedule).rows,
        checks=related.checks(found.merchant_uid),
        siblings=lists.page(_siblings(found), Payment).rows,
        deliveries=oldest_first(lists.deliveries(g.console).where(Delivery.payment_id == found.id), Delivery),
        calls=oldest_first(lists.calls_about(g.console, found.imp_uid, found.merchant_uid), WireEntry),
    )


def _siblings(payment: Payment) -> Select[Payment]:
    """Return the query for the merchant's other payments of the same order or the same billing key."""
    return lists.payments(g.console).where(
        or_(Payment.merchant_uid == payment.merchant_uid, Payment.customer_uid == (payment.customer_uid or "")),
        Payment.id != payment.id,
    )


# Billing keys ---------------------------------------------------------------------------------------------


@bp.get("/console/<code>/keys")
def keys() -> str:
    """List the billing keys."""
    return listing("keys", lists.keys(g.console), BillingKey)


@bp.get("/console/<code>/key")
def key() -> str:
    """Show the key of `?customer_uid=` with its charges and calls, also after the key was deleted.

    The `customer_uid` is in the query, not in the path, because it may contain any character.
    """
    customer_uid = request.args.get("customer_uid", "")
    found = db.session.scalar(lists.keys(g.console).where(BillingKey.customer_uid == customer_uid))
    mine = lists.payments(g.console).where(Payment.customer_uid == customer_uid)
    charges = lists.page(mine, Payment).rows
    booked = lists.page(lists.schedules(g.console).where(Schedule.customer_uid == customer_uid), Schedule).rows
    calls = oldest_first(lists.calls_about(g.console, customer_uid), WireEntry) if customer_uid else []
    if not (found or charges or booked or calls):
        abort(404)
    deliveries = oldest_first(related.deliveries_of(mine), Delivery)
    story = {"charges": charges, "schedules": booked, "deliveries": deliveries, "calls": calls}
    record = key_object(found) if found else None
    return render_template("dashboard/key.html", customer_uid=customer_uid, key=found, record=record, **story)


# Schedules ------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/schedules")
def schedules() -> str:
    """List the schedules, with `?only=` those of one status, with `?customer_uid=` those of one key."""
    return listing("schedules", narrowed(lists.schedules(g.console, chosen("schedules")), Schedule), Schedule)


@bp.get(f"/console/<code>/schedules/<{ROW_ID}:schedule_id>")
def schedule(schedule_id: int) -> str:
    """Show one schedule: when it is due, and the result of each run."""
    found = own(lists.schedules(g.console).where(Schedule.id == schedule_id))
    runs = lists.payments(g.console).where(Payment.merchant_uid == found.merchant_uid)
    return render_template(
        "dashboard/schedule.html",
        schedule=found,
        record=schedule_object(found),
        payments=lists.page(runs, Payment).rows,
        related=related.of_order(found.merchant_uid),
        deliveries=oldest_first(related.deliveries_of(runs), Delivery),
        calls=oldest_first(lists.calls_about(g.console, found.merchant_uid), WireEntry),
    )


# Webhooks -------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/webhooks")
def webhooks() -> str:
    """List the webhooks, with `?only=` those in one state, with `?customer_uid=` those about one key."""
    return listing("webhooks", narrowed(lists.deliveries(g.console, chosen("webhooks")), Delivery), Delivery)


@bp.get(f"/console/<code>/webhooks/<{ROW_ID}:delivery_id>")
def webhook(delivery_id: int) -> str:
    """Show one webhook: each attempt with its request, answer and duration."""
    found = own(lists.deliveries(g.console).where(Delivery.id == delivery_id))
    payment = found.payment
    return render_template(
        "dashboard/webhook.html",
        delivery=found,
        schedules=lists.page(related.schedules_with([payment.merchant_uid]), Schedule).rows,
        calls=oldest_first(lists.calls_about(g.console, payment.imp_uid, payment.merchant_uid), WireEntry),
    )


# Fidelity and merchants ----------------------------------------------------------------------------------


@bp.get("/console/<code>/fidelity")
def fidelity() -> str:
    """Show what the sandbox serves of the official API, and how certain it is; `?only=` and `?part=` show less."""
    only, part = chosen("fidelity"), request.args.get("part", "").strip()
    return render_template(
        "dashboard/fidelity.html",
        entries=certainties.entries(only, part),
        behaviours=certainties.behaviours(only, part),
        summary=summary(),
        behaviours_in_all=len(BEHAVIOURS),
        groups=GROUPS,
        field_tests=FIELD_TESTS,
        part=part,
        narrowed=bool(only or part),
        filters=FILTERS["fidelity"],
    )


@bp.get("/console/<code>/merchants")
def shops(refusal: str = "", typed: Mapping[str, str] | None = None) -> str:
    """List all merchants, newest first, and show a form for a new one.

    `refusal` says why the merchant with the fields in `typed` was refused.
    """
    return listing("shops", select(Merchant), Merchant, refusal=refusal, typed=typed or {})
