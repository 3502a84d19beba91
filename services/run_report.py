"""What a guide run came to, from the journal: what was sent, what came back, and what the server compared."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from models import JournalEntry, Order, db
from services import run_calls

MOST_ENTRIES = 1000
"""Entries that are read of one run: the newest ones. A run has about forty."""
AGAIN = "/subscribe/payments/again"


def of(orders: Sequence[Order]) -> dict[str, Any]:
    """Return the report of the run with these orders, as JSON values."""
    entries = entries_of(orders)
    return {
        "run_id": orders[0].run_id,
        "guide": orders[0].guide_id,
        "orders": [_window(order, orders, entries) for order in orders if order.issues_key],
    }


def entries_of(orders: Sequence[Order]) -> Sequence[JournalEntry]:
    """Return the entries of these orders, in the order in which they happened."""
    merchant_uids = [order.merchant_uid for order in orders]
    newest = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.merchant_uid.in_(merchant_uids))
        .order_by(JournalEntry.id.desc())
        .limit(MOST_ENTRIES)
    ).all()
    return sorted(newest, key=lambda entry: (entry.recorded_at, entry.id))


def _window(order: Order, orders: Sequence[Order], entries: Sequence[JournalEntry]) -> dict[str, Any]:
    """Return what became of one window, and of the charges with the key that it issued."""
    own = [entry for entry in entries if entry.merchant_uid == order.merchant_uid]
    charges = [other for other in orders if not other.issues_key and other.billing_key_id == order.billing_key_id]
    return {
        "merchant_uid": order.merchant_uid,
        "device": _fact(own, "device", "order.created"),
        "imp_uid": order.imp_uid,
        "customer_uid": order.billing_key.customer_uid,
        "outcome": order.outcome,
        "sent": _fact(own, "fields", "sdk.request_pay"),
        "returned": _returned(own),
        "checks": _fact(own, "checks", "payment.verified", "payment.mismatch") or [],
        "record": _record(own, order),
        "charges": [_charge(charge, entries) for charge in charges],
    }


def _returned(entries: Sequence[JournalEntry]) -> dict[str, Any] | None:
    """Return what brought the buyer back: the callback's object or the landing's query. None before that."""
    for kind, event, fact in (("landing", "landing.received", "query"), ("callback", "sdk.callback", "fields")):
        fields = _fact(entries, fact, event)
        if fields is not None:
            return {"kind": kind, "fields": fields}
    return None


def _record(entries: Sequence[JournalEntry], order: Order) -> dict[str, Any] | None:
    """Return the newest record of the order's payment that the server read, or None."""
    read = [call for call in _calls(entries) if call["method"] == "GET" and call["path"].startswith("/payments/")]
    records = [_response(call) for call in read]
    return next((r for r in reversed(records) if r and r.get("merchant_uid") == order.merchant_uid), None)


def _charge(order: Order, entries: Sequence[JournalEntry]) -> dict[str, Any]:
    own = [entry for entry in entries if entry.merchant_uid == order.merchant_uid]
    sent: dict[str, Any] = next((call for call in reversed(_calls(own)) if call["path"] == AGAIN), {})
    return {
        "merchant_uid": order.merchant_uid,
        "request": sent.get("request"),
        "response": sent.get("response"),
        "outcome": order.outcome,
    }


def _calls(entries: Sequence[JournalEntry]) -> list[dict[str, Any]]:
    return [entry.facts for entry in entries if entry.event == run_calls.EVENT]


def _response(call: dict[str, Any]) -> dict[str, Any] | None:
    envelope = call["response"]
    response = envelope.get("response") if isinstance(envelope, dict) else None
    return response if isinstance(response, dict) else None


def _fact(entries: Sequence[JournalEntry], name: str, *events: str) -> Any:
    """Return the fact of the newest of these events that has it, or None."""
    return next((e.facts[name] for e in reversed(entries) if e.event in events and name in e.facts), None)
