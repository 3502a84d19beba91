"""Sending what `notices` lined up: unsigned, not waited for, each try kept as an `Attempt`.

A `Delivery` is stored in the transaction of its approval. Whoever sends it claims it first, for `LEASE` seconds and
longer while the sender lives: after `kill -9` somebody else takes it up. So a shop may hear of a payment twice,
as in life, but never not at all.
"""

import json
import threading
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Flask, current_app
from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, select, update

from ..ledger.models import Attempt, Delivery, Merchant, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import clock, levers
from . import notices

TIMEOUT = (10.0, 30.0)
"""Seconds to connect and to read, as the real service allows a first delivery."""

TIMEOUT_OF_RESEND = (5.0, 10.0)
"""The same for every further one: 15 s in all."""

RESEND_AFTER = 60
"""Seconds on the merchant's clock."""

LEASE = 10
"""Seconds on the computer's clock; renewed by `send_due` as long as the sender lives."""

MOST_AT_ONCE = 16
"""Deliveries of one merchant under way in one process: a shop that does not answer keeps no other shop waiting."""

KEPT = 2000
"""Characters of a receiver's answer."""

_DOOR = threading.Lock()
"""Held while somebody looks whether there is room."""

PATIENCE = 40.0
"""Seconds a window waits for its notice when that is to come before the browser's answer."""

OPEN = Delivery.state.in_([literal_column("'queued'"), literal_column("'sending'")])
"""Still to be sent or answered. Spelt out, not bound: only so SQLite sees that the index of these rows will do."""

TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def announce(payment: Payment) -> None:
    """Call after an approval: starts sending the payment's queued notices that are due, and returns at once, unless
    the merchant wants its webhook before the browser's answer.

    Nothing is queued for a payment that failed, and calling twice sends nothing twice.
    """
    if not notices.urls(payment.merchant, payment):
        return
    due = db.session.scalars(_due(payment.merchant, Delivery.payment_id == payment.id)).all()
    _start(payment.merchant, due)
    if due and payment.device is not None and levers.get(payment.merchant, "webhook_turn") == "before":
        _wait_for(due)


def send_due(now: int) -> None:
    """A turn of the background: send what is due on each merchant's clock, and what a dead worker had begun.

    `now` is the computer's time, in Unix seconds.
    """
    if mine := list(_in_flight(current_app)):
        db.session.execute(update(Delivery).where(Delivery.id.in_(mine)).values(lease_until=now + LEASE))
        db.session.commit()
    waiting = select(Delivery.merchant_id).where(OPEN).distinct()
    for merchant in db.session.scalars(select(Merchant).where(Merchant.id.in_(waiting))).all():
        _start_next(merchant)
    db.session.commit()


def redeliver(payment: Payment, like: Delivery | None = None) -> list[Delivery]:
    """Send a notice of the payment's present status again, now, or exactly what `like` said, and wait for what each
    receiver answers."""
    now, merchant = clock.of(payment.merchant), payment.merchant
    common = {
        "kind": "redelivery",
        "payment": payment,
        "merchant_id": merchant.id,
        "body": like.body if like else notices.body_of(payment),
        "format": levers.get(merchant, "webhook_format"),
        "created_at": now,
        "due_at": now,
    }
    urls = [like.url] if like else notices.urls(merchant, payment)
    return send_now([Delivery(url=url, **common) for url in urls])


def send_now(deliveries: list[Delivery]) -> list[Delivery]:
    """Store new deliveries and send them before anybody else does; returns when each was answered or was not.

    Raises `NoResultFound` where a reset has forgotten one meanwhile.
    """
    with exclusive():
        for delivery in deliveries:
            # Born claimed, or the background would send them beside us.
            delivery.state, delivery.lease_until = "sending", clock.now() + LEASE
            db.session.add(delivery)
    ids = [delivery.id for delivery in deliveries]
    mine = _in_flight(current_app)
    mine.update((delivery.id, delivery.merchant_id) for delivery in deliveries)
    for delivery_id in ids:
        try:
            _send(delivery_id)
        finally:
            mine.pop(delivery_id, None)
    return [db.session.get_one(Delivery, delivery_id) for delivery_id in ids]


def open_deliveries(merchant: Merchant) -> list[Delivery]:
    """What is still to be sent or answered, earliest first."""
    query = select(Delivery).where(Delivery.merchant_id == merchant.id, OPEN)
    return list(db.session.scalars(query.order_by(Delivery.due_at)))


