"""Webhooks: store one when it arrives, and settle its order afterwards in the worker.

The answer to a webhook waits neither for the payment service, which may hang, nor for a charge.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from threading import Lock
from typing import Any

from sqlalchemy import exc, select

from models import Order, db
from services import billing_keys, journal, notices, payments, run_events
from services.desk import Desk
from services.payments import Lookup

log = logging.getLogger(__name__)

LOG_EVERY = timedelta(minutes=1)
"""How often the log names the number of unknown orders: anyone may send any number of such webhooks."""


class Receipt(Enum):
    """What became of a webhook that arrived."""

    STORED = auto()
    """The worker will settle its order."""
    UNKNOWN_ORDER = auto()
    """No order of this shop has its `merchant_uid`: it is another shop's, or forged."""
    NOT_STORED = auto()
    """The database did not answer, so a repeat would help."""


class UnknownOrders:
    """How many webhooks this process has received for orders that the shop does not have."""

    def __init__(self) -> None:
        self.total = 0
        self._logged_at: datetime | None = None
        self._lock = Lock()

    def count(self, *, now: datetime) -> None:
        """Count one more. Log the total at most once in `LOG_EVERY` of machine time."""
        with self._lock:
            self.total += 1
            if self._logged_at is None or now - self._logged_at >= LOG_EVERY:
                self._logged_at = now
                log.warning("%d webhooks since the start named no order of this shop", self.total)


def receive(
    *,
    merchant_uid: str,
    imp_uid: str | None,
    by_webhook: bool = True,
    body: Mapping[str, Any] | None = None,
    time_of: Callable[[int], datetime] | None = None,
) -> Receipt:
    """Store a report of a payment, and commit. Nothing is asked, charged or believed here.

    `by_webhook` is False for a report that a browser brought: it confirms no billing key. `body` has the webhook's
    fields, which the journal keeps for a guide run, at the time that `time_of` returns for the order's owner.
    """
    try:
        order = db.session.execute(
            select(Order.id, Order.run_id, Order.user_id).where(Order.merchant_uid == merchant_uid)
        ).first()
        if order is None:
            return Receipt.UNKNOWN_ORDER
        notices.store(order.id, imp_uid, by_webhook=by_webhook)
        if order.run_id is not None and body is not None and time_of is not None:
            run_events.record_webhook(merchant_uid, body, now=time_of(order.user_id))
        db.session.commit()
    except (exc.DBAPIError, exc.TimeoutError) as err:
        db.session.rollback()
        log.warning("a webhook could not be stored: %s", err)
        return Receipt.NOT_STORED
    return Receipt.STORED


def process(desk: Desk, *, notice_id: int, now: datetime, machine_now: datetime) -> Lookup | None:
    """Settle the order of a notice. Return None if another worker has it, or its order must wait for its next turn.

    `now` is the time of the order's owner. Claim and pauses follow `machine_now`. The buyer's return or the worker
    makes a charge that is due, because a notice may overtake the buyer.
    """
    owner = desk.process.name(now=machine_now)
    turn = notices.take(notice_id, now=machine_now, until=machine_now + desk.claim_lifetime, owner=owner)
    if turn is None:
        return None
    order = db.session.get_one(Order, turn.order_id)
    if turn.by_webhook and turn.attempt == 1:
        journal.record("webhook.received", at=now, lane=journal.PG, order=order)
    lookup = payments.settle(desk, merchant_uid=order.merchant_uid, imp_uid=turn.imp_uid, now=now)
    if turn.by_webhook:
        billing_keys.confirm(order, now=now)
    if lookup is Lookup.NO_ANSWER:
        notices.postpone(turn, now=machine_now)
    else:
        notices.finish(turn, now=machine_now)
    return lookup
