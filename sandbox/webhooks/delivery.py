"""Send the webhooks that `notices` has queued: unsigned, in the background, with each try stored as an `Attempt`.

The transaction of an approval stores its `Delivery`. A sender claims it first, for `LEASE` seconds, and renews the
claim while it runs; after `kill -9` another worker claims it. So every notice is sent at least once, and a shop may
receive one twice, as from the real service.
"""

import json
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Flask, current_app
from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, select, update

from ..ledger.models import Attempt, Delivery, Merchant, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import clock, levers
from . import notices, outgoing

TIMEOUT = (10.0, 30.0)
"""Seconds to connect and to read that the real service allows a first delivery."""

RESEND_TIMEOUT = (5.0, 10.0)
"""Seconds to connect and to read for every further delivery: 15 s in all."""

RESEND_AFTER = 60
"""Seconds on the customer's clock between a failed try and the next."""

LEASE = 10
"""Seconds on the computer's clock. `send_due` renews it while the sender runs."""

MAX_IN_FLIGHT = 16
"""Deliveries that one process sends for one merchant at a time, so that a silent shop delays no other shop."""

ANSWER_LIMIT = 2000
"""Bytes of a receiver's answer that an `Attempt` stores."""

_SLOTS = threading.Lock()
"""Held while a thread counts the deliveries in flight and adds its own."""

PATIENCE = 40.0
"""Seconds that a window waits for its notice when the notice goes before the browser's answer."""

OPEN = Delivery.state.in_([literal_column("'queued'"), literal_column("'sending'")])
"""Still to be sent or answered. The states are literals, not bound, because only then SQLite uses the partial index."""

TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def announce(payment: Payment) -> None:
    """Start sending the payment's queued notices that are due, and return immediately. Call it after an approval.

    For a window's payment, wait for the notices when the lever `webhook_turn` puts them before the browser's answer.
    A failed payment has no notice in the queue, and a second call sends no notice again.
    """
    if not notices.urls(payment.merchant, payment):
        return
    due = db.session.scalars(_due(payment.merchant, Delivery.payment_id == payment.id)).all()
    _start(payment.merchant, due)
    if due and payment.device is not None and levers.get(payment.merchant, "webhook_turn") == "before":
        _wait_for(due)


def send_due(now: int) -> None:
    """Send what is due on the clock of its customer, and what a dead worker has left: one turn of the background work.

    `now` is the computer's time, in Unix seconds.
    """
    if delivery_ids := list(_in_flight(current_app)):
        db.session.execute(update(Delivery).where(Delivery.id.in_(delivery_ids)).values(lease_until=now + LEASE))
        db.session.commit()
    waiting = select(Delivery.merchant_id).where(OPEN).distinct()
    for merchant in db.session.scalars(select(Merchant).where(Merchant.id.in_(waiting))).all():
        _start_next(merchant)
    db.session.commit()


def redeliver(payment: Payment, like: Delivery | None = None) -> list[Delivery]:
    """Send a notice of the payment again, and wait until each receiver has answered.

    The notice reports the present status; with `like` it repeats that delivery's body and URL.
    """
    now, merchant = clock.of_payment(payment), payment.merchant
    common = {
        "kind": "redelivery",
        "payment": payment,
        "merchant_id": merchant.id,
        "customer_uid": payment.customer_uid,
        "body": like.body if like else notices.body_of(payment),
        "format": levers.get(merchant, "webhook_format"),
        "created_at": now,
        "due_at": now,
    }
    urls = [like.url] if like else notices.urls(merchant, payment)
    return send_now([Delivery(url=url, **common) for url in urls])


def send_now(deliveries: list[Delivery]) -> list[Delivery]:
    """Store new deliveries, send them in this thread, and return them after the last answer or timeout.

    Raises:
        NoResultFound: when a reset has deleted one in the meantime.
    """
    with exclusive():
        for delivery in deliveries:
            # Store them claimed, because the background would also send unclaimed ones.
            delivery.state, delivery.lease_until = "sending", clock.now() + LEASE
            db.session.add(delivery)
    ids = [delivery.id for delivery in deliveries]
    in_flight = _in_flight(current_app)
    in_flight.update((delivery.id, delivery.merchant_id) for delivery in deliveries)
    for delivery_id in ids:
        try:
            _send(delivery_id)
        finally:
            in_flight.pop(delivery_id, None)
    return [db.session.get_one(Delivery, delivery_id) for delivery_id in ids]


def open_deliveries(merchant: Merchant, customer_uids: Sequence[str] = ()) -> list[Delivery]:
    """Return the merchant's deliveries, or those of these customers, that are still to be sent or answered."""
    query = select(Delivery).where(Delivery.merchant_id == merchant.id, OPEN)
    if customer_uids:
        query = query.where(Delivery.customer_uid.in_(customer_uids))
    return list(db.session.scalars(query.order_by(Delivery.due_at)))


def seconds_until_due() -> ColumnElement[Any]:
    """Return in SQL the seconds until a delivery is due, by the clock that dated it. It is due at 0 or less."""
    return clock.seconds_until(Delivery.due_at, Delivery.merchant_id, Delivery.customer_uid)


