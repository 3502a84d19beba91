"""The file of the ledger: created, kept, migrated, or refused with a sentence."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.ledger.models import db
from sandbox.ledger.storage import MIGRATIONS, REVISION
from tests.sandbox.conftest import Api
from tests.sandbox.ledger.old_ledgers import FIRST, LAST_UNVERSIONED, make_unversioned


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "sandbox.db"


def start(file: Path) -> Api:
    """Start the sandbox on this file."""
    return Api(create_app(Config(DATABASE_URL=f"sqlite:///{file}"), background=False).test_client())


def query(file: Path, statement: str) -> list[tuple[object, ...]]:
    """Execute a statement past the sandbox, and return its rows."""
    with closing(sqlite3.connect(file)) as ledger, ledger:
        return ledger.execute(statement).fetchall()


def scripts() -> ScriptDirectory:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def test_a_new_ledger_is_of_the_last_revision(file):
    start(file)

    assert query(file, "SELECT version_num FROM alembic_version") == [(REVISION,)]
    assert scripts().get_current_head() == REVISION


def test_the_migrations_make_what_the_models_say(file):
    with closing(sqlite3.connect(file)) as ledger:
        ledger.executescript(scripts().get_revision("0001").module.TABLES)
        ledger.execute(f"PRAGMA user_version = {FIRST}")

    start(file)

    with create_engine(f"sqlite:///{file}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []


@pytest.mark.parametrize("checksum", [FIRST, LAST_UNVERSIONED])
def test_a_ledger_from_before_the_revisions_is_recognised_and_keeps_what_happened(file, checksum):
    api = start(file)
    api.issue()
    api.charge("order-1")
    make_unversioned(file, checksum)

    restarted = start(file)

    assert restarted.get("/payments/find/order-1/paid").response["amount"] == 9900
    assert restarted.charge("order-2").code == 0
    assert query(file, "SELECT version_num FROM alembic_version") == [(REVISION,)]
    assert query(file, "SELECT count(*) FROM attempts WHERE began = 0") == [(0,)]


def test_a_merchant_that_had_all_pgs_by_an_empty_list_keeps_them(file):
    every = start(file).get("/users/pg").response
    make_unversioned(file)
    query(file, "UPDATE merchants SET pg_channels = '[]'")

    assert start(file).get("/users/pg").response == every


def test_a_key_from_before_the_expiry_was_kept_never_expires(file):
    start(file).issue(expiry="2099-12")
    make_unversioned(file)
    api = start(file)

    api.client.post("/control/clock", json={"advance": 100 * 365 * 86_400})

    assert query(file, "SELECT expiry FROM billing_keys") == [(None,)]
    assert api.charge("order-1").response["status"] == "paid"


def test_a_backup_of_an_open_ledger_starts_with_what_happened_before_it(file, tmp_path):
    api, restored = start(file), tmp_path / "restored.db"
    api.issue()
    api.charge("order-1")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(restored)) as target:
        source.execute("BEGIN IMMEDIATE")
        source.execute("UPDATE payments SET amount = 1")  # a writer whose transaction is open
        with closing(sqlite3.connect(file)) as reader:
            reader.backup(target)
        source.rollback()
    api.charge("order-2")

    again = start(restored)

    assert again.get("/payments/find/order-1/paid").response["amount"] == 9900
    assert again.get("/payments/find/order-2").http == 404
    assert again.charge("order-2").code == 0


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(file):
    start(file).issue()
    query(file, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ValueError, match=r"sandbox\.db is the ledger of a newer sandbox: upgrade the sandbox, or"):
        start(file)

    assert query(file, "SELECT count(*) FROM billing_keys") == [(1,)]


def test_a_database_of_another_program_is_refused_and_left_as_it_is(file):
    query(file, "CREATE TABLE relics (id INTEGER)")

    with pytest.raises(ValueError, match="holds no ledger that this sandbox knows: name another file"):
        start(file)

    assert query(file, "SELECT name FROM sqlite_master") == [("relics",)]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(file):
    file.write_text("not a database " * 100)

    with pytest.raises(ValueError, match=r"cannot use .* as the ledger: file is not a database"):
        start(file)

    assert file.read_text() == "not a database " * 100
