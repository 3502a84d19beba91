"""The pages of the console. They show what is there and change nothing; `actions` does."""

from collections.abc import Mapping
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, or_, select

from ..api.objects import key_object, payment_object, schedule_object
from ..facts import fidelity
from ..ledger.models import BillingKey, Delivery, Merchant, Payment, Schedule, db
from ..merchants import clock, levers
from ..pages import language_links
from ..rules import outcomes
from ..wirelog import WireEntry
from . import lists
from .blueprint import NEWEST_MERCHANTS, bp
from .words import FILTERS, SECTION_OF, WORDS, as_text, menu, steps

FEW = 8
"""Rows of a table on a page about something else."""

LARGEST_ID = 2**63 - 1
"""SQLite can be asked for no larger one."""

ROW_ID = f"int(max={LARGEST_ID})"
"""How an address has it."""


@bp.context_processor
def frame() -> dict[str, Any]:
    """What every page has around its subject."""
    if "console" not in g:
        return {}  # nobody has the code in the address, and the page that says so belongs to no merchant
    is_live = "X-Live" in request.headers
    page = str(request.endpoint).removeprefix("dashboard.")
    newest = db.session.scalars(select(Merchant).order_by(Merchant.id.desc()).limit(NEWEST_MERCHANTS)).all()
    return {
        "console": g.console,
        # A live page's clock runs by itself; its time must not make every answer a new one.
        "console_now": 0 if is_live else clock.of(g.console),
        "section": SECTION_OF.get(page, page),
        "merchants": newest if g.console in newest else [g.console, *newest],
        "menu": menu(),
        "languages": language_links(request.path),
        "layout": "dashboard/live.html" if is_live else "dashboard/layout.html",
        **WORDS,
    }


@bp.get("/")
@bp.get("/console/<code>/", endpoint="overview")
def index() -> str:
    """How to connect, and what happened last."""
    return render_template(
        "dashboard/overview.html",
        counts=lists.counts(g.console),
        payments=lists.page(lists.payments(g.console), Payment, limit=FEW).rows,
        calls=lists.page(lists.calls(g.console), WireEntry, limit=FEW).rows,
        keys=lists.page(lists.keys(g.console), BillingKey, limit=FEW).rows,
        deliveries=lists.page(lists.deliveries(g.console), Delivery, limit=FEW).rows,
        waiting=lists.count(lists.schedules(g.console, "scheduled")),
        unreachable=lists.count(lists.deliveries(g.console, "unreachable")),
    )


# Payments -------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/payments")
def payments() -> str:
    return _list("payments", lists.payments(g.console, _filter("payments")), Payment)


@bp.get("/console/<code>/payments/<imp_uid>")
def payment(imp_uid: str) -> str:
    """One payment's story: its record, its window, what its key was charged, its webhooks, its calls."""
    found = _mine(select(Payment).where(Payment.imp_uid == imp_uid))
    return render_template(
        "dashboard/payment.html",
        payment=found,
        record=payment_object(found),
        schedule=db.session.scalar(lists.schedules(g.console).where(Schedule.payment_id == found.id).limit(1)),
        siblings=lists.page(_siblings(found), Payment).rows,
        deliveries=_story(lists.deliveries(g.console).where(Delivery.payment_id == found.id), Delivery),
        calls=_story(lists.calls_about(g.console, found.imp_uid, found.merchant_uid), WireEntry),
    )


def _siblings(payment: Payment) -> Select[Payment]:
    """The merchant's other payments of the same order or the same billing key."""
    return lists.payments(g.console).where(
        or_(Payment.merchant_uid == payment.merchant_uid, Payment.customer_uid == (payment.customer_uid or "")),
        Payment.id != payment.id,
    )


# Billing keys ---------------------------------------------------------------------------------------------


@bp.get("/console/<code>/keys")
def keys() -> str:
    return _list("keys", lists.keys(g.console), BillingKey)


@bp.get("/console/<code>/key")
def key() -> str:
    """One `?customer_uid=`'s story, also after its key was deleted: a `customer_uid` may hold any character."""
    customer_uid = request.args.get("customer_uid", "")
    found = db.session.scalar(lists.keys(g.console).where(BillingKey.customer_uid == customer_uid))
    charges = lists.page(lists.payments(g.console).where(Payment.customer_uid == customer_uid), Payment).rows
    calls = _story(lists.calls_about(g.console, customer_uid), WireEntry) if customer_uid else []
    if not (found or charges or calls):
        abort(404)
    record = key_object(found) if found else None
    story = {"key": found, "record": record, "charges": charges, "calls": calls}
    return render_template("dashboard/key.html", customer_uid=customer_uid, **story)


# Schedules ------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/schedules")
def schedules() -> str:
    return _list("schedules", lists.schedules(g.console, _filter("schedules")), Schedule)


@bp.get(f"/console/<code>/schedules/<{ROW_ID}:schedule_id>")
def schedule(schedule_id: int) -> str:
    """One schedule's story: when it is due, and what came of each run."""
    found = _mine(lists.schedules(g.console).where(Schedule.id == schedule_id))
    runs = lists.payments(g.console).where(Payment.merchant_uid == found.merchant_uid)
    return render_template(
        "dashboard/schedule.html",
        schedule=found,
        record=schedule_object(found),
        payments=lists.page(runs, Payment).rows,
        calls=_story(lists.calls_about(g.console, found.merchant_uid), WireEntry),
    )


