"""Settle a window or a charge that no rule refused, as the PG would: by an outcome, or in the ordinary course.

Rules call this inside their transaction, once for each payment; `late` calls it again for a late approval.
"""

from ..facts import instruments
from ..facts.instruments import Instrument
from ..ledger import entries
from ..ledger.models import BillingKey, Payment
from ..merchants import levers
from . import expiry, keys, outcomes


def settle_window(payment: Payment, instrument: Instrument, now: int, *, charged: bool) -> None:
    """Make the payment `paid` with its key, or `failed`; leave it `ready` if pending, or abandoned by the payer.

    `charged` is whether an approval of this window takes money.
    """
    payment.instrument, payment.outcome = instrument.number, None
    outcome = outcomes.play(payment, "window", instrument) or _review(payment)
    if outcome is None:
        refusal = instrument.issue_refusal
    elif outcome.payer:
        if outcome.payer == "closes":
            close_window(payment, now)
        return
    else:
        refusal = outcome.refusal
        payment.approve_at = now + payment.outcome_seconds if outcome.later else 0
    if refusal:
        payment.mark_failed(refusal, at=now)
    elif not payment.is_pending:
        payment.mark_paid(at=now, charged=charged)
        _record_window(payment, instrument, now)


def close_window(payment: Payment, now: int) -> None:
    """Record that the payer closed the window: most PGs leave the payment `ready`, some make it `failed`."""
    if payment.device in payment.profile.close_fails_on:
        payment.mark_failed("사용자가 결제를 취소함", at=now)


def settle_charge(key: BillingKey, payment: Payment, instrument: Instrument, now: int) -> None:
    """Make the payment `paid` or `failed`; leave it `ready` if pending, or if the fault comes before the charge."""
    payment.instrument = instrument.number
    entries.show_instrument(payment, instrument)
    outcome = outcomes.play(payment, "charge", instrument)
    if outcome is not None and outcome.stops_charge:
        return
    expired = expiry.refusal(key.merchant, key.expiry, now)
    refusal = (outcome.refusal if outcome else charge_refusal(key, instrument)) or expired
    is_later = outcome is not None and outcome.later and not expired
    payment.approve_at = now + payment.outcome_seconds if is_later else 0
    if refusal:
        payment.mark_failed(refusal, at=now)
        key.declined_charges += 1
    elif not payment.is_pending:
        payment.mark_paid(at=now, charged=True)
        _record_charge(key, payment)


def charge_refusal(key: BillingKey, instrument: Instrument) -> str | None:
    """Return why the instrument declines the next charge of `key` in the ordinary course, or None."""
    declined = instrument.declines_charge(key.approved_charges, key.declined_charges)
    return instrument.charge_refusal if declined else None


def refusal_of_check(key: BillingKey, now: int) -> str | None:
    """Return why a charge of `key` would be declined at `now`, or None.

    The real service makes this charge and cancels it immediately; no record of it is known.
    """
    instrument = instruments.find(key.instrument, key.profile.family)
    if instrument is None:
        return None
    return charge_refusal(key, instrument) or expiry.refusal(key.merchant, key.expiry, now)


def approve_late(payment: Payment, now: int, *, charged: bool) -> None:
    """Record a late approval. The caller has checked that the `merchant_uid` was not settled in the meantime."""
    payment.mark_paid_late(at=now, charged=charged)
    instrument = instruments.find(str(payment.instrument), payment.profile.family)
    if instrument is not None and (payment.issues_key or payment.device):
        _record_window(payment, instrument, now)
        return
    payment.apply_num = entries.new_apply_num()
    key = keys.find(payment.merchant, str(payment.customer_uid))
    if key is not None:  # it may have been deleted in the meantime
        key.approved_charges += 1


def _record_window(payment: Payment, instrument: Instrument, now: int) -> None:
    entries.show_instrument(payment, instrument)
    payment.apply_num = entries.new_apply_num() if payment.charged else ""
    if payment.issues_key:
        keys.issue_by_window(payment, instrument, now)


def _record_charge(key: BillingKey, payment: Payment) -> None:
    payment.apply_num = entries.new_apply_num()
    key.approved_charges += 1


def _review(payment: Payment) -> outcomes.Outcome | None:
    """Return `pending` if the PG reviews approvals, else None. The review is assumed, so a lever sets its length."""
    seconds = levers.get(payment.merchant, "approval_pingback")
    if not seconds or not payment.profile.reviews_approvals:
        return None
    return outcomes.record(payment, outcomes.OUTCOMES["pending"], seconds)
