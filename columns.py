"""What the tables are made of: their base, and the types of their columns. The tables themselves are in `models.py`."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, Dialect, Enum, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

LARGEST_ID = 2**31 - 1
"""The largest number that a column of ids holds. PostgreSQL raises when a query compares it with a larger one."""


class Base(DeclarativeBase):
    """The base of every table, with a name for each constraint, so that a migration can drop it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(TypeDecorator[datetime]):
    """A column of aware datetimes. SQLite stores no time zone: writing converts to UTC, reading adds UTC again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the value to store, in UTC.

        Raises:
            ValueError: when the datetime is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: give it a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored value as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def by_value(enum: type[StrEnum]) -> Enum:
    """Return a text column type that stores the enum's values, not its Python names, so that SQL shows our words."""
    return Enum(enum, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


def is_id(number: int) -> bool:
    """Whether a row may have this id: a number from an address may be any."""
    return 0 < number <= LARGEST_ID
