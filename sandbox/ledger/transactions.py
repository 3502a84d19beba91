"""Let threads and workers decide and write one at a time, in the order of their arrival."""

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
except ImportError:  # Windows has no fcntl; there SQLite makes workers take turns by retrying
    fcntl = None  # type: ignore[assignment]


class WriteQueue:
    """A queue in which each writer to the database waits for the one before it.

    SQLite lets a waiting writer sleep and retry, which under load takes longer than the write. A lock in the process
    and one on a file beside the database wake the next writer immediately. They only save time: SQLite's own lock
    makes a transaction safe.
    """

    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        self._file = path.open("w")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the writers before this one, and hold the queue for the length of the `with` block."""
        with self._threads:
            self._lock(to="LOCK_EX")
            try:
                yield
            finally:
                self._lock(to="LOCK_UN")

    def _lock(self, *, to: str) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, getattr(fcntl, to))


def init_app(app: Flask, database: Path) -> WriteQueue:
    """Set up and return the queue of writers to `database`. Its lock file, named `…-line`, lies beside the database.

    Raises:
        OSError: when the lock file cannot be written.
    """
    queue = app.extensions["sandbox_write_queue"] = WriteQueue(database.with_name(f"{database.name}-line"))
    return queue


@contextmanager
def exclusive(*records: object, known: object = None) -> Iterator[None]:
    """Run the `with` block as the only writing transaction, with `records` read again, and commit at the end.

    Other loaded records are read again when needed. Only `known` keeps the values that the request has read: a charge
    need not query its merchant twice for fields that it does not change.

    SQLite cannot let a transaction write after it has read if another transaction wrote in between. Taking the lock
    first makes "read, decide, write" safe between threads and workers.

    Raises:
        ObjectDeletedError: when a reset has deleted one of `records` in the meantime. The endpoints answer 404.
    """
    queue: WriteQueue = current_app.extensions["sandbox_write_queue"]
    _commit_and_keep()
    for record in db.session:
        if record is not known:
            db.session.expire(record)
    with queue.turn():
        db.session.connection(execution_options={"sandbox_begin": "IMMEDIATE"})
        try:
            for record in records:
                _refresh(record)
            yield
            _commit_and_keep()
        except BaseException:
            db.session.rollback()
            raise


def _refresh(record: object) -> None:
    try:
        db.session.refresh(record)
    except InvalidRequestError:  # raise the same error as reading a field of the record would
        raise ObjectDeletedError(inspect(record)) from None


def _commit_and_keep() -> None:
    """Commit, and keep the written values loaded, so that the answer needs no further query."""
    session = db.session()
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


def exists(sql: str, **parameters: object) -> bool:
    """Whether `sql` finds a row in the running transaction. `parameters` are the values of its named parameters.

    A charge calls this four times. Querying through the driver takes a twelfth of the time of a `select`.
    """
    db.session.flush()
    driver = db.session.connection().connection.driver_connection
    return driver is not None and driver.execute(sql, parameters).fetchone() is not None