def _due(merchant: Merchant, *which: ColumnElement[bool]) -> Any:
    """Ids of what may be sent now; a notice that another one overtakes waits until that was tried."""
    tried = exists().where(Attempt.delivery_id == Delivery.after_id)
    return (
        select(Delivery.id)
        .where(Delivery.merchant_id == merchant.id, OPEN, _is_free(clock.now()), *which)
        .where(Delivery.due_at <= clock.of(merchant))
        .where(Delivery.after_id.is_(None) | tried)
        .order_by(Delivery.due_at, Delivery.id)
    )


def _is_free(now: int) -> ColumnElement[bool]:
    """Nobody sends it, or whoever did has fallen silent."""
    return or_(Delivery.state == "queued", and_(Delivery.state == "sending", Delivery.lease_until <= now))


def _start_next(merchant: Merchant) -> None:
    _start(merchant, db.session.scalars(_due(merchant).limit(MOST_AT_ONCE)).all())


def _start(merchant: Merchant, delivery_ids: Iterable[int]) -> None:
    """What finds no room is found again when one of those under way is over, or at the next turn."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    for delivery_id in delivery_ids:
        if _has_room_for(app, merchant.id, delivery_id):
            threading.Thread(target=_send_in_background, args=(app, delivery_id), daemon=True).start()


def _has_room_for(app: Flask, merchant_id: int, delivery_id: int) -> bool:
    with _DOOR:
        mine = _in_flight(app)
        if delivery_id in mine or list(mine.values()).count(merchant_id) >= MOST_AT_ONCE:
            return False
        mine[delivery_id] = merchant_id
        return True


def _in_flight(app: Flask) -> dict[int, int]:
    """The deliveries this process is sending: id → id of the merchant."""
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
        if delivery is not None:  # on to what waited for this one, or for room
            _start_next(delivery.merchant)


def _claim(delivery_id: int) -> bool:
    """Whether the delivery is ours now."""
    now = clock.now()
    with exclusive():
        claimed = db.session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id, _is_free(now))
            .values(state="sending", lease_until=now + LEASE)
        )
    return bool(claimed.rowcount == 1)  # type: ignore[attr-defined]


def _send(delivery_id: int) -> None:
    """Send a delivery that is ours, and note what came of it."""
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None:
        return
    first = not delivery.attempts
    attempt = Attempt(
        delivery_id=delivery_id,
        sent_at=clock.of(delivery.merchant),
        request_type=TYPES[delivery.format],
        request_body=urlencode(delivery.body) if delivery.format == "form" else json.dumps(delivery.body),
    )
    url = delivery.url
    # No transaction stays open while the receiver thinks: it will ask us about the payment meanwhile.
    db.session.commit()
    _post(url, attempt, TIMEOUT if first else TIMEOUT_OF_RESEND)
    with exclusive():
        if known := db.session.get(Delivery, delivery_id):  # a reset may have forgotten it
            _conclude(known, attempt)


def _conclude(delivery: Delivery, attempt: Attempt) -> None:
    delivery.attempts.append(attempt)
    delivery.sent_at, delivery.http_status, delivery.error = attempt.sent_at, attempt.http_status, attempt.error
    in_vain = attempt.http_status is None or attempt.http_status >= 500
    if in_vain and delivery.retries_left:
        delivery.retries_left -= 1
        delivery.state, delivery.due_at = "queued", clock.of(delivery.merchant) + RESEND_AFTER
    else:
        delivery.state = "unreachable" if attempt.http_status is None else "answered"


def _post(url: str, attempt: Attempt, timeout: tuple[float, float]) -> None:
    """Send the attempt's body and write down in it what came back."""
    begun = time.monotonic()
    with requests.Session() as session:
        # A proxy of the environment would not find a shop on this machine.
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=attempt.request_body.encode(),
                headers={"Content-Type": attempt.request_type},
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            attempt.http_status = answer.status_code
            attempt.answer_body = next(answer.iter_content(KEPT), b"").decode(errors="replace")
        except (requests.RequestException, ValueError) as err:  # the latter for a host name that cannot be one
            attempt.error = type(err).__name__
    attempt.duration_ms = int((time.monotonic() - begun) * 1000)


def _wait_for(delivery_ids: Iterable[int]) -> None:
    """Until each was tried, or forgotten by a reset."""
    deadline = time.monotonic() + PATIENCE
    for delivery_id in delivery_ids:
        while time.monotonic() < deadline and _is_untried(delivery_id):
            time.sleep(0.02)


def _is_untried(delivery_id: int) -> bool:
    tried = exists().where(Attempt.delivery_id == Delivery.id)
    untried = db.session.scalar(select(exists().where(Delivery.id == delivery_id, ~tried)))
    db.session.commit()
    return bool(untried)
