"""What the PG says to a window or a charge that nobody refused: the ordinary course, or an entry of `outcomes`.

Called inside a rule's transaction, once for each payment; `late` calls once more for an approval that was to come.
"""

from ..facts import instruments
from ..facts.instruments import Instrument
from ..ledger import entries
from ..ledger.models import BillingKey, Payment
from ..merchants import levers
from . import keys, outcomes


def settle_window(payment: Payment, instrument: Instrument, now: int, *, charged: bool) -> None:
    """`paid` with its key, `failed`, or still `ready`: pending, or given up by the payer.

    `charged` is whether an approval of this window takes money.
    """
    payment.instrument, payment.outcome = instrument.number, None
    outcome = outcomes.play(payment, "window", instrument) or _review(payment)
    if outcome is None:
        refusal = instrument.issue_refusal
    elif outcome.payer:
        if outcome.payer == "closes":
            shut(payment, now)
        return
    else:
        refusal = outcome.refusal
        payment.approve_at = now + payment.outcome_seconds if outcome.later else 0
    if refusal:
        payment.mark_failed(refusal, at=now)
    elif not payment.is_pending:
        payment.mark_paid(at=now, charged=charged)
        _book_window(payment, instrument, now)


def shut(payment: Payment, now: int) -> None:
    """The payer closes the window: most PGs leave the record `ready`, some make it `failed`."""
    if payment.device in payment.profile.close_fails_on:
        payment.mark_failed("사용자가 결제를 취소함", at=now)


def settle_charge(key: BillingKey, payment: Payment, instrument: Instrument, now: int) -> None:
    """`paid`, `failed`, or still `ready` when the PG takes its time."""
    payment.instrument = instrument.number
    entries.show_instrument(payment, instrument)
    outcome = outcomes.play(payment, "charge", instrument)
    if outcome is not None and outcome.answer == "500_before":
        return
    if outcome is None:
        declined = instrument.declines_charge(key.approved_charges, key.declined_charges)
        refusal = instrument.charge_refusal if declined else None
    else:
        refusal = outcome.refusal
        payment.approve_at = now + payment.outcome_seconds if outcome.later else 0
    if refusal:
        payment.mark_failed(refusal, at=now)
        key.declined_charges += 1
    elif not payment.is_pending:
        payment.mark_paid(at=now, charged=True)
        _book_charge(key, payment)


def approve_late(payment: Payment, now: int, *, charged: bool) -> None:
    """The approval that was to come has come. In the meantime the `merchant_uid` must not have been settled."""
    payment.mark_paid_late(at=now, charged=charged)
    instrument = instruments.find(str(payment.instrument), payment.profile.family)
    if instrument is not None and (payment.issues_key or payment.device):
        _book_window(payment, instrument, now)
        return
    payment.apply_num = entries.new_apply_num()
    key = keys.find(payment.merchant, str(payment.customer_uid))
    if key is not None:  # it may have been deleted meanwhile
        key.approved_charges += 1


def _book_window(payment: Payment, instrument: Instrument, now: int) -> None:
    entries.show_instrument(payment, instrument)
    payment.apply_num = entries.new_apply_num() if payment.charged else ""
    if payment.issues_key:
        keys.issue_by_window(payment, instrument, now)


def _book_charge(key: BillingKey, payment: Payment) -> None:
    payment.apply_num = entries.new_apply_num()
    key.approved_charges += 1


def _review(payment: Payment) -> outcomes.Outcome | None:
    """Some PGs look at an approval before they make it; assumed, so a lever says for how long."""
    seconds = levers.get(payment.merchant, "approval_pingback")
    if not seconds or not payment.profile.reviews_approvals:
        return None
    return outcomes.note(payment, outcomes.OUTCOMES["pending"], seconds)
