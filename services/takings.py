"""Takings: what was collected, refunded, reversed and is still open, by day and currency."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from clock import bounds, day_in_seoul
from models import Case, Comparison, Difference, Invoice, Order, db
from money import EXPONENTS, Money
from services import differences, refunds
from services.desk import Desk
from services.iamport import Payment
from states import CaseKind, InvoiceStatus


@dataclass(frozen=True, kw_only=True)
class Takings:
    """The amounts of one day in one currency."""

    collected: Money
    refunded: Money
    reversed: Money
    """What the card companies took back."""
    open: Money
    """By how much the service's records and ours still disagree."""

    @property
    def currency(self) -> str:
        """The ISO 4217 code of every amount."""
        return self.collected.currency


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day in Seoul, and what its comparison found. None: the day is not compared yet."""

    day: date
    comparison: Comparison | None
    takings: Sequence[Takings]
    differences_left: int

    @property
    def start(self) -> datetime:
        """When the day begins in Seoul."""
        return bounds(self.day)[0]

    @property
    def is_compared(self) -> bool:
        """Whether the comparison has ended, whatever it left open."""
        return self.comparison is not None and self.comparison.finished_at is not None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A difference, with the amounts by our record and by the service's. None: not known."""

    difference: Difference
    ours: Money | None
    theirs: Money | None


def count(desk: Desk, comparison: Comparison, order: Order, payment: Payment) -> None:
    """Add what a payment's record says about this day to the comparison's totals. Does not commit."""
    moved = refunds.was_charged(desk, order, replace(payment, cancel_amount=Decimal(0)))
    if payment.status not in ("paid", "cancelled") or not moved or payment.currency not in EXPONENTS:
        return
    since, until = (at.timestamp() for at in bounds(comparison.day))
    cancels = [(cancel.amount, cancel.cancelled_at) for cancel in payment.cancels]
    cancels = cancels or [(payment.cancel_amount, payment.cancelled_at)]
    cancelled = sum((amount for amount, at in cancels if since <= at < until), Decimal(0))
    collected = payment.amount if since <= payment.paid_at < until else Decimal(0)
    before = comparison.totals.get(payment.currency, {})
    now = {"collected": collected, "refunded": cancelled}
    after = {name: before.get(name, 0) + (differences.minor(amount, payment) or 0) for name, amount in now.items()}
    comparison.totals = {**comparison.totals, payment.currency: after}


def latest(*, now: datetime, days: int = 30) -> list[Day]:
    """Return the last days that have ended, the newest first."""
    yesterday = day_in_seoul(now) - timedelta(days=1)
    return between(yesterday - timedelta(days=days - 1), yesterday)


def between(first: date, last: date) -> list[Day]:
    """Return the days from `first` to `last`, the newest first."""
    found = db.session.scalars(select(Comparison).where(Comparison.day >= first, Comparison.day <= last))
    comparisons = {comparison.day: comparison for comparison in found}
    reversals, left = _reversed(first, last), _left(first, last)
    length = (last - first).days + 1
    return [_day(last - timedelta(days=n), comparisons, reversals, left) for n in range(length)]


def differences_of(day: Day, *, limit: int) -> list[Row]:
    """Return the day's differences, open ones first, at most `limit`."""
    if day.comparison is None:
        return []
    found = db.session.scalars(
        select(Difference)
        .where(Difference.comparison_id == day.comparison.id)
        .order_by(Difference.repaired_at.is_not(None), Difference.id)
        .limit(limit)
    )
    return [Row(difference=one, ours=_money(one.ours, one), theirs=_money(one.theirs, one)) for one in found]


def _money(minor: int | None, difference: Difference) -> Money | None:
    return None if minor is None or difference.currency not in EXPONENTS else Money(minor, difference.currency)


Amounts = dict[tuple[date, str], int]


def _day(
    day: date,
    comparisons: dict[date, Comparison],
    reversals: Amounts,
    left: dict[tuple[date, str], tuple[int, int]],
) -> Day:
    comparison = comparisons.get(day)
    totals = comparison.totals if comparison else {}
    others = {currency for of_day, currency in (*reversals, *left) if of_day == day and currency in EXPONENTS}
    takings = [
        Takings(
            collected=Money(totals.get(currency, {}).get("collected", 0), currency),
            refunded=Money(totals.get(currency, {}).get("refunded", 0), currency),
            reversed=Money(reversals.get((day, currency), 0), currency),
            open=Money(left.get((day, currency), (0, 0))[1], currency),
        )
        for currency in sorted(others | set(totals))
    ]
    count = sum(many for (of_day, _), (many, _) in left.items() if of_day == day)
    return Day(day=day, comparison=comparison, takings=takings, differences_left=count)


def _left(first: date, last: date) -> dict[tuple[date, str], tuple[int, int]]:
    """Return the number and the amount of the open differences, by day and currency."""
    amount = func.abs(func.coalesce(Difference.theirs, 0) - func.coalesce(Difference.ours, 0))
    rows = db.session.execute(
        select(Comparison.day, Difference.currency, func.count(), func.sum(amount))
        .join(Difference.comparison)
        .where(Comparison.day >= first, Comparison.day <= last, Difference.repaired_at.is_(None))
        .group_by(Comparison.day, Difference.currency)
    )
    return {(day, currency): (many, total) for day, currency, many, total in rows}


def _reversed(first: date, last: date) -> Amounts:
    """Return the chargebacks that staff recorded on each day, unless the shop won the dispute since."""
    since, until = bounds(first)[0], bounds(last)[1]
    cases = db.session.scalars(
        select(Case)
        .join(Case.order)
        .join(Order.invoice)
        .where(Case.kind == CaseKind.REVERSED, Invoice.status == InvoiceStatus.REVERSED)
        .where(Case.opened_at >= since, Case.opened_at < until)
    )
    amounts: Amounts = {}
    for case in cases:
        key = day_in_seoul(case.opened_at), case.price.currency
        amounts[key] = amounts.get(key, 0) + case.amount
    return amounts
