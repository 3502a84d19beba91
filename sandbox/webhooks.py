"""Notices to the shop: ``{"imp_uid", "merchant_uid", "status"}`` as JSON, unsigned, not waited for.

A `Delivery` is queued in the transaction of its approval and sent afterwards, so none is lost between the two.
"""

from __future__ import annotations

import threading

import requests
from flask import Flask, current_app
from sqlalchemy import exists, select, update

from sandbox import ledger
from sandbox.clock import now
from sandbox.models import Delivery, Payment, db, exclusive

TIMEOUT = (10.0, 30.0)
"""Seconds to connect and to read, as the real service allows."""


def announce(payment: Payment) -> None:
    """Call after an approval: starts sending the payment's queued notices and returns at once.

    Nothing is queued for a payment that failed, and calling twice sends nothing twice.
    """
    queued = select(Delivery).where(Delivery.payment_id == payment.id, Delivery.state == "queued")
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    for delivery in db.session.scalars(queued).all():
        timer = threading.Timer(delivery.delay, _send_in_background, (app, delivery.id))
        timer.daemon = True
        timer.start()


def redeliver(payment: Payment) -> list[Delivery]:
    """Send a notice of the payment's present status again, now, and wait for what each receiver answers."""
    deliveries = [
        Delivery(payment=payment, url=url, status=payment.status, created_at=now())
        for url in ledger.notice_urls(payment.merchant, payment)
    ]
    with exclusive():
        db.session.add_all(deliveries)
    for delivery in deliveries:
        _send(delivery.id)
    return deliveries


def is_idle() -> bool:
    """Whether every notice has been sent and answered, or was found undeliverable."""
    return not db.session.scalar(select(exists().where(Delivery.state.in_(("queued", "sending")))))


def _send_in_background(app: Flask, delivery_id: int) -> None:
    with app.app_context():
        _send(delivery_id)


def _send(delivery_id: int) -> None:
    """Claim the delivery, so that nobody sends it beside us, then send it and note the answer."""
    with exclusive():
        delivery = db.session.get(Delivery, delivery_id)
        if delivery is None or delivery.state != "queued":
            return
        delivery.state = "sending"
        url, body = delivery.url, delivery.body
    # No transaction stays open while the receiver thinks: it will ask us about the payment meanwhile.
    outcome = _post(url, body)
    db.session.execute(update(Delivery).where(Delivery.id == delivery_id).values(sent_at=now(), **outcome))
    db.session.commit()


def _post(url: str, body: dict[str, str]) -> dict[str, object]:
    with requests.Session() as session:
        # A proxy of the environment would not find a shop on this machine.
        session.trust_env = False
        try:
            answer = session.post(url, json=body, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as err:
            return {"state": "unreachable", "error": type(err).__name__}
    return {"state": "answered", "http_status": answer.status_code}
