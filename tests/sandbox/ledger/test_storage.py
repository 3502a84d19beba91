"""The file of the ledger."""

from sqlalchemy import text

from sandbox.ledger.models import db

VERSION = 1_122_516_667
"""The checksum of the tables' definitions. A sandbox that computes another one drops every table of an older file."""


def test_the_tables_are_those_of_the_last_release(app):
    with app.app_context():
        version = db.session.scalar(text("PRAGMA user_version"))

    assert version == VERSION, "a table or column has changed: write the migration first, then change VERSION here"
