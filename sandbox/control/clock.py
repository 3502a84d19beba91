"""Show and move the clock of a merchant, or of some `customer_uid`s: `/control/clock`."""

from typing import Any

from flask import Blueprint, Response, jsonify

from .. import travel
from ..api.objects import payment_object
from ..ledger.models import Merchant
from ..merchants import clock
from ..wire.parameters import CUSTOMER_UID_LIMIT, Malformed, required_integer, text
from .incoming import customer_uids_in, merchant_in, sent_fields

bp = Blueprint("clock", __name__)

MOVES = ("advance", "set", "offset")


@bp.get("/control/clock")
def show() -> Response:
    """Answer `{"now", "offset", "customers": {customer_uid: offset}}`, or `now` and `offset` of one `customer_uid`.

    `now` is in Unix seconds. A merchant's `offset` is in seconds from the computer's clock, a customer's in seconds
    from the merchant's clock.
    """
    body = sent_fields()
    customer_uid = text(body, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    return jsonify(_as_json(merchant_in(body), [customer_uid] if customer_uid else []))


@bp.post("/control/clock")
def move() -> Response:
    """Move the clock by `{"advance": seconds}`, to `{"set": Unix seconds}` or to `{"offset": seconds}`.

    With `customer_uid`, move the clock of that customer only; a list of them is moved together, by `set` or `offset`.
    Answer as `GET` does, with `"ran"`, the payments of the schedules that ran on the way, and `"next_in"`, the seconds
    until the next work is due (null when there is none).

    On the way forward everything that falls due happens, in order and at its own time: schedules, late approvals,
    webhooks and their repetitions. The move waits for each. On the way back nothing is undone.
    """
    body = sent_fields()
    merchant, customer_uids = merchant_in(body), customer_uids_in(body)
    ran = travel.to(merchant, _lead(merchant, customer_uids, body), customer_uids)
    report = {"ran": [payment_object(payment) for payment in ran], "next_in": travel.next_in(merchant, customer_uids)}
    return jsonify(**_as_json(merchant, customer_uids), **report)


def _lead(merchant: Merchant, customer_uids: list[str], body: dict[str, Any]) -> int:
    """Return how many seconds ahead of the computer's the clock is to be. Raises `Malformed`."""
    named = [move for move in MOVES if body.get(move) not in (None, "")]
    if len(named) != 1:
        raise Malformed(f"send exactly one of {', '.join(MOVES)}")
    if named == ["advance"] and isinstance(body.get("customer_uid"), list):
        raise Malformed("advance moves one clock; send set or offset for several")
    customer_uid = customer_uids[0] if customer_uids else None
    amount = required_integer(body, named[0], least=0 if named[0] != "offset" else -clock.LATEST, most=clock.LATEST)
    start = {
        "advance": clock.offset_of(merchant, customer_uid),
        "set": -clock.now(),
        "offset": 0 if customer_uid is None else merchant.clock_offset,
    }
    return start[named[0]] + amount


def _as_json(merchant: Merchant, customer_uids: list[str]) -> dict[str, Any]:
    offsets = merchant.customer_offsets
    own = {"merchant_code": merchant.code, "now": clock.of(merchant, customer_uids[0] if customer_uids else None)}
    if not customer_uids:
        return {**own, "offset": merchant.clock_offset, "customers": offsets}
    if len(customer_uids) > 1:
        return {**own, "customers": {uid: offsets.get(uid, 0) for uid in customer_uids}}
    return {**own, "customer_uid": customer_uids[0], "offset": offsets.get(customer_uids[0], 0)}
