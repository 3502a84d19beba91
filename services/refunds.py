"""Giving back what was charged but is not what we asked for."""

from datetime import datetime

from models import Order, OrderPurpose, db
from money import CurrencyError, Money
from services import journal
from services.desk import Desk
from services.iamport import IamportError, Payment, Refused
from services.locks import lock


def was_charged(desk: Desk, order: Order, payment: Payment) -> bool:
    """Whether the record stands for money: an issue that only shows its amount moved none.

    The PG that handled it decides, by its guide: a browser may have chosen another one than the order's.
    """
    if payment.amount_left <= 0:
        return False
    if order.purpose is OrderPurpose.CHARGE:
        return True
    by_provider = {guide.provider: guide for guide in desk.guides.values()}
    guide = by_provider.get(payment.pg_provider or "", desk.guides[order.guide_id])
    return guide.charges(1)


def give_back(desk: Desk, order: Order, payment: Payment, *, now: datetime) -> None:
    """Cancel what is left of a payment. Silence leaves it for `reconcile`, which reads how much is left first."""
    left = payment.amount_left
    try:
        cancelled = desk.client.cancel(
            imp_uid=payment.imp_uid, amount=left, checksum=left, reason="not the payment we asked for"
        )
    except Refused as refusal:
        # Another road was faster, or the PG will not: the next reading of the record tells which.
        journal.record("payment.refund_refused", at=now, lane=journal.PG, order=order, reason=refusal.message)
        db.session.commit()
        return
    except IamportError as err:
        journal.record("payment.refund_unknown", at=now, order=order, reason=type(err).__name__)
        db.session.commit()
        return
    lock(order.subscription)
    if order.mismatch:
        order.refunded = given_back(cancelled)
    journal.record("payment.cancelled", at=now, lane=journal.PG, order=order, amount=str(left))
    db.session.commit()


def given_back(payment: Payment) -> int:
    """Minor units cancelled so far. In a currency that is none of ours: 1, for "something"."""
    try:
        return Money.from_major(payment.cancel_amount, payment.currency).minor
    except CurrencyError:
        return int(payment.cancel_amount > 0)
