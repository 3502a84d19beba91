"""The demonstration's own tables, in the shop's database. The shop's models and migrations do not know them."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from columns import UTCDateTime
from models import db

metadata = MetaData()

clocks = Table(
    "demo_clocks",
    metadata,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("ahead", BigInteger, nullable=False),  # whole seconds, as the payment service counts time
    Column("busy_until", UTCDateTime),  # machine time: until then one request alone moves this clock
)

journeys = Table(
    "demo_journeys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, nullable=False, index=True),
    Column("departed_at", UTCDateTime, nullable=False),  # all three by the person's own clock
    Column("target", UTCDateTime, nullable=False),
    Column("arrived_at", UTCDateTime),  # None: the clock is still on its way
    Column("stops", Integer, nullable=False),
    Column("is_cut_short", Boolean, nullable=False),  # it ended at the limit of stops, before its target
    Column("first_entry", Integer, nullable=False),  # the last id of the journal before the journey
    Column("last_entry", Integer),
)

phone_codes = Table(
    "demo_phone_codes",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # the token itself is only in the code that the phone scans
    Column("user_id", Integer, nullable=False),
    Column("target", Text, nullable=False),  # the path, query and fragment of the guide that the phone opens
    Column("issued_at", UTCDateTime, nullable=False),  # machine time, as are both below
    Column("expires_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime),
)


def create() -> None:
    """Create the tables if they are missing."""
    for table in metadata.sorted_tables:
        db.session.execute(CreateTable(table, if_not_exists=True))
    db.session.commit()


def insert(table: Table) -> Any:
    """Return an INSERT of this database, which can say what to do on a conflict."""
    return {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[db.engine.dialect.name](table)
