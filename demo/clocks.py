"""The clock of each person of the demonstration: by how much their business time is ahead of the time of day.

The offsets are in a table of their own in the shop's database, which every process reads: the web server for a request
of the person, the worker for what is due. The shop's models and migrations do not know the table.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

import clock
from models import UTCDateTime, db
from services import machine_time
from services.owners import Group, Owners

BUSY_FOR = timedelta(minutes=1)
"""Machine time for which one request alone moves a person's clock, unless it asks for more."""

metadata = MetaData()
clocks = Table(
    "demo_clocks",
    metadata,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("ahead", BigInteger, nullable=False),  # whole seconds, as the payment service counts time
    Column("busy_until", UTCDateTime),  # machine time: until then one request alone moves this clock
)


def create_tables() -> None:
    """Create the demonstration's own tables if they are missing."""
    for table in metadata.sorted_tables:
        db.session.execute(CreateTable(table, if_not_exists=True))
    db.session.commit()


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


def forget(user_id: int) -> None:
    """Let the person live by the time of day again. Does not commit."""
    _write(user_id, ahead=0)


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
    insert: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[db.engine.dialect.name]
    new = insert(clocks).values(**{"user_id": user_id, "ahead": 0, **values})
    conflict = {"index_elements": ["user_id"]}
    changed = new.on_conflict_do_update(**conflict, set_=values) if values else new.on_conflict_do_nothing(**conflict)
    db.session.execute(changed)
