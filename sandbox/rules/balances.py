"""Balances (`GET /payments/{imp_uid}/balance`): by which means a payment was made, and how much of it is tax."""

from typing import Any

from ..ledger.models import Cancellation, Payment
from ..wire.amounts import Split, split
from ..wire.errors import Refused
from ..wire.money import major_units

UNSUPPORTED = "(현재는 PAYCO, KCP만 지원됩니다) 결제 상세내역을 제공하지 않는 PG사의 거래입니다."

NOTHING = Split(tax_free=0, supply=0, vat=0)

_MEANS = ("cash_receipt", "secondary", "discount")
"""The means besides `primary`. The sandbox takes play money by `primary` alone, so these are zero."""


def of(payment: Payment) -> dict[str, Any]:
    """Return the balance net of cancels, and its history: one entry for the payment and one for each cancel.

    Raises:
        Refused: when the PG of the payment does not report balances.
    """
    if not payment.profile.tells_balance:
        raise Refused(-1, UNSUPPORTED)
    changes, net = [(payment.paid_at, NOTHING)], NOTHING
    if payment.charged:
        cancels = ((entry.cancelled_at, NOTHING - _of_cancel(entry)) for entry in payment.cancellations)
        changes, net = [(payment.paid_at, whole(payment)), *cancels], left(payment)
    return {
        "amount": major_units(payment.amount, payment.currency),
        **_by_means(net, payment.currency),
        "histories": [{**_by_means(change, payment.currency), "created": at} for at, change in changes],
    }


def whole(payment: Payment) -> Split:
    """Return the parts of the payment's full amount."""
    return split(payment.amount, payment.tax_free, payment.vat_amount)


def left(payment: Payment) -> Split:
    """Return the parts of what can still be cancelled."""
    rest = whole(payment)
    for entry in payment.cancellations:
        rest -= _of_cancel(entry)
    return rest


def _of_cancel(entry: Cancellation) -> Split:
    return split(entry.amount, entry.tax_free, entry.vat_amount)


def _by_means(primary: Split, currency: str) -> dict[str, Any]:
    return {
        "primary": _group(primary, currency),
        **{means: _group(NOTHING, currency) for means in _MEANS},
    }


def _group(part: Split, currency: str) -> dict[str, Any]:
    parts = {"tax_free": part.tax_free, "supply": part.supply, "vat": part.vat, "service": 0}
    return {name: major_units(minor, currency) for name, minor in parts.items()}
