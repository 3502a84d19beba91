"""The pages of the daily comparison with the payment service: the last days, and one day."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

import clock
from money import Money
from services import days as calendar
from services import takings
from services.takings import Day, Takings
from views.staff import staff_only

bp = Blueprint("admin_reconcile", __name__, url_prefix="/admin/reconcile")
bp.before_request(staff_only)

DAYS = 30
MOST_ROWS = 200
"""Differences on one page. A day on which the service lost our ids may have thousands."""
HEIGHT = 100
"""Units of a chart's height: the tallest bar."""
SLOT, BAR = 12, 5
"""Units of a chart's width for one day, and for one of its two bars."""


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One day of a chart: what was collected and refunded, and where the two bars stand in the drawing."""

    day: Day
    takings: Takings
    x: tuple[int, int]
    heights: tuple[int, int]
    tops: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The bars of one currency, and the amount that the tallest one stands for."""

    bars: list[Bars]
    most: Money


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the last days, the newest first."""
    days = takings.latest(now=clock.now(), days=DAYS)
    size = {"width": DAYS * SLOT, "height": HEIGHT, "bar_width": BAR}
    return render_template("admin_reconcile/index.html", days=days, charts=_charts(days), **size)


@bp.get("/<day>")
def show(day: str) -> ResponseReturnValue:
    """Show one day and its differences. Answer 404 for a day that has not ended."""
    shown = _day(day)
    if shown is None or not calendar.has_ended(shown, now=clock.now()):
        abort(404)
    (found,) = takings.between(shown, shown)
    rows = takings.differences_of(found, limit=MOST_ROWS)
    return render_template("admin_reconcile/show.html", found=found, rows=rows, is_cut=len(rows) == MOST_ROWS)


def _day(text: str) -> date | None:
    """Return the day that the address names, or None. `fromisoformat` alone accepts other spellings too."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if str(day) == text else None


def _charts(days: list[Day]) -> list[Chart]:
    """Return a chart for each currency in which anything was collected or refunded, the oldest day first."""
    currencies = sorted({amounts.currency for day in days for amounts in day.takings})
    charts = (_chart(days, currency) for currency in currencies)
    return [chart for chart in charts if chart.most.minor]


def _chart(days: list[Day], currency: str) -> Chart:
    slots = [(n, day, amounts) for n, day in enumerate(reversed(days)) for amounts in day.takings]
    slots = [(n, day, amounts) for n, day, amounts in slots if amounts.currency == currency]
    most = max(max(amounts.collected.minor, amounts.refunded.minor) for _, _, amounts in slots)
    bars = [_bars_of_day(n * SLOT, day, amounts, most=most or 1) for n, day, amounts in slots]
    return Chart(bars=bars, most=Money(most, currency))


def _bars_of_day(x: int, day: Day, amounts: Takings, *, most: int) -> Bars:
    collected, refunded = (-(-amount.minor * HEIGHT // most) for amount in (amounts.collected, amounts.refunded))
    return Bars(
        day=day,
        takings=amounts,
        x=(x + 1, x + 1 + BAR),
        heights=(collected, refunded),
        tops=(HEIGHT - collected, HEIGHT - refunded),
    )
