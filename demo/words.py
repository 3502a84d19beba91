"""How the demonstration writes times: short dates, and how far away something is."""

from datetime import datetime, timedelta

from babel.dates import format_date, format_timedelta

import clock
from views import language


def short_date(at: datetime) -> str:
    """Return the day in Seoul, such as `Dec 29, 2026`."""
    return format_date(clock.in_seoul(at), "medium", locale=language.chosen())


def day_of_year(at: datetime) -> str:
    """Return the day in Seoul without its year, such as `12/29`, for a narrow header."""
    return format_date(clock.in_seoul(at), "M/d", locale=language.chosen())


def distance(at: datetime, now: datetime) -> str:
    """Return how far away a time is, such as `in 2 days`. What is due already is a second away."""
    left = max(at - now, timedelta(seconds=1))
    return format_timedelta(left, threshold=1.2, add_direction=True, locale=language.chosen())
