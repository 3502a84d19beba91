"""Machine time: the time by which processes agree on claims and pauses, whatever day it is in the shop's business."""

from datetime import datetime

from sqlalchemy import func, select

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
