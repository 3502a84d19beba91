"""Where a journey may lead: to the next charge or retry, the expiry of a card, the end of the month, a day or a month
later, or a date."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import clock
from demo import agenda

NOON = 12


def offered(user_id: int, *, now: datetime) -> dict[str, datetime]:
    """Return the destinations by name, without those that this person does not have."""
    events = [event for event in agenda.of(user_id, now=now) if event.at > now]
    charge = next((event.at for event in events if event.kind == "charge"), None)
    retry = next((event.at for event in events if event.kind in ("retry", "look_up")), None)
    always = {
        "day": now + timedelta(days=1),
        "month_end": _end_of_month(now),
        "month": clock.add_months(now, 1, anchor_day=clock.day_of_month(now)),
    }
    expiry = next((event.at for event in events if event.kind == "expiry"), None)
    found = (("charge", charge), ("retry", retry), ("expiry", expiry))
    planned = {name: at for name, at in found if at is not None}
    return {**planned, **always}


def wanted(form: Mapping[str, str], user_id: int, *, now: datetime) -> datetime | None:
    """Return the time that a form names in `to`, or the noon of the day in `date`; None if it names neither."""
    if form.get("to"):
        return offered(user_id, now=now).get(form["to"])
    try:
        return clock.from_text(f"{form.get('date', '')}T{NOON:02}:00")
    except ValueError:
        return None


def _end_of_month(now: datetime) -> datetime:
    """Return the next noon in Seoul of a month's last day: what is bought then shows the rule of the month's end."""
    noon = clock.in_seoul(now).replace(hour=NOON, minute=0, second=0, microsecond=0)
    ends = (clock.add_months(noon, months, anchor_day=31) for months in (0, 1))
    return next(end for end in ends if end > now)
