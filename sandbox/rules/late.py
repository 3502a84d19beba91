"""Late approvals, of payments that were pending or had failed, and late cancels: PGs complete them after a while.

Each turn completes what is due on the clock of its customer, each in a transaction of its own and therefore only once.
"""

from contextlib import suppress

from sqlalchemy import literal_column, select
from sqlalchemy.orm.exc import ObjectDeletedError

from ..ledger import entries
from ..ledger.models import Payment, PendingCancel, db
from ..ledger.transactions import exclusive
from ..merchants import clock
from ..webhooks import delivery, notices
from . import settling, windows


def run_due(_now: int) -> None:
    """Complete what is due on the clock of its customer, oldest first. The computer's time does not matter."""
    # A literal 0, not a bound one, lets SQLite use the partial index of these rows.
    approvals = (
        select(Payment.id).where(Payment.approve_at > literal_column("0")).order_by(Payment.approve_at, Payment.id)
    )
    cancels = select(PendingCancel.id).order_by(PendingCancel.due_at, PendingCancel.id)
    for payment_id in db.session.scalars(approvals).all():
        with suppress(ObjectDeletedError):  # a reset has deleted it
            _approve(payment_id)
    for cancel_id in db.session.scalars(cancels).all():
        with suppress(ObjectDeletedError):
            _cancel(cancel_id)
    db.session.commit()


def _approve(payment_id: int) -> None:
    """Approve the payment, unless it is too early. Drop the approval when its `merchant_uid` has been settled since."""
    payment = db.session.get(Payment, payment_id)
    if payment is None or payment.approve_at > clock.of(payment.merchant, payment.customer_uid):
        return
    with exclusive(payment):
        due = payment.approve_at
        if due == 0:
            return
        if entries.is_settled(payment.merchant, payment.merchant_uid):
            payment.approve_at = 0
            return
        settling.approve_late(payment, due, charged=_takes_money(payment))
        notices.queue_approval(payment.merchant, payment, due)
    delivery.announce(payment)


def _takes_money(payment: Payment) -> bool:
    return payment.channel == "api" or windows.window_effect(payment) == "charged"


def _cancel(cancel_id: int) -> None:
    """Cancel the payment, unless it is too early. Queue a webhook only if the cancel requested one."""
    pending = db.session.get(PendingCancel, cancel_id)
    if pending is None or pending.due_at > clock.of(pending.payment.merchant, pending.payment.customer_uid):
        return
    payment = pending.payment
    with exclusive(payment):
        pending = db.session.get(PendingCancel, cancel_id)
        if pending is None:
            return
        payment.mark_cancelled(
            pending.amount,
            pending.reason,
            at=pending.due_at,
            tax_free=pending.tax_free,
            vat_amount=pending.vat_amount,
        )
        if pending.announce:
            notices.queue_cancel(payment.merchant, payment, pending.due_at)
        db.session.delete(pending)
    delivery.announce(payment)
