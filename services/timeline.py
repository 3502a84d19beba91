"""The timeline: what happened to some orders, in three lanes, from the journal, in the order in which it happened.

A `Row` is a fact: it has the lane where it begins and, for a message, the lane where it arrives. The shop knows its own
side. An extension may join the rows with what others recorded of the same orders (`views.timeline.join`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from models import JournalEntry, Order, Subscription, User, db
from services import orders as order_service
from services import run_calls, run_events, run_report
from services.journal import BROWSER, PG, SHOP
from services.sources import source_of

MOST_ORDERS = 20
"""Orders of which one timeline shows the rows: the newest ones."""
JUMP = timedelta(minutes=5)
"""How far business time may move against machine time between two rows before the timeline says so."""

WEBHOOKS = "/webhooks/iamport"

MESSAGES: Mapping[str, tuple[str, str | None, str]] = {
    "order.created": (BROWSER, SHOP, "POST /orders"),
    "sdk.request_pay": (BROWSER, PG, "IMP.request_pay"),
    "sdk.refused": (PG, BROWSER, "IMP.request_pay"),
    "sdk.callback": (PG, BROWSER, "callback"),
    "page.left": (BROWSER, PG, "page.left"),
    "page.back": (PG, BROWSER, "m_redirect_url"),
    "callback.received": (BROWSER, SHOP, "POST /payments/complete"),
    "landing.received": (BROWSER, SHOP, "GET /payments/landing"),
    "check.received": (BROWSER, SHOP, "POST /orders/…/checks"),
    "webhook.stored": (PG, SHOP, "webhook"),
    "webhook.received": (SHOP, None, "webhook.received"),
}
"""The events that are messages: the lane where they begin, the lane where they arrive, and their name. The worker's
reading of a webhook is the shop's own: its message is the webhook itself."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fact of a timeline."""

    id: str
    at: datetime
    """Machine time. Rows are in this order."""
    business_at: datetime
    lane: str
    to: str | None = None
    """The lane in which a message arrives. None: it stays in its lane."""
    event: str
    name: str
    status: str = ""
    ms: float | None = None
    their_ms: float | None = None
    """How long the other side took for the same call, by its own record."""
    merchant_uid: str | None = None
    method: str = ""
    path: str = ""
    """Of an HTTP request, with its query; `method` is empty for any other row."""
    base: str = "service"
    """Who received the request: `service` or `shop`."""
    payload: Any = None
    request: Any = None
    response: Any = None
    source: str = ""
    """The code of ours that did it: `services/payments.py::settle`."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Kind of record → address."""
    marks: Mapping[str, int] = field(default_factory=dict)
    """Log → number of the latest record that the row shows. A reader who has seen these numbers has seen the row."""
    replaces: tuple[str, ...] = ()
    """Rows that a reader may have seen before they became part of this one."""
    entry: JournalEntry | None = None
    moves_clock: bool = False
    """Whether business time may be another from here on, by the record of an extension."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whose timeline it is: some orders, the newest first, and every id by which records of them can be found."""

    orders: Sequence[Order]
    entries: Sequence[JournalEntry]

    @property
    def ids(self) -> list[str]:
        """Every `merchant_uid`, `customer_uid` and `imp_uid` of these orders."""
        named = [uid for order in self.orders for uid in (order.merchant_uid, order.billing_key.customer_uid)]
        reported = [entry.imp_uid for entry in self.entries]
        return list(dict.fromkeys(filter(None, (*named, *(order.imp_uid for order in self.orders), *reported))))

    @property
    def is_settled(self) -> bool:
        """Whether no order waits for an outcome."""
        return all(order_service.progress(order)["settled"] for order in self.orders)


Joiner = Callable[[Sequence[Row], Subject], Sequence[Row]]
"""Returns the rows together with what an extension knows of the same orders."""


def about(orders: Iterable[Order]) -> Subject:
    """Return the subject of these orders, of which at most the newest `MOST_ORDERS` count."""
    newest = sorted(orders, key=lambda order: -order.id)[:MOST_ORDERS]
    return Subject(orders=newest, entries=run_report.entries_of(newest))


def of_order(order: Order) -> Subject:
    """Return the subject of an order and of the charges with its key."""
    charges = [one for one in order.subscription.orders if one.billing_key_id == order.billing_key_id]
    return about([order, *(one for one in charges if order.issues_key and not one.issues_key)])


def of_subscription(subscription: Subscription) -> Subject:
    """Return the subject of a subscription's newest orders."""
    return about(subscription.orders)


def of_user(user: User, *, limit: int = 8) -> Subject:
    """Return the subject of a person's newest orders."""
    newest = select(Order).where(Order.user_id == user.id).order_by(Order.id.desc()).limit(limit)
    return about(db.session.scalars(newest))


