"""Time: aware UTC inside, Seoul for people, months counted from an anchor day.

No other module of the shop knows a time zone. Only views and commands call `now()` and `machine_now()`; services and
models receive the time as an argument, so that a test or a demonstration can run on any day.

`now()` is *business time*: when a period begins, a charge is due, an invoice is paid. A demonstration may move it.
`machine_now()` is *machine time*: claims, pauses and rate limits use it, because a process does not live faster when
the shop's calendar moves. Columns of machine time are named `claimed_until`, `recorded_at` and `…_not_before`.
"""

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
FIRST_PAUSE = timedelta(minutes=2)
"""How long to wait after a request without an answer: the payment service may still be working on it."""


_shift: ContextVar[timedelta] = ContextVar("shift", default=timedelta())


def now() -> datetime:
    """Return the current business time in UTC: the time of day, unless the caller is inside `shifted`."""
    return machine_now() + _shift.get()


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Move the business time of the block, in this thread only: a demonstration's person may live in another month."""
    before = _shift.set(by)
    try:
        yield
    finally:
        _shift.reset(before)


def machine_now() -> datetime:
    """Return the time of day of this machine, for claims, pauses and limits: never a demonstration's moved time."""
    return datetime.now(UTC)


def from_unix(seconds: int) -> datetime | None:
    """Return the time that the payment service writes as unix seconds, or None for its 0, which means "not yet"."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def from_text(text: str) -> datetime:
    """Return the time in an ISO 8601 text such as `2026-12-01T09:00`. Without an offset it is Seoul's.

    Raises:
        ValueError: when the text is not a time.
    """
    at = datetime.fromisoformat(text)
    return (at.replace(tzinfo=SEOUL) if at.tzinfo is None else at).astimezone(UTC)


def back_off(failures: int, *, at_most: timedelta, seed: int) -> timedelta:
    """Return how long to wait after `failures` earlier failures in a row: `FIRST_PAUSE`, doubled with each.

    `seed`, such as the id of a row, takes up to a quarter away from all but the first pause, so that what failed
    together is not repeated together. The same arguments give the same pause.
    """
    pause = min(FIRST_PAUSE * (1 << min(failures, 20)), at_most)
    if failures == 0:
        return pause
    return pause - pause / 4 * ((seed * 7919 + failures * 104_729) % 1000 / 1000)


def in_seoul(at: datetime) -> datetime:
    """Return the same moment on Seoul's clock."""
    return at.astimezone(SEOUL)


def day_of_month(at: datetime) -> int:
    """Return the day of the month in Seoul: the anchor day of a subscription that begins then."""
    return in_seoul(at).day


def day_in_seoul(at: datetime) -> date:
    """Return the day on Seoul's calendar."""
    return in_seoul(at).date()


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins in Seoul, and when the next one does."""
    start, end = (datetime.combine(each, time(), SEOUL) for each in (day, day + timedelta(days=1)))
    return start.astimezone(UTC), end.astimezone(UTC)


def add_months(at: datetime, months: int, *, anchor_day: int) -> datetime:
    """Return the same hour `months` later, on the anchor day or on the last day of a shorter month.

    The calendar is Seoul's, where the buyers live. Counting from the anchor day and not from the last charge gives
    31 Jan, 28 Feb, 31 Mar: the date does not stay on the 28th.
    """
    local = in_seoul(at)
    year, month0 = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(anchor_day, monthrange(year, month0 + 1)[1])
    return local.replace(year=year, month=month0 + 1, day=day).astimezone(UTC)
