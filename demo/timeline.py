"""Join every timeline with the sandbox's own record of the same orders: its calls, its windows and its webhooks.

The shop's record of a call and the sandbox's record of it are one fact, so they become one row with both durations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from flask import Flask, current_app, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from demo import sandbox, source
from demo.restrictions import console
from models import Order
from services import run_events
from services.journal import BROWSER, PG, SHOP
from services.orders import is_ours
from services.sources import source_of
from services.timeline import Row, Subject
from views import timeline
from views.templating import fill_slot

AN_INSTANT = timedelta(milliseconds=1)
TOLERANCE = timedelta(milliseconds=250)
"""How far apart shop and sandbox may date the same call: they read one clock, but not at the same moment."""


def init_app(app: Flask) -> None:
    """Join the timelines of `app`, and add the dock to its pages."""
    timeline.join(app, joined)
    fill_slot(app, "dock", _dock)
    fill_slot(app, "payment", _payment)


def joined(rows: Sequence[Row], subject: Subject) -> Sequence[Row]:
    """Return the rows together with what the sandbox recorded; the shop's own rows if the sandbox does not answer."""
    if not subject.orders:
        return rows
    try:
        calls, deliveries = sandbox.calls(subject.ids), sandbox.deliveries(subject.ids)
    except requests.RequestException as err:
        current_app.logger.warning("the sandbox's record is missing in a timeline: %s", err)
        return [_with_links(row) for row in rows]
    own = {row.id: row for row in rows}
    found: list[Row] = []
    for call in calls:
        twin = _twin(call, own.values()) if call["kind"] == "rest" else None
        if twin is None:
            found.append(_row(call))
        else:
            own[twin.id] = _merged(twin, call)
    for delivery in deliveries:
        for attempt in delivery["attempts"]:
            row = _attempt(delivery, attempt)
            stored = _stored(row, own.values())
            if stored is None:
                found.append(row)
            else:
                own[stored.id] = _confirmed(stored, row)
    return [_with_links(row) for row in (*_caused(own.values(), found), *found)]


def _caused(own: Iterable[Row], found: Sequence[Row]) -> list[Row]:
    """Return the shop's rows, with each call of the SDK ahead of what it caused: the page's report arrives later."""
    windows = {row.merchant_uid: row.at for row in reversed(found) if row.path.startswith("/sdk/")}
    return [
        replace(row, at=min(row.at, windows[row.merchant_uid] - AN_INSTANT))
        if row.event == "sdk.request_pay" and row.merchant_uid in windows
        else row
        for row in own
    ]


def _dock() -> str:
    """Return the dock of a signed-in person; nobody else has a timeline."""
    return render_template("demo/dock.html") if current_user.is_authenticated else ""


def _payment(order: Order) -> Markup:
    """Return the link to the payment in the console."""
    link = Markup('<a class="small" href="{}">{}</a>')
    return Markup(" ").join(
        link.format(url, name) for name, url in _record(f"payments/{order.imp_uid}", order.merchant_uid).items()
    )


def _twin(call: Mapping[str, Any], rows: Iterable[Row]) -> Row | None:
    """Return the shop's row of the same call: the same request, during which the sandbox received it."""
    began, path = _time(call["began"]), _path(call)
    same = [row for row in rows if row.method == call["method"] and row.their_ms is None and _bare(row.path) == path]
    during = [row for row in same if row.at - TOLERANCE <= began <= row.at + _took(row) + TOLERANCE]
    return min(during, key=lambda row: abs(row.at - began), default=None)


def _merged(row: Row, call: Mapping[str, Any]) -> Row:
    return replace(
        row,
        their_ms=call["ms"],
        marks={**row.marks, "c": call["id"]},
        links=_record(f"wire/{call['id']}", row.merchant_uid),
        replaces=(f"c{call['id']}",),
    )


