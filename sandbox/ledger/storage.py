"""Keep the ledger in an SQLite file that several workers and threads share."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import URL, Connection, Engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from . import texts, transactions
from .models import db
from .transactions import exclusive

MIGRATIONS = Path(__file__).parent / "migrations"
REVISION = "0005"
"""The last migration in `migrations/versions`: that of the tables in `models.py`."""
UNVERSIONED = {1_627_490_030: "0001", 1_122_516_667: "0002"}
"""The checksum of its tables that a ledger from before the migrations holds as `user_version` → its revision."""
VERSION_TABLE = "alembic_version"

BUSY_TIMEOUT = 10.0
"""Seconds that a writer waits for the writer before it."""


def init_app(app: Flask, database_url: str) -> None:
    """Open the database; create its tables if they are missing, and migrate those of an earlier version.

    Raises:
        ValueError: when `database_url` does not name an SQLite file, the file cannot be written, or it holds no ledger
            that this version knows.
    """
    file = _file_of(database_url)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        queue = transactions.init_app(app, file)
    except OSError as err:
        raise ValueError(f"cannot store the ledger in {file}: {err.strerror}") from None

    app.config["SQLALCHEMY_DATABASE_URI"] = URL.create("sqlite", database=str(file))
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"timeout": BUSY_TIMEOUT}}
    db.init_app(app)
    with app.app_context(), queue.turn():
        _listen(db.engine)
        try:
            _prepare_tables(db.engine, file)
        except (DatabaseError, sqlite3.DatabaseError) as err:
            raise ValueError(f"cannot use {file} as the ledger: {getattr(err, 'orig', err)}") from None


def _file_of(url: str) -> Path:
    with suppress(ArgumentError):
        parsed = make_url(url)
        if "://" in (parsed.database or ""):
            raise ValueError(f"--database names a file and SANDBOX_DATABASE_URL one URL, not {parsed.database!r}")
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:") and not parsed.query:
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
    texts.register(connection)


def _begin(connection: Connection) -> None:
    """Begin a transaction: shared for readers, closed to other writers from the start for `exclusive`."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sandbox_begin', 'DEFERRED')}")


def _prepare_tables(engine: Engine, file: Path) -> None:
    """Create the tables, or migrate those of an earlier version.

    Workers may start together: the first one does it, and the others wait and find the tables.

    Raises:
        ValueError: when the ledger is of a newer version, or of one that is not known.
    """
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()
    with engine.connect().execution_options(sandbox_begin="IMMEDIATE") as connection, connection.begin():
        tables = inspect(connection).get_table_names()
        revision = _revision(connection) if VERSION_TABLE in tables else None
        if revision == REVISION:
            return
        if not tables:
            db.metadata.create_all(connection)
            revision = REVISION
        _migrate(connection, revision or _recognised(connection, file), file)


def _revision(connection: Connection) -> str | None:
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()


def _recognised(connection: Connection, file: Path) -> str:
    """Return the revision of tables from before the migrations."""
    checksum = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if checksum not in UNVERSIONED:
        raise ValueError(f"{file} holds no ledger that this sandbox knows: name another file, or move this one away")
    return UNVERSIONED[checksum]


def _migrate(connection: Connection, revision: str, file: Path) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    if revision not in (known.revision for known in ScriptDirectory.from_config(config).walk_revisions()):
        raise ValueError(f"{file} is the ledger of a newer sandbox: upgrade the sandbox, or name another file")
    command.stamp(config, revision)
    command.upgrade(config, "head")
