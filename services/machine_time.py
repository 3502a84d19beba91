"""Machine time: the time by which processes agree on claims and pauses, whatever day it is in the shop's business."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from columns import UTCDateTime
from models import db


def shared(own: datetime) -> datetime:
    """Return the time that all machines share: the database's clock on PostgreSQL, and `own` on SQLite.

    SQLite has only one machine, whose time `own` is.
    """
    if db.engine.dialect.name != "postgresql":
        return own
    now: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    db.session.commit()
    return now


def moment(own: datetime, *, plus: timedelta = timedelta()) -> ColumnElement[datetime]:
    """Return the shared time, or a later one, as an expression: the database reads its clock in the same statement."""
    if db.engine.dialect.name != "postgresql":
        return literal(own + plus, UTCDateTime())
    return func.clock_timestamp(type_=UTCDateTime()) + literal(plus, Interval())


def has_come(not_before: InstrumentedAttribute[datetime | None], own: datetime) -> ColumnElement[bool]:
    """Return the condition that selects the rows without a pause, or with one that has ended."""
    return or_(not_before.is_(None), not_before <= moment(own))