def _due(merchant: Merchant, *conditions: ColumnElement[bool]) -> Any:
    """Return a query for the ids of deliveries to send now. A delivery with `after_id` waits for the other."""
    tried = exists().where(Attempt.delivery_id == Delivery.after_id)
    return (
        select(Delivery.id)
        .where(Delivery.merchant_id == merchant.id, OPEN, _is_free(clock.now()), *conditions)
        .where(seconds_until_due() <= 0)
        .where(Delivery.after_id.is_(None) | tried)
        .order_by(Delivery.due_at, Delivery.id)
    )


def _is_free(now: int) -> ColumnElement[bool]:
    """Return the condition that no worker sends the delivery: it is queued, or its sender's lease has expired."""
    return or_(Delivery.state == "queued", and_(Delivery.state == "sending", Delivery.lease_until <= now))


def _start_next(merchant: Merchant) -> None:
    _start(merchant, db.session.scalars(_due(merchant).limit(MAX_IN_FLIGHT)).all())


def _start(merchant: Merchant, delivery_ids: Iterable[int]) -> None:
    """Send in threads. A delivery without a free slot starts when another one ends, or at the next turn."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    for delivery_id in delivery_ids:
        if _takes_slot(app, merchant.id, delivery_id):
            threading.Thread(target=_send_in_background, args=(app, delivery_id), daemon=True).start()


def _takes_slot(app: Flask, merchant_id: int, delivery_id: int) -> bool:
    """Reserve one of the merchant's slots for the delivery. Return False when none is free or it already has one."""
    with _SLOTS:
        in_flight = _in_flight(app)
        if delivery_id in in_flight or list(in_flight.values()).count(merchant_id) >= MAX_IN_FLIGHT:
            return False
        in_flight[delivery_id] = merchant_id
        return True


def _in_flight(app: Flask) -> dict[int, int]:
    """Return the deliveries that this process is sending: id → id of the merchant."""
    in_flight: dict[int, int] = app.extensions.setdefault("sandbox_in_flight", {})
    return in_flight


def _send_in_background(app: Flask, delivery_id: int) -> None:
    with app.app_context():
        try:
            if _claim(delivery_id):
                _send(delivery_id)
        finally:
            _in_flight(app).pop(delivery_id, None)
        delivery = db.session.get(Delivery, delivery_id)
        if delivery is not None:  # start what waited for this delivery, or for its slot
            _start_next(delivery.merchant)


def _claim(delivery_id: int) -> bool:
    """Claim the delivery for this worker. Return False when another one has it."""
    now = clock.now()
    with exclusive():
        claimed = db.session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id, _is_free(now))
            .values(state="sending", lease_until=now + LEASE)
        )
    return bool(claimed.rowcount == 1)  # type: ignore[attr-defined]


def _send(delivery_id: int) -> None:
    """Send a claimed delivery and record the result."""
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None:
        return
    first = not delivery.attempts
    attempt = Attempt(
        delivery_id=delivery_id,
        sent_at=clock.of_delivery(delivery),
        began=time.time(),
        request_type=TYPES[delivery.format],
        request_body=urlencode(delivery.body) if delivery.format == "form" else json.dumps(delivery.body),
    )
    url = delivery.url
    # Leave no transaction open during the request, because the receiver calls us about the payment before it answers.
    db.session.commit()
    _post(url, attempt, TIMEOUT if first else RESEND_TIMEOUT)
    with exclusive():
        if stored := db.session.get(Delivery, delivery_id):  # None when a reset has deleted it
            _conclude(stored, attempt)


def _conclude(delivery: Delivery, attempt: Attempt) -> None:
    delivery.attempts.append(attempt)
    delivery.sent_at, delivery.http_status, delivery.error = attempt.sent_at, attempt.http_status, attempt.error
    failed = attempt.http_status is None or attempt.http_status >= 500
    if failed and delivery.retries_left:
        delivery.retries_left -= 1
        delivery.state, delivery.due_at = "queued", clock.of_delivery(delivery) + RESEND_AFTER
    else:
        delivery.state = "unreachable" if attempt.http_status is None else "answered"


def _post(url: str, attempt: Attempt, timeout: tuple[float, float]) -> None:
    """Send the attempt's body, and record the answer or the error in it."""
    begun = time.monotonic()
    try:
        with outgoing.post(url, attempt.request_body, attempt.request_type, timeout) as answer:
            attempt.http_status = answer.status_code
            attempt.answer_body = next(answer.iter_content(ANSWER_LIMIT), b"").decode(errors="replace")
    except (requests.RequestException, ValueError) as err:  # ValueError: a host name that is not valid, or not allowed
        attempt.error = type(err).__name__
    attempt.duration_ms = int((time.monotonic() - begun) * 1000)


def _wait_for(delivery_ids: Iterable[int]) -> None:
    """Wait until each delivery was tried, or deleted by a reset, for at most `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    for delivery_id in delivery_ids:
        while time.monotonic() < deadline and _is_untried(delivery_id):
            time.sleep(0.02)


def _is_untried(delivery_id: int) -> bool:
    tried = exists().where(Attempt.delivery_id == Delivery.id)
    untried = db.session.scalar(select(exists().where(Delivery.id == delivery_id, ~tried)))
    db.session.commit()
    return bool(untried)
