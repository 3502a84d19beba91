"""Ledgers as earlier versions have left them."""

import sqlite3
from contextlib import closing
from pathlib import Path

FIRST, LAST_UNVERSIONED = 1_627_490_030, 1_122_516_667
"""The checksums of the tables in the first ledgers that are kept, and in the last ones without a revision."""
ADDED = (("deliveries", "customer_uid"), ("attempts", "began"), ("wire_entries", "began"))
"""What the last unversioned ledgers have and the first ones have not."""
SINCE = (("billing_keys", "expiry"), ("payments", "expiry"), ("payments", "user_agent"))
"""What the revisions have added."""


def make_unversioned(file: Path, checksum: int = FIRST) -> None:
    """Take back what the versions since have changed in the file of a ledger that is closed."""
    with closing(sqlite3.connect(file)) as ledger:
        for table, column in (*SINCE, *(ADDED if checksum == FIRST else ())):
            ledger.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        ledger.execute("DROP TABLE alembic_version")
        ledger.execute(f"PRAGMA user_version = {checksum}")