# Webhooks and calls ---------------------------------------------------------------------------------------


@bp.get("/console/<code>/webhooks")
def webhooks() -> str:
    return _list("webhooks", lists.deliveries(g.console, _filter("webhooks")), Delivery)


@bp.get(f"/console/<code>/webhooks/<{ROW_ID}:delivery_id>")
def webhook(delivery_id: int) -> str:
    """One webhook's story: each attempt with request, answer and duration."""
    found = _mine(lists.deliveries(g.console).where(Delivery.id == delivery_id))
    return render_template("dashboard/webhook.html", delivery=found)


@bp.get("/console/<code>/wire")
def wire() -> str:
    return _list("wire", lists.calls(g.console, _filter("wire")), WireEntry)


@bp.get(f"/console/<code>/wire/<{ROW_ID}:call_id>")
def call(call_id: int) -> str:
    """One call with both bodies."""
    found = db.session.scalar(lists.calls(g.console).where(WireEntry.id == call_id)) or abort(404)
    return render_template("dashboard/call.html", call=found)


# The merchant's levers ------------------------------------------------------------------------------------


@bp.get("/console/<code>/clock")
def time() -> str:
    """What time it is for this merchant, and what comes next."""
    query = lists.schedules(g.console, "scheduled").order_by(Schedule.schedule_at).limit(FEW)
    upcoming = db.session.scalars(query).all()
    # Of a customer who is ahead of the merchant, a schedule is due sooner.
    next_at = min((s.schedule_at - g.console.customer_offsets.get(s.customer_uid, 0) for s in upcoming), default=0)
    return render_template("dashboard/clock.html", steps=steps(), upcoming=upcoming, next_at=next_at)


@bp.get("/console/<code>/levers")
def pulled() -> str:
    """Every lever as it stands, and what is ordered to come next."""
    return render_template(
        "dashboard/levers.html",
        levers=levers.LEVERS.values(),
        values=levers.settings(g.console),
        defaults={name: as_text(lever.default) for name, lever in levers.LEVERS.items()},
        outcomes=outcomes.OUTCOMES.values(),
        orders=outcomes.planned(g.console),
    )


@bp.get("/console/<code>/fidelity")
def certainties() -> str:
    """How sure we are of each behaviour."""
    wish = _filter("certainties")
    shown = [behaviour for behaviour in fidelity.BEHAVIOURS if wish in ("", behaviour.certainty)]
    return render_template("dashboard/fidelity.html", behaviours=shown, filters=FILTERS["certainties"])


# Search ---------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/search")
def search() -> ResponseReturnValue:
    """Anything with `?q=` in one of its ids. A whole id opens the story at once."""
    text = request.args.get("q", "").strip()
    if target := _exactly(text):
        return redirect(target)
    return render_template("dashboard/search.html", text=text, **_found(text))


def _exactly(text: str) -> str | None:
    """Where the story of this very id is: of a payment, a key, or another merchant's console."""
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
    if not text:
        return {}
    return {
        "payments": lists.page(lists.payments(g.console).where(lists.payments_found(text)), Payment).rows,
        "keys": lists.page(lists.keys(g.console).where(lists.keys_found(text)), BillingKey).rows,
        "schedules": lists.page(lists.schedules(g.console).where(lists.schedules_found(text)), Schedule).rows,
        "deliveries": lists.page(lists.deliveries(g.console).where(lists.deliveries_found(text)), Delivery).rows,
        "calls": lists.page(lists.calls(g.console).where(lists.calls_found(text)), WireEntry).rows,
        "elsewhere": lists.merchants_with(text, besides=g.console),
    }


# ----------------------------------------------------------------------------------------------------------


def _list(name: str, rows: Any, model: type[Any], **more: Any) -> str:
    before = request.args.get("before", type=int)
    page = lists.page(rows, model, before if before and 0 < before <= LARGEST_ID else None)
    filters = FILTERS.get(name, ())
    return render_template(f"dashboard/{name}.html", rows=page.rows, older=page.older, filters=filters, **more)


def _story(rows: Any, model: type[Any]) -> list[Any]:
    """The newest of `rows`, but oldest first, as a story is told."""
    return list(lists.page(rows, model).rows)[::-1]


def _filter(name: str) -> str:
    """`?only=`, if it is one of the section's; else no filter."""
    wish = request.args.get("only", "")
    return wish if wish in FILTERS[name] else ""


def _mine(query: Any) -> Any:
    """The one record of the merchant shown; 404 for a stranger's."""
    found = db.session.scalar(query)
    if found is None or found.merchant_id != g.console.id:
        abort(404)
    return found


# Merchants ------------------------------------------------------------------------------------------------


@bp.get("/console/<code>/merchants")
def shops(refusal: str = "", typed: Mapping[str, str] | None = None) -> str:
    """Everybody there is, newest first, and a form for one more. `refusal`: why not the one that was `typed`."""
    return _list("shops", select(Merchant), Merchant, refusal=refusal, typed=typed or {})
