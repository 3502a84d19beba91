"""Keep the ledger in an SQLite file that several workers and threads share."""

from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from flask import Flask
from sqlalchemy import Connection, Engine, MetaData, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import CreateTable

from . import transactions
from .models import db
from .transactions import exclusive

UPGRADES = {
    1_627_490_030: (
        "ALTER TABLE deliveries ADD COLUMN customer_uid VARCHAR",
        "UPDATE deliveries SET customer_uid ="
        " (SELECT customer_uid FROM payments WHERE payments.id = deliveries.payment_id)",
        "ALTER TABLE attempts ADD COLUMN began FLOAT NOT NULL DEFAULT 0",
        "UPDATE attempts SET began = sent_at",
        "ALTER TABLE wire_entries ADD COLUMN began FLOAT NOT NULL DEFAULT 0",
        "UPDATE wire_entries SET began = at",
    ),
}
"""The checksum of an earlier version's tables → the statements that make them the tables of this version."""

BUSY_TIMEOUT = 10.0
"""Seconds that a writer waits for the writer before it."""


def init_app(app: Flask, database_url: str) -> None:
    """Open the database, and create its tables if they are missing.

    Raises:
        ValueError: when `database_url` does not name an SQLite file, or the file cannot be written.
    """
    file = _file_of(database_url)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        queue = transactions.init_app(app, file)
    except OSError as err:
        raise ValueError(f"cannot store the ledger in {file}: {err.strerror}") from None

    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"timeout": BUSY_TIMEOUT}}
    db.init_app(app)
    with app.app_context():
        _listen(db.engine)
        with queue.turn():
            _create_tables(db.engine)


def _file_of(url: str) -> Path:
    with suppress(ArgumentError):
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            return Path(str(parsed.database)).absolute()
    raise ValueError("SANDBOX_DATABASE_URL must name an SQLite file, such as sqlite:////tmp/sandbox.db")


def erase() -> None:
    """Delete every row of every table."""
    with exclusive():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())


def _listen(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver begins transactions too late, so `_begin` begins them.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    """Begin a transaction: shared for readers, closed to other writers from the start for `exclusive`."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sandbox_begin', 'DEFERRED')}")


def _create_tables(engine: Engine) -> None:
    """Create the tables once, even when several workers start together: the others wait and find them.

    Upgrade the tables of the last version. Replace those of any other version with empty ones, because they hold only
    play money.
    """
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()
    with engine.connect().execution_options(sandbox_begin="IMMEDIATE") as connection, connection.begin():
        found = connection.exec_driver_sql("PRAGMA user_version").scalar()
        if found != _version():
            if found in UPGRADES:
                for statement in UPGRADES[found]:
                    connection.exec_driver_sql(statement)
            else:
                _drop_tables(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {_version()}")
        db.metadata.create_all(connection)


def _version() -> int:
    """Return a 31-bit checksum of the table definitions, so that no version number needs maintenance."""
    tables = "".join(str(CreateTable(table)) for table in db.metadata.sorted_tables)
    return crc32(tables.encode()) & 0x7FFF_FFFF


def _drop_tables(connection: Connection) -> None:
    """Drop every table in the file, including those that the sandbox no longer defines."""
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
