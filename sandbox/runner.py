"""Run the sandbox's background work: in every worker, one thread for each kind of work does what is due.

The database, not memory, holds what is due. A worker reads, decides and writes under one lock, or claims the work
first, so two workers never do the same work. The next turn finds what a killed worker left.
"""

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask

from .ledger import trouble
from .ledger.models import db
from .merchants import clock

INTERVAL = 0.4
"""Seconds between two turns: due work is done within a second, even when the turn before was slow."""
PAUSE = 5.0
"""Seconds after a turn that failed."""

Work = Callable[[int], None]
"""Does what is due on every merchant's clock. It receives the computer's time in Unix seconds."""

log = logging.getLogger(__name__)


def start(app: Flask, *works: Work) -> None:
    """Start a thread for each kind of work, so that they do not wait for each other. Threads end with the process."""
    for work in works:
        threading.Thread(target=_run, args=(app, work), name=work.__module__, daemon=True).start()


def turn(app: Flask, work: Work) -> bool:
    """Do what is due now, once, and return whether that succeeded. Log an error; the next turn tries again."""
    with app.app_context():
        try:
            work(clock.now())
            return True
        except trouble.ERRORS as err:
            # The disk is full, or another process locks the file or has just removed it.
            db.session.rollback()
            if trouble.is_of_file(err):
                trouble.report(err)
            else:
                log.exception("%s: background work failed", work.__module__)
        except Exception:
            db.session.rollback()
            log.exception("%s: background work failed", work.__module__)
    return False


def _run(app: Flask, work: Work) -> None:
    while True:
        time.sleep(INTERVAL if turn(app, work) else PAUSE)
