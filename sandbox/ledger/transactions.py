"""Deciding and writing beside other threads and workers: one at a time, in the order they came."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import ObjectDeletedError

from .models import db

try:
    import fcntl
except ImportError:  # not on Windows, where workers take turns as SQLite itself arranges it: by trying again
    fcntl = None  # type: ignore[assignment]


class Line:
    """Where whoever wants to write to a file waits for the one before them.

    SQLite lets a waiting writer sleep and try again, which under load wastes more time than the writing takes. A lock
    of the process and one on a file beside the database wake the next at once. They decide nothing: what makes a
    transaction safe is SQLite's own lock.
    """

    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        self._file = path.open("w")

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._threads:
            self._lock(to="LOCK_EX")
            try:
                yield
            finally:
                self._lock(to="LOCK_UN")

    def _lock(self, *, to: str) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, getattr(fcntl, to))


def init_app(app: Flask, database: Path) -> Line:
    line = app.extensions["sandbox_line"] = Line(database.with_name(f"{database.name}-line"))
    return line


@contextmanager
def exclusive(*records: object, known: object = None) -> Iterator[None]:
    """A transaction beside which nobody writes, with `records` read afresh; committed at the end.

    What else was read before is read again when it is needed, except `known`, which stays as the request has found
    it: what a charge does not change of its merchant need not be asked for twice.

    Raises:
        ObjectDeletedError: a reset has forgotten one of `records` meanwhile. What answers requests says 404.

    SQLite cannot turn a transaction that has read into one that writes if somebody else wrote in between;
    beginning with the lock in hand makes "look, decide, write" safe between threads and workers.
    """
    line: Line = current_app.extensions["sandbox_line"]
    _commit_and_keep()
    for record in db.session:
        if record is not known:
            db.session.expire(record)
    with line.turn():
        db.session.connection(execution_options={"sandbox_begin": "IMMEDIATE"})
        try:
            for record in records:
                _read_afresh(record)
            yield
            _commit_and_keep()
        except BaseException:
            db.session.rollback()
            raise


def _read_afresh(record: object) -> None:
    try:
        db.session.refresh(record)
    except InvalidRequestError:  # as reading any field of it would say
        raise ObjectDeletedError(inspect(record)) from None


def _commit_and_keep() -> None:
    """What was just written can be read on, for the answer, without asking the database for it again."""
    session = db.session()
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


def exists(question: str, **named: object) -> bool:
    """Whether this SQL finds a row, as the running transaction sees it.

    A charge asks four times. Put to the driver itself, an answer takes a twelfth of what a `select` would.
    """
    db.session.flush()
    driver = db.session.connection().connection.driver_connection
    return driver is not None and driver.execute(question, named).fetchone() is not None
