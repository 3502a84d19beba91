"""The clock of each person of the demonstration: by how much their business time is ahead of the time of day.

Every process reads the offsets from the database: the web server for a request of the person, the worker for what is
due.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

import clock
from demo.tables import clocks, insert
from models import db
from services import machine_time
from services.owners import Group, Owners

NO_TIME = timedelta()
BUSY_FOR = timedelta(minutes=2)
"""Machine time for which one request alone moves a person's clock, counted from its last stop."""


def ahead(user_id: int) -> timedelta:
    """Return by how much the person's time is ahead of the time of day. It is negative while they live in the past."""
    seconds = db.session.scalar(select(clocks.c.ahead).where(clocks.c.user_id == user_id))
    return timedelta(seconds=seconds or 0)


def time_of(user_id: int) -> datetime:
    """Return the person's business time: `Desk.time_of` of the demonstration."""
    return clock.machine_now() + ahead(user_id)


def groups() -> Sequence[Group]:
    """Return whose dues the worker looks for, and when: each moved person alone, all others by the time of day.

    A person whose clock is moving belongs to no group: the request that moves it does all of their work in order.
    """
    now = machine_time.shared(clock.machine_now())
    rows = db.session.execute(select(clocks)).all()
    db.session.commit()
    busy = {row.user_id for row in rows if row.busy_until is not None and row.busy_until > now}
    moved = {row.user_id for row in rows if row.ahead} - busy
    alone = [Group(owners=Owners(only=frozenset({one})), now=partial(time_of, one)) for one in sorted(moved)]
    return [Group(owners=Owners(without=frozenset(moved | busy)), now=clock.machine_now), *alone]


def put_ahead(user_id: int, by: timedelta) -> None:
    """Set by how much the person's time is ahead, in whole seconds. Does not commit."""
    _write(user_id, ahead=int(by.total_seconds()))


@contextmanager
def moving(user_id: int) -> Iterator[bool]:
    """Keep a person's clock for the block, and say whether this succeeded: another request may be moving it.

    During the block the worker leaves this person's work alone.
    """
    has_it = _take(user_id)
    try:
        yield has_it
    finally:
        if has_it:
            db.session.rollback()
            _write(user_id, busy_until=None)
            db.session.commit()


def keep(user_id: int) -> None:
    """Keep the clock of the present `moving` block for longer, and commit."""
    _write(user_id, busy_until=machine_time.shared(clock.machine_now()) + BUSY_FOR)
    db.session.commit()


def _take(user_id: int) -> bool:
    now = machine_time.shared(clock.machine_now())
    _write(user_id)
    is_free = clocks.c.busy_until.is_(None) | (clocks.c.busy_until <= now)
    taken = db.session.execute(
        update(clocks).where(clocks.c.user_id == user_id, is_free).values(busy_until=now + BUSY_FOR)
    )
    db.session.commit()
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def _write(user_id: int, **values: Any) -> None:
    """Insert the person's row, or change these columns of it."""
    new = insert(clocks).values(**{"user_id": user_id, "ahead": 0, **values})
    conflict = {"index_elements": ["user_id"]}
    changed = new.on_conflict_do_update(**conflict, set_=values) if values else new.on_conflict_do_nothing(**conflict)
    db.session.execute(changed)
