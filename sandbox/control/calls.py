"""Read the wire log, for the tests of a shop and for tools that show what happened: `/control/calls`."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import ColumnElement, or_, select

from .. import wirelog
from ..ledger.models import db
from ..wire.parameters import integer, word
from ..wirelog import WireEntry, filters, mentions
from .incoming import between, listed_ids, merchant_in, sent_fields

bp = Blueprint("calls", __name__)

ORDERS = ("oldest", "newest")
DEFAULT_LISTED = 100
MAX_LISTED = wirelog.KEPT


@bp.get("/control/calls")
def show() -> Response:
    """Answer `{"calls": […], "last": id}`: the newest `limit` calls that match every filter.

    The oldest of them is the first, or with `order=newest` the last. Each has the masked bodies of its request and its
    answer, `at` on the customer's clock and `began` on the computer's. With `after`, answer only calls with a higher
    id; `last` is what to send as `after` the next time.
    """
    body = sent_fields()
    merchant = merchant_in(body)
    wirelog.flush()
    limit = int(between(body, "limit", MAX_LISTED, DEFAULT_LISTED))
    own = or_(WireEntry.merchant_id == merchant.id, WireEntry.merchant_id.is_(None))
    newest = select(WireEntry).where(own, *_conditions(body)).order_by(WireEntry.id.desc()).limit(limit)
    calls = db.session.scalars(newest).all()
    last = calls[0].id if calls else _after(body)
    in_order = calls if word(body, "order", ORDERS) == "newest" else calls[::-1]
    return jsonify(calls=[_as_json(call) for call in in_order], last=last)


def _after(body: dict[str, Any]) -> int:
    return integer(body, "after", most=2**53) or 0


def _conditions(body: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters that were sent."""
    conditions = [WireEntry.id > _after(body), *filters.conditions(body)]
    if any_id := listed_ids(body):
        conditions.append(or_(*map(mentions, any_id)))
    return conditions


def _as_json(call: WireEntry) -> dict[str, Any]:
    same = ("id", "kind", "at", "began", "method", "path", "headers", "code", "message")
    return {
        **{name: getattr(call, name) for name in same},
        "ms": call.took,
        "status": call.http_status,
        "request": _value(call.request_body),
        "response": _value(call.response_body),
        "ids": call.id_list,
    }


def _value(body: str | None) -> Any:
    """Return the value of a JSON text, and any other text as it is."""
    try:
        return None if body is None else json.loads(body)
    except (ValueError, RecursionError):
        return body
