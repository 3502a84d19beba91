"""Databases on PostgreSQL, each for one test or one run."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

SERVER = "host=127.0.0.1 port=5432 user=postgres dbname=postgres connect_timeout=2"
PREFIX = "maedal_run_"


@contextmanager
def new_database() -> Iterator[str]:
    """Yield the address of a new database on the local server, and drop it afterwards.

    A connection holds the database's lock for as long as it is used. A run that was killed has lost this lock, so the
    next run drops what it left.

    Raises:
        psycopg.OperationalError: when no server answers.
    """
    name = f"{PREFIX}{secrets.token_hex(4)}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        _drop_left(server)
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        server.execute(f'CREATE DATABASE "{name}"')
        # Faster, and a test can afford to lose data in a crash.
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:5432/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _drop_left(server: psycopg.Connection) -> None:
    """Drop the databases whose runs have ended without dropping them."""
    of_runs = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall()
    for (name,) in of_runs:
        (is_left,) = server.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone() or (False,)
        if is_left:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
