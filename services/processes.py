"""Processes: each has a name, and holds a lock that the operating system or the database releases when it dies.

On PostgreSQL the lock is a session advisory lock, on a connection of its own. It needs a direct connection to the
server, or a pooler in session mode. Beside SQLite the lock is on a file next to the database.
"""

import fcntl
import os
import secrets
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from models import db

LOCK_CLASS = 0x6D61
"""First of the two numbers of our advisory locks, so that they meet none of another program in the same database."""
CHECK_EVERY = timedelta(seconds=5)
"""How often a process checks that it still holds its lock: a restarted database has released it."""


class Process:
    """This process. Threads may share it; a forked child gets a name and a lock of its own."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._name = ""
        self._pid = 0
        self._lock: _Lock | None = None
        self._checked_at: datetime | None = None
        self._inherited: list[_Lock | None] = []

    def name(self, *, now: datetime) -> str:
        """Return the name by which claims know this process. The first call takes the lock.

        A process that has lost its lock gets another name: others may have seen the lock free. `now` is machine time.
        """
        with self._mutex:
            if self._pid != os.getpid():
                self._inherited.append(self._lock)  # closing it here would end the parent's session
                self._lock, self._pid, self._checked_at = None, os.getpid(), None
            is_fresh = self._checked_at is not None and timedelta() <= now - self._checked_at < CHECK_EVERY
            if self._lock is None or not (is_fresh or self._lock.is_held()):
                number = secrets.randbelow(2**31)
                self._lock = _new_lock(db.engine, number)
                self._name = f"{socket.gethostname()[:40]}:{self._pid}:{number:08x}"
                is_fresh = False
            if not is_fresh:
                self._checked_at = now
            return self._name

    def has_ended(self, name: str) -> bool:
        """Whether the lock of the process with this name is free."""
        number = int(name.rpartition(":")[2], 16)
        if db.engine.dialect.name != "postgresql":
            return _is_file_free(_lock_file(db.engine, number))
        with db.engine.begin() as connection:
            query = text("SELECT pg_try_advisory_xact_lock(:class, :number)")
            return bool(connection.scalar(query, {"class": LOCK_CLASS, "number": number}))

    def leave(self) -> None:
        """Release the lock, as the end of the process does."""
        with self._mutex:
            if self._lock is not None:
                self._lock.close()
            self._lock = None


class _Lock(Protocol):
    """A lock that its process holds until it closes it or dies."""

    def is_held(self) -> bool: ...

    def close(self) -> None: ...


def _new_lock(engine: Engine, number: int) -> _Lock:
    if engine.dialect.name == "postgresql":
        return _SessionLock(engine, number)
    path = _lock_file(engine, number)
    if path is not None:
        for other in path.parent.glob(f"{path.name[:-8]}*"):
            _is_file_free(other)  # deletes what a killed process left
    return _FileLock(path)


def _lock_file(engine: Engine, number: int) -> Path | None:
    """Return the path of a process's lock beside SQLite, or None for a database in memory, which has one process."""
    database = engine.url.database
    return Path(f"{database}-process-{number:08x}") if database and database != ":memory:" else None


class _SessionLock:
    """A session advisory lock of PostgreSQL."""

    def __init__(self, engine: Engine, number: int) -> None:
        self._connection: Connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()  # the pool neither counts nor recycles it
        self._connection.execute(
            text("SELECT pg_advisory_lock(:class, :number)"), {"class": LOCK_CLASS, "number": number}
        )

    def is_held(self) -> bool:
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        self._connection.close()


class _FileLock:
    """A lock on a file. The operating system releases it when the process ends, however it ends."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = None if path is None else _locked(path)

    def is_held(self) -> bool:
        return self._path is None or self._path.exists()

    def close(self) -> None:
        if self._file is not None and self._path is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
        self._file = None


def _locked(path: Path) -> int:
    """Create and lock the file. Repeat it if another process deleted the file as unlocked in between."""
    while True:
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            return file
        os.close(file)


def _is_file_free(path: Path | None) -> bool:
    """Whether no process holds the lock on this file. Delete the file then: no process uses its name again."""
    if path is None:
        return False
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)  # while locked, so that a process that just starts sees it gone
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
