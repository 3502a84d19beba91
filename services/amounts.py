"""Amounts registered with the payment service before a window opens."""

from datetime import datetime

from errors import PaymentServiceBusy, PaymentServiceDown, PaymentServiceRefused
from models import Order, db
from services import journal, open_orders, run_calls
from services.desk import Desk
from services.iamport import IamportError, Refused


def register(desk: Desk, order: Order, *, now: datetime) -> None:
    """Register the amount, so that the service refuses a window with another amount before it reaches the PG.

    Raises:
        PaymentServiceDown: when the service did not answer.
        PaymentServiceBusy: when the registration could not be sent.
        PaymentServiceRefused: when the service refused it.
    """
    try:
        with run_calls.of(order, now=now):
            desk.client.prepare(merchant_uid=order.merchant_uid, amount=order.price.to_major(), currency=order.currency)
    except IamportError as err:
        # No window opens, so the buyer cannot pay: an open order would look as if a payment might follow.
        is_refused = isinstance(err, Refused) and not err.is_turned_away
        reason = str(err) if is_refused else ""  # pages show only the service's words
        open_orders.abandon(order, now=now, reason=reason)
        if is_refused:
            raise PaymentServiceRefused(str(err)) from err
        raise (PaymentServiceDown if err.sent else PaymentServiceBusy)(str(err)) from err
    journal.record("amount.registered", at=now, lane=journal.PG, order=order)
    db.session.commit()
