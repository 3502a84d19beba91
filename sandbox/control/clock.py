"""`/control/clock`: a merchant's time, or that of one `customer_uid`, and what happens when it is moved."""

from typing import Any

from flask import Blueprint, Response, jsonify

from .. import travel
from ..api.objects import payment_object
from ..ledger.models import Merchant
from ..merchants import clock
from ..wire.parameters import CUSTOMER_UID_LIMIT, Malformed, required_integer, text
from .asking import asked, merchant_in

bp = Blueprint("clock", __name__)

MOVES = ("advance", "set", "offset")


@bp.get("/control/clock")
def show() -> Response:
    """`{"now", "offset", "customers": {customer_uid: offset}}`, or `now` and `offset` of one `customer_uid`.

    A merchant's `offset` counts from the computer's clock, a customer's from the merchant's.
    """
    body = asked()
    return jsonify(_as_json(merchant_in(body), text(body, "customer_uid", limit=CUSTOMER_UID_LIMIT)))


@bp.post("/control/clock")
def move() -> Response:
    """`{"advance": seconds}`, `{"set": Unix seconds}` or `{"offset": seconds}`, with `customer_uid` for one
    customer alone. Answers as `GET` does, and with `"ran"`: the payments of the schedules run on the way.

    Forward, everything that falls due on the way happens, in order and at its own time: schedules, late approvals,
    webhooks and their repetitions, each waited for. Back, nothing is undone.
    """
    body = asked()
    merchant, customer_uid = merchant_in(body), text(body, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    ran = travel.to(merchant, _destination(merchant, customer_uid, body), customer_uid)
    return jsonify(**_as_json(merchant, customer_uid), ran=[payment_object(payment) for payment in ran])


def _destination(merchant: Merchant, customer_uid: str | None, body: dict[str, Any]) -> int:
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
