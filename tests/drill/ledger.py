"""The ledger of a drill: the service's own payments, compared with the shop's books, one due period at a time.

The service decides what was taken. The shop's books decide what it believes, and what it does next.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Payment:
    """An approved payment, as the service lists it."""

    imp_uid: str
    merchant_uid: str
    customer_uid: str
    amount: int
    left: int
    """The amount without what was refunded."""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A due period, as the shop's books have it."""

    customer_uid: str
    amount: int
    is_paid: bool = False
    imp_uid: str | None = None
    """The payment that pays it, in the shop's books."""
    remains: str = ""
    """Why it is unpaid, and what the shop does next. Empty: the books do not say."""


@dataclass(kw_only=True)
class Ledger:
    """Each bill stands under exactly one of the first five headings; a payment of no bill counts as lost."""

    due: int
    once: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Approved and kept at the service, and not what the books say: not booked, or booked for another payment."""
    unfounded: list[str] = field(default_factory=list)
    """Booked as paid, and nothing is kept at the service."""
    declined: Counter[str] = field(default_factory=Counter)
    """Unpaid, by what the books say about it."""
    open: list[str] = field(default_factory=list)
    """Neither paid nor declined when the drill ended."""
    refunded: int = 0
    """Surplus payments that were refunded in full."""

    @property
    def exit_code(self) -> int:
        """0 if each due period was charged once or declined, and every payment is booked or refunded; else 1."""
        return 1 if self.twice or self.lost or self.unfounded or self.open else 0

    def lines(self) -> list[str]:
        """Return the ledger as text, and below it each case that is wrong."""
        counts = [
            ("due", self.due),
            ("charged once", self.once),
            ("charged twice", len(self.twice)),
            ("lost", len(self.lost)),
            ("booked without a payment", len(self.unfounded)),
            ("without an outcome", len(self.open)),
            ("refunded surplus", self.refunded),
            ("declined", self.declined.total()),
        ]
        wrong = {"charged twice": self.twice, "lost": self.lost, "booked without a payment": self.unfounded}
        wrong["without an outcome"] = self.open
        return [
            *(f"{name:<26}{count:>6}" for name, count in counts),
            *(f"{count:>10}  {why}" for why, count in self.declined.most_common()),
            *(f"{name}: {case}" for name, cases in wrong.items() for case in cases),
        ]


def compare(bills: Sequence[Bill], payments: Iterable[Payment]) -> Ledger:
    """Return the ledger of these due periods and of every payment that the service approved."""
    ledger, of_key = Ledger(due=len(bills)), {bill.customer_uid: list[Payment]() for bill in bills}
    for payment in payments:
        if payment.left <= 0:
            ledger.refunded += 1
        elif payment.customer_uid in of_key:
            of_key[payment.customer_uid].append(payment)
        else:
            ledger.lost.append(f"{_name(payment)} belongs to no due period")
    for bill in bills:
        _enter(ledger, bill, of_key[bill.customer_uid])
    return ledger


def _enter(ledger: Ledger, bill: Bill, kept: list[Payment]) -> None:
    if len(kept) > 1:
        ledger.twice.append(f"{bill.customer_uid} paid {' and '.join(map(_name, kept))}")
    elif kept and _is_booked(bill, kept[0]):
        ledger.once += 1
    elif kept:
        ledger.lost.append(f"{_name(kept[0])} of {bill.customer_uid}; the shop's books say {_books(bill)}")
    elif bill.is_paid:
        ledger.unfounded.append(f"{bill.customer_uid}, by {bill.imp_uid}")
    elif bill.remains:
        ledger.declined[bill.remains] += 1
    else:
        ledger.open.append(bill.customer_uid)


def _is_booked(bill: Bill, payment: Payment) -> bool:
    return bill.is_paid and bill.imp_uid == payment.imp_uid and bill.amount == payment.left == payment.amount


def _books(bill: Bill) -> str:
    return f"{bill.amount} paid by {bill.imp_uid}" if bill.is_paid else bill.remains or "no outcome"


def _name(payment: Payment) -> str:
    return f"{payment.left} by {payment.imp_uid} ({payment.merchant_uid})"
