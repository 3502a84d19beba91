"""Report in one sentence that the ledger cannot be used, such as on a full disk, and repeat it once a minute."""

import errno
import logging
import sqlite3
import time

from sqlalchemy.exc import DatabaseError, OperationalError

QUIET = 60.0
"""Seconds before the same sentence is logged again."""

ERRORS = (DatabaseError, sqlite3.DatabaseError, OSError)
"""What a full disk, a damaged file and a file that another program locks raise."""

log = logging.getLogger(__name__)
_logged: dict[str, float] = {}


def is_of_file(error: Exception) -> bool:
    """Whether the file is the reason, rather than a statement of ours, such as one that breaks a constraint."""
    if isinstance(error, OSError):  # also the base of errors of the network
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
    return type(error) in (DatabaseError, OperationalError, sqlite3.DatabaseError, sqlite3.OperationalError)


def report(error: Exception) -> None:
    """Log that the ledger cannot be used, unless the same was logged a moment ago."""
    reason = str(getattr(error, "orig", error))
    now = time.monotonic()
    if now - _logged.get(reason, -QUIET) >= QUIET:
        _logged[reason] = now
        log.error("The ledger cannot be used: %s. Requests are answered with 503 until it can.", reason)
