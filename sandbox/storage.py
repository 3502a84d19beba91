"""How the ledger lies in an SQLite file that several workers and threads share."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from flask import Flask
from sqlalchemy import Connection, Engine, MetaData, event, make_url
from sqlalchemy.schema import CreateTable

from sandbox import merchants
from sandbox.config import Config
from sandbox.models import db, exclusive

BUSY_TIMEOUT = 10.0
"""Seconds a writer waits for the one before it."""


def init_app(app: Flask, config: Config) -> None:
    """Open the database of `config`, and make its tables and its merchant unless they are there.

    Raises:
        ValueError: not an SQLite file.
    """
    url = make_url(config.DATABASE_URL)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ValueError("SANDBOX_DATABASE_URL must name an SQLite file, such as sqlite:////tmp/sandbox.db")
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)

    app.config["SQLALCHEMY_DATABASE_URI"] = config.DATABASE_URL
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"timeout": BUSY_TIMEOUT}}
    db.init_app(app)
    with app.app_context():
        _listen(db.engine)
        _create_tables(db.engine)
        merchants.add_default(config)


def erase() -> None:
    """Delete every row."""
    with exclusive():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())


def _listen(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver begins transactions too late for us; from here on `_begin` does it.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    """Readers share; who has asked `exclusive` to decide something keeps other writers out from the start."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sandbox_begin', 'DEFERRED')}")


def _create_tables(engine: Engine) -> None:
    """Safe when several workers start at once: the first makes the tables, the others wait and find them.

    Those of another version of the sandbox are made anew, empty: what they hold is play money.
    """
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()
    with engine.connect().execution_options(sandbox_begin="IMMEDIATE") as connection, connection.begin():
        if connection.exec_driver_sql("PRAGMA user_version").scalar() != _version():
            _drop_tables(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {_version()}")
        db.metadata.create_all(connection)


def _version() -> int:
    """31 bits of what the tables look like, so that nobody has to remember to count on."""
    tables = "".join(str(CreateTable(table)) for table in db.metadata.sorted_tables)
    return crc32(tables.encode()) & 0x7FFF_FFFF


def _drop_tables(connection: Connection) -> None:
    """Whatever is there, also tables nobody knows any more."""
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
