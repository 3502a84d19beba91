"""Databases on PostgreSQL, each for one test or one run."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

SERVER = "host=127.0.0.1 port=5432 user=postgres dbname=postgres connect_timeout=2"


@contextmanager
def new_database() -> Iterator[str]:
    """Yield the address of a new database on the local server, and drop it afterwards.

    Raises:
        psycopg.OperationalError: when no server answers.
    """
    name = f"maedal_test_{secrets.token_hex(4)}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        # Faster, and a test can afford to lose data in a crash.
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:5432/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
