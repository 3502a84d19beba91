"""The REST calls of a guide run: each request to the payment service with its answer, kept in the journal.

listener   what the client calls after each request
of         the block in which a thread works on one order; its calls are recorded when the block ends

A developer reads on the guide's page what went over the wire. Calls for any other order are not kept.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from models import Order
from services import journal
from services.iamport.exchange import Exchange, Listener
from services.masking import masked, masked_json

EVENT = "service.called"
LONGEST_BODY = 6_000
"""Characters that the journal keeps of a request, and of an answer. The record of a payment has about 2,000."""
MOST_CALLS = 12
"""Calls that one block records: a look-up has at most five."""

_heard: ContextVar[list[tuple[Exchange, datetime]] | None] = ContextVar("heard", default=None)


def listener(machine_now: Callable[[], datetime]) -> Listener:
    """Return what the client calls after each request. It keeps the exchange if this thread is inside `of`."""

    def hear(exchange: Exchange) -> None:
        heard = _heard.get()
        if heard is not None:
            heard.append((exchange, machine_now() - exchange.took))

    return hear


@contextmanager
def of(order: Order | None, *, now: datetime) -> Iterator[None]:
    """Record the calls of the block, if there is an order and it belongs to a guide run. Does not commit.

    Nothing is written before the block ends, so that no transaction stays open while we wait for the network.
    """
    if order is None or order.run_id is None:
        yield
        return
    heard: list[tuple[Exchange, datetime]] = []
    outer = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(outer)
        for exchange, begun in heard[:MOST_CALLS]:
            journal.record(EVENT, at=now, order=order, recorded_at=begun, **_facts(exchange, order))


def _facts(exchange: Exchange, order: Order) -> dict[str, Any]:
    answer = masked_json(_own(exchange.answer, order), limit=LONGEST_BODY)
    return {
        "method": exchange.method,
        "path": masked(exchange.path[:200]),
        "status": exchange.status,
        "code": answer.get("code") if isinstance(answer, dict) else None,
        "error": exchange.error,
        "ms": round(exchange.took / timedelta(milliseconds=1)),
        "request": masked_json(exchange.request, limit=LONGEST_BODY),
        "response": answer,
    }


def _own(answer: str, order: Order) -> str:
    """Return the answer, without the record of a payment that is not the order's: its buyer may be someone else.

    A browser names the payment to read. A record under another `merchant_uid` counts as the order's if it has the
    order's `customer_uid`, which only this buyer knows.
    """
    try:
        record = json.loads(answer).get("response")
    except (ValueError, AttributeError, RecursionError):
        return answer
    if not isinstance(record, dict) or "merchant_uid" not in record:
        return answer
    is_own = record["merchant_uid"] == order.merchant_uid
    if is_own or record.get("customer_uid") == order.billing_key.customer_uid:
        return answer
    return json.dumps({"code": 0, "message": None, "response": {"merchant_uid": "of another order"}})
