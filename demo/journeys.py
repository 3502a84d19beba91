"""Journeys: move one person's clock forward, so that what falls due on the way happens in the order of its dates.

    depart      choose where to go
    go_on       move from stop to stop for some seconds; a long journey takes several requests
    latest      the person's last journey, finished or not

A stop is the next moment at which shop or sandbox has work for this person. There the clock of both is set to that
moment, and the work is done by the services and the sandbox as on any day.
"""

import math
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, func, insert, select, update

import clock
from demo import agenda, clocks, due, pauses
from demo.tables import journeys
from models import JournalEntry, db
from services.desk import Desk

LONGEST_MONTHS = 13
"""How far one journey may lead."""
MOST_STOPS = 200
"""How many stops one journey may have. It ends at the last of them."""
BUDGET = 3.0
"""Seconds that one request may travel."""


class CannotTravel(Exception):
    """The wanted time is not after the person's own, or too far away."""


@dataclass(frozen=True, kw_only=True)
class Journey:
    """From when to when a person's clock moves, and how far it is."""

    id: int
    user_id: int
    departed_at: datetime
    target: datetime
    arrived_at: datetime | None
    stops: int
    is_cut_short: bool
    first_entry: int
    last_entry: int | None


def depart(user_id: int, target: datetime, *, now: datetime) -> None:
    """Begin a journey to `target`. It replaces one that is still under way.

    Raises:
        CannotTravel: when the target is not after `now`, or more than `LONGEST_MONTHS` later.
    """
    if not now < target <= clock.add_months(now, LONGEST_MONTHS, anchor_day=clock.day_of_month(now)):
        raise CannotTravel(f"from {now} to {target}")
    if (unfinished := under_way(user_id)) is not None:
        _arrive(unfinished, is_cut_short=True)
    db.session.execute(
        insert(journeys).values(
            user_id=user_id, departed_at=now, target=target, stops=0, is_cut_short=False, first_entry=_newest_entry()
        )
    )
    db.session.commit()


def latest(user_id: int) -> Journey | None:
    """Return the person's last journey, or None before the first."""
    query = select(journeys).where(journeys.c.user_id == user_id).order_by(journeys.c.id.desc()).limit(1)
    row = db.session.execute(query).first()
    return None if row is None else _read(row)


def under_way(user_id: int) -> Journey | None:
    """Return the person's journey that has not ended, or None."""
    last = latest(user_id)
    return last if last is not None and last.arrived_at is None else None


def go_on(desk: Desk, user_id: int, *, seconds: float = BUDGET) -> None:
    """Continue the person's journey for some seconds, at least by one stop, or to its end.

    Do nothing if another request is moving the clock.

    Raises:
        requests.RequestException: when the sandbox does not answer. The journey can be continued later.
    """
    deadline = time.monotonic() + seconds
    with clocks.moving(user_id) as is_ours:
        journey = under_way(user_id) if is_ours else None
        if journey is None:
            return
        db.session.commit()
        next_in = due.work(desk, user_id)
        while (now := clocks.time_of(user_id)) < journey.target:
            if journey.stops >= MOST_STOPS:
                _arrive(journey, is_cut_short=True)
                return
            _move_to(user_id, _next_stop(journey, next_in, now=now))
            clocks.keep(user_id)
            next_in = due.work(desk, user_id)
            journey = _count_stop(journey)
            if time.monotonic() > deadline and clocks.time_of(user_id) < journey.target:
                return
        _arrive(journey)


def _next_stop(journey: Journey, next_in: int | None, *, now: datetime) -> datetime:
    """Return the next moment after `now` at which shop or sandbox has work for the person, or the end."""
    planned = [event.at for event in agenda.of(journey.user_id, now=now) if event.at > now]
    reported = [] if next_in is None else [now + timedelta(seconds=next_in)]
    return min([*planned, *reported, journey.target])


def _move_to(user_id: int, moment: datetime) -> None:
    """Set the person's clock to the moment, or up to a second later, and commit."""
    now = clocks.time_of(user_id)
    by = timedelta(seconds=max(math.ceil((moment - now).total_seconds()), 0))
    clocks.put_ahead(user_id, clocks.ahead(user_id) + by)
    pauses.let_pass(user_id, by)
    db.session.commit()


def _count_stop(journey: Journey) -> Journey:
    db.session.execute(update(journeys).where(journeys.c.id == journey.id).values(stops=journeys.c.stops + 1))
    db.session.commit()
    row = db.session.execute(select(journeys).where(journeys.c.id == journey.id)).one()
    return _read(row)


def _arrive(journey: Journey, *, is_cut_short: bool = False) -> None:
    end = {"arrived_at": clocks.time_of(journey.user_id), "last_entry": _newest_entry(), "is_cut_short": is_cut_short}
    db.session.execute(update(journeys).where(journeys.c.id == journey.id).values(**end))
    db.session.commit()


def _newest_entry() -> int:
    return db.session.scalar(select(func.max(JournalEntry.id))) or 0


def _read(row: Row[tuple[object, ...]]) -> Journey:
    return Journey(**row._asdict())
