"""A test's database on PostgreSQL ends with its run, also if the run was killed."""

import secrets
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.conftest import scratch_database
from tests.postgresql import PREFIX, SERVER

pytestmark = pytest.mark.services


def names() -> set[str]:
    with psycopg.connect(SERVER) as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database")}


def name_of(address: str) -> str:
    return urlsplit(address).path.removeprefix("/")


def test_the_next_run_drops_what_a_killed_one_left_and_nothing_else():
    with scratch_database() as in_use:
        left = f"{PREFIX}left_{secrets.token_hex(4)}"  # two runs may share the server
        with psycopg.connect(SERVER, autocommit=True) as killed:
            killed.execute(f'CREATE DATABASE "{left}"')

        with scratch_database() as new:
            assert {name_of(in_use), name_of(new)} <= names()
            assert left not in names()

    assert names().isdisjoint({name_of(in_use), name_of(new)})
