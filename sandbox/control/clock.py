"""Show and move the clock of a merchant, or of one `customer_uid`: `/control/clock`."""

from typing import Any

from flask import Blueprint, Response, jsonify

from .. import travel
from ..api.objects import payment_object
from ..ledger.models import Merchant
from ..merchants import clock
from ..wire.parameters import CUSTOMER_UID_LIMIT, Malformed, required_integer, text
from .incoming import merchant_in, sent_fields

bp = Blueprint("clock", __name__)

MOVES = ("advance", "set", "offset")


@bp.get("/control/clock")
def show() -> Response:
    """Answer `{"now", "offset", "customers": {customer_uid: offset}}`, or `now` and `offset` of one `customer_uid`.

    `now` is in Unix seconds. A merchant's `offset` is in seconds from the computer's clock, a customer's in seconds
    from the merchant's clock.
    """
    body = sent_fields()
    return jsonify(_as_json(merchant_in(body), text(body, "customer_uid", limit=CUSTOMER_UID_LIMIT)))


@bp.post("/control/clock")
def move() -> Response:
    """Move the clock by `{"advance": seconds}`, to `{"set": Unix seconds}` or to `{"offset": seconds}`.

    With `customer_uid`, move the clock of that customer only. Answer as `GET` does, and with `"ran"`: the payments of
    the schedules that ran on the way.

    On the way forward everything that falls due happens, in order and at its own time: schedules, late approvals,
    webhooks and their repetitions. The move waits for each. On the way back nothing is undone.
    """
    body = sent_fields()
    merchant, customer_uid = merchant_in(body), text(body, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    ran = travel.to(merchant, _destination(merchant, customer_uid, body), customer_uid)
    return jsonify(**_as_json(merchant, customer_uid), ran=[payment_object(payment) for payment in ran])


def _destination(merchant: Merchant, customer_uid: str | None, body: dict[str, Any]) -> int:
    """Return the time to move the clock to, in Unix seconds. Raises `Malformed`."""
    named = [move for move in MOVES if body.get(move) not in (None, "")]
    if len(named) != 1:
        raise Malformed(f"send exactly one of {', '.join(MOVES)}")
    amount = required_integer(body, named[0], least=0 if named[0] != "offset" else -clock.LATEST, most=clock.LATEST)
    start = {
        "advance": clock.of(merchant, customer_uid),
        "set": 0,
        "offset": clock.now() if customer_uid is None else clock.of(merchant),
    }
    return start[named[0]] + amount


def _as_json(merchant: Merchant, customer_uid: str | None) -> dict[str, Any]:
    own = {"merchant_code": merchant.code, "now": clock.of(merchant, customer_uid)}
    if customer_uid is None:
        return {**own, "offset": merchant.clock_offset, "customers": merchant.customer_offsets}
    return {**own, "customer_uid": customer_uid, "offset": merchant.customer_offsets.get(customer_uid, 0)}