def _row(call: Mapping[str, Any]) -> Row:
    """Return the row of a call that the shop did not record: the browser's, or the shop's outside a guide run."""
    began = _time(call["began"])
    lane, to = (SHOP, PG) if call["kind"] == "rest" else (PG, None) if call["kind"] == "control" else (BROWSER, PG)
    code = call["code"]
    merchant_uid = next((uid for uid in call["ids"] if is_ours(uid)), None)
    return Row(
        id=f"c{call['id']}",
        at=began,
        business_at=_time(call["at"]),
        lane=lane,
        to=to,
        event=_sentence(call),
        name=f"{call['method']} {_path(call)}",
        status=f"{call['status']} · code {code}" if code else str(call["status"]),
        ms=call["ms"],
        merchant_uid=merchant_uid,
        method=call["method"],
        path=call["path"],
        request=call["request"],
        response=call["response"],
        source=source_of(f"{call['method']} {call['path']}") if call["kind"] == "rest" else "",
        links=_record(f"wire/{call['id']}", merchant_uid),
        marks={"c": call["id"]},
        moves_clock=call["method"] == "POST" and call["path"].partition("?")[0] == "/control/clock",
    )


def _sentence(call: Mapping[str, Any]) -> str:
    """Return what the call did, in words."""
    if call["kind"] == "sdk":
        sentence = _("The SDK asked the PG to open a payment window.")
    elif call["kind"] == "window" and call["method"] == "GET":
        sentence = _("The browser loaded the payment window.")
    elif call["kind"] == "window":
        sentence = _("The buyer acted in the payment window.")
    elif call["kind"] == "control":
        sentence = _("Someone pulled a lever of the sandbox.")
    else:
        sentence = _("The shop called the payment service.")
    return str(sentence)


def _attempt(delivery: Mapping[str, Any], attempt: Mapping[str, Any]) -> Row:
    """Return the row of one try to deliver a webhook, with the shop's answer."""
    body = delivery["body"]
    number = int(attempt["began"] * 1000)
    return Row(
        id=f"w{delivery['id']}-{number}",
        at=_time(attempt["began"]),
        business_at=_time(attempt["sent_at"]),
        lane=PG,
        to=SHOP,
        event=str(_("The PG reported the payment. The shop stored the webhook and answered.")),
        name=f"webhook {body.get('status', '')}".strip(),
        status=attempt["error"] or str(attempt["http_status"]),
        ms=attempt["duration_ms"],
        merchant_uid=body.get("merchant_uid"),
        method="POST",
        path=urlsplit(delivery["url"]).path,
        base="shop",
        request=body,
        response=attempt["answer_body"],
        source=source_of("POST /webhooks/iamport"),
        links=_record(f"webhooks/{delivery['id']}", body.get("merchant_uid")),
        marks={"w": number},
    )


def _stored(webhook: Row, rows: Iterable[Row]) -> Row | None:
    """Return the shop's row of the same webhook: it stored it between the sending and the answer."""
    end = webhook.at + _took(webhook) + TOLERANCE
    same = [row for row in rows if row.event == run_events.WEBHOOK and row.merchant_uid == webhook.merchant_uid]
    during = [row for row in same if row.ms is None and webhook.at - TOLERANCE <= row.at <= end]
    return min(during, key=lambda row: row.at, default=None)


def _confirmed(row: Row, webhook: Row) -> Row:
    """Return the shop's row with what the sandbox knows: when it was sent, the answer, and how long that took."""
    marks, links = {**row.marks, **webhook.marks}, {**row.links, **webhook.links}
    known = {name: getattr(webhook, name) for name in ("at", "name", "status", "ms", "response")}
    return replace(row, **known, marks=marks, links=links, replaces=(webhook.id,))


def _with_links(row: Row) -> Row:
    url = source.address_of(row.source)
    return replace(row, links={**row.links, _("Show the code"): url}) if url else row


def _record(page: str, merchant_uid: str | None) -> dict[str, str]:
    """Return the link to a page of the console, which leads back to the order; none where the console does not open."""
    origin = console()
    if not origin:
        return {}
    order = url_for("orders.show", merchant_uid=merchant_uid) if merchant_uid else "/"
    back = quote(current_app.config["PUBLIC_URL"] + order, safe="")
    return {
        str(_("Record in the sandbox")): f"{origin}/console/{quote(current_app.config['IMP_CODE'])}/{page}?back={back}"
    }


def _path(call: Mapping[str, Any]) -> str:
    return _bare(call["path"])


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _took(row: Row) -> timedelta:
    return timedelta(milliseconds=row.ms or 0)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
