"""Time: aware UTC inside, Seoul for people, months counted from an anchor day.

Nothing else in the shop knows a time zone. `now()` is called by views and commands only; services and models
are handed the moment as an argument, so a test or a demonstration can live on any day.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
FIRST_PAUSE = timedelta(minutes=2)
"""How long what got no answer is left alone: the payment service may still be busy with it."""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def from_unix(seconds: int) -> datetime | None:
    """The moment the payment service writes as unix seconds; it writes 0 for "not yet"."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def next_look(since: datetime, now: datetime, *, at_most: timedelta) -> datetime:
    """When to look again at what has been open since then: each pause is as long as all before it together."""
    return now + min(max(now - since, FIRST_PAUSE), at_most)


def in_seoul(at: datetime) -> datetime:
    return at.astimezone(SEOUL)


def day_of_month(at: datetime) -> int:
    """On Seoul's calendar: the anchor day of what begins now."""
    return in_seoul(at).day


def add_months(at: datetime, months: int, *, anchor_day: int) -> datetime:
    """The same hour `months` later, on the anchor day or the last day of a shorter month.

    The calendar is Seoul's, where the buyers live. Counting from the anchor day rather than from the last
    charge keeps 31 Jan, 28 Feb, 31 Mar from sliding to the 28th for ever.
    """
    local = in_seoul(at)
    year, month0 = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(anchor_day, monthrange(year, month0 + 1)[1])
    return local.replace(year=year, month=month0 + 1, day=day).astimezone(UTC)