def rows(subject: Subject, joiners: Iterable[Joiner] = ()) -> list[Row]:
    """Return the rows of the subject, in the order in which they happened."""
    found: Sequence[Row] = [_row(entry) for entry in subject.entries]
    for join in joiners:
        found = join(found, subject)
    return _in_business_time(sorted(found, key=lambda row: (row.at, row.id)))


def cursor(rows: Iterable[Row]) -> str:
    """Return what a reader of these rows sends to receive only what is new: `c34.j12`."""
    latest: dict[str, int] = {}
    for row in rows:
        for log, number in row.marks.items():
            latest[log] = max(number, latest.get(log, 0))
    return ".".join(f"{log}{number}" for log, number in sorted(latest.items()))


def is_new(row: Row, after: str) -> bool:
    """Whether a reader with this cursor has not seen the row, or not all of it. A malformed cursor has seen nothing."""
    seen = {found[1]: int(found[2]) for found in re.finditer(r"([a-z])(\d{1,18})", after[:200])}
    return any(number > seen.get(log, 0) for log, number in row.marks.items())


def jumps(rows: Sequence[Row]) -> dict[str, timedelta]:
    """Return by how much business time jumped before a row, by the row's id."""
    found, before = {}, None
    for row in rows:
        ahead = row.business_at - row.at
        if before is not None and abs(ahead - before) > JUMP:
            found[row.id] = ahead - before
        before = ahead
    return found


def _in_business_time(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the shop's business time in each: others date what they record by a clock of their own.

    Their rows have the lead of the shop's row before them, and after the clock was moved that of the shop's next row.
    They are then new again for a reader who has seen them before that row.
    """
    own = [row for row in rows if row.entry is not None]
    ahead = own[0].business_at - own[0].at if own else timedelta()
    dated: list[Row] = []
    moved: int | None = None
    """Where the rows begin that follow a move of the clock, until a row of the shop shows its lead."""
    for row in rows:
        if row.entry is None:
            dated.append(replace(row, business_at=row.at + ahead))
            moved = len(dated) if row.moves_clock else moved
            continue
        ahead = row.business_at - row.at
        if moved is not None:
            dated[moved:] = [
                replace(seen, business_at=seen.at + ahead, marks={**seen.marks, **row.marks}) for seen in dated[moved:]
            ]
            moved = None
        dated.append(row)
    return dated


def _row(entry: JournalEntry) -> Row:
    lane, to, name = MESSAGES.get(entry.event, (entry.lane, None, entry.event))
    if entry.facts.get("purpose") == "charge":
        lane, to, name = SHOP, None, entry.event  # the worker or "Pay now" created it: no page posted this order
    row: dict[str, Any] = {
        "id": f"j{entry.id}",
        "at": entry.recorded_at,
        "business_at": entry.at,
        "event": entry.event,
        "merchant_uid": entry.merchant_uid,
        "marks": {"j": entry.id},
        "entry": entry,
    }
    if entry.event == run_calls.EVENT:
        return _call(entry.facts, row)
    if entry.event == run_events.WEBHOOK:
        return _webhook(entry.facts["body"], row)
    payload = {fact: value for fact, value in entry.facts.items() if value not in ("", None)}
    status, source = _status(entry), source_of(entry.event)
    return Row(**row, lane=lane, to=to, name=name, status=status, payload=payload or None, source=source)


def _call(facts: Mapping[str, Any], row: dict[str, Any]) -> Row:
    method, path = facts["method"], facts["path"]
    code = facts.get("code")
    status = facts["error"] if facts["status"] is None else f"{facts['status']}"
    return Row(
        **row,
        lane=SHOP,
        to=PG,
        name=f"{method} {path.partition('?')[0]}",
        status=f"{status} · code {code}" if code else status,
        ms=facts["ms"],
        method=method,
        path=path,
        request=facts["request"],
        response=facts["response"],
        source=source_of(f"{method} {path}"),
    )


def _webhook(body: Mapping[str, Any], row: dict[str, Any]) -> Row:
    """Return the row of a webhook that the shop stored: it then answers 200."""
    lane, to, name = MESSAGES[row["event"]]
    request: dict[str, Any] = {
        "method": "POST",
        "path": WEBHOOKS,
        "base": "shop",
        "request": body,
        "source": source_of(row["event"]),
    }
    return Row(**row, **request, lane=lane, to=to, name=f"{name} {body.get('status', '')}".strip(), status="200")


def _status(entry: JournalEntry) -> str:
    """Return the short result of an event: `6/7` for six comparisons of seven that agree."""
    checks = entry.facts.get("checks")
    if checks:
        return f"{sum(check['same'] for check in checks)}/{len(checks)}"
    return str(entry.facts.get("status") or "")
