"""Whether the database has the tables of this version of the shop. What starts on others would fail later, in SQL."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from config import ConfigError
from models import db

FOLDER = Path(__file__).parent / "migrations"

P = ParamSpec("P")
R = TypeVar("R")


class OtherTables(click.ClickException, ConfigError):
    """The database has the tables of another version. `flask` writes the message and ends with 2."""

    exit_code = 2


def check() -> None:
    """Check that the newest migration has run. A database without migrations has no tables yet.

    Raises:
        OtherTables: when the database is at another revision.
    """
    try:
        with db.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        return  # the database is not up yet
    if current is None:
        return
    known = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
    if current != known[0]:
        older = "Stop web server and worker, back up, then run: flask db upgrade"
        newer = "Start the version that it belongs to, or name another database."
        raise OtherTables(
            f"The shop cannot start: its database is at revision {current}, and this version needs {known[0]}. "
            + (older if current in known else newer)
        )


def is_made_for_a_command() -> bool:
    """Whether `flask` makes the application for a command other than `run`. Each of our commands calls `check` itself.

    `flask db` must start on every revision, and Flask makes the application before it knows which command runs.
    """
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name != "run"


def needs_own_tables(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command run only on the tables of this version."""

    @wraps(command)
    def checked(*args: P.args, **options: P.kwargs) -> R:
        check()
        return command(*args, **options)

    return checked
