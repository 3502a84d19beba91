"""Serve the pages of the wire log, which shows look-ups that repeat each other as one row."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from ..ledger.models import Delivery, Payment, Schedule, db
from ..wire.parameters import Malformed
from ..wirelog import WireEntry, filters
from . import lists, related
from .blueprint import bp
from .rows import ROW_ID, before, chosen
from .words import FILTERS

FIELDS = ("method", "path", "status", "merchant_uid", "customer_uid")
"""Filters of `wirelog.filters` that the page offers as fields."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STATUSES = ("2xx", "3xx", "4xx", "5xx")


@dataclass(frozen=True)
class Row:
    """A call and the calls that repeat it, as one row of a table."""

    __tablename__ = WireEntry.__tablename__

    call: WireEntry
    """The newest of them."""
    earlier: list[WireEntry]
    """The others, newest first."""

    @property
    def id(self) -> int:
        """The id of the oldest call, so that the row stays the same when the look-up is repeated once more."""
        return (self.earlier or [self.call])[-1].id


@bp.get("/console/<code>/wire")
def wire() -> ResponseReturnValue:
    """List the calls, with `?only=` those of one kind, and those that the other filters find."""
    wanted = {name: value for name in FIELDS if (value := request.args.get(name, "").strip())}
    query, refusal = lists.calls(g.console, chosen("wire")), ""
    try:
        query = query.where(*filters.conditions(wanted))
    except Malformed as error:
        refusal = str(error)
    page = lists.page(query, WireEntry, before())
    shown = {"rows": [] if refusal else collapsed(page.rows), "older": None if refusal else page.older}
    choices = {"filters": FILTERS["wire"], "methods": METHODS, "statuses": STATUSES}
    html = render_template("dashboard/wire.html", **shown, **choices, wanted=wanted, refusal=refusal)
    return html, 400 if refusal else 200


@bp.get(f"/console/<code>/wire/<{ROW_ID}:call_id>")
def call(call_id: int) -> str:
    """Show one call with the bodies of its request and its answer, and the records whose ids it contains."""
    found = db.session.scalar(lists.calls(g.console).where(WireEntry.id == call_id)) or abort(404)
    payments = related.payments_with(found.id_list)
    return render_template(
        "dashboard/call.html",
        call=found,
        payments=lists.page(payments, Payment).rows,
        schedules=lists.page(related.schedules_with(found.id_list), Schedule).rows,
        deliveries=lists.page(related.deliveries_of(payments), Delivery).rows,
    )


def collapsed(calls: Iterable[WireEntry]) -> list[Row]:
    """Return the calls, newest first, as rows. Between two calls that change something, equal look-ups share a row."""
    rows: list[Row] = []
    repeated: dict[Any, Row] = {}
    for one in calls:
        if one.method != "GET":
            repeated.clear()
        asked = (one.kind, one.path.partition("?")[0], one.http_status, one.code, one.message)
        if one.method == "GET" and asked in repeated:
            repeated[asked].earlier.append(one)
            continue
        rows.append(Row(one, []))
        repeated[asked] = rows[-1]
    return rows


@bp.app_template_test("healthy_miss")
def is_healthy_miss(call: WireEntry) -> bool:
    """Whether the shop looked for a record that is not there (yet), as shops do before a payment.

    An address that the service lacks is a mistake. Its answer has the message of the HTTP status.
    """
    return call.kind == "rest" and call.method == "GET" and call.http_status == 404 and call.message != NotFound().name
