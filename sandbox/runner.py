"""The sandbox's own work: whatever falls due is done here, by one thread for each kind of it in every worker.

Nothing is remembered in memory. What is due stands in the database, whoever does it looks, decides and writes under
one lock or claims it first, so workers never do a thing twice, and what a killed one left is found at the next turn.
"""

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import OperationalError

from .ledger.models import db
from .merchants import clock

EVERY = 0.4
"""Seconds between two turns: what falls due is done within a second, even when the turn before was slow."""

Work = Callable[[int], None]
"""Does what is due on every merchant's clock; is given the computer's time in Unix seconds."""

log = logging.getLogger(__name__)


def start(app: Flask, *works: Work) -> None:
    """Begin a thread for each kind of work, so that none waits for another. They end with the process."""
    for work in works:
        threading.Thread(target=_run, args=(app, work), name=work.__module__, daemon=True).start()


def turn(app: Flask, work: Work) -> None:
    """Do what is due now, once. What goes wrong is logged; the next turn tries again."""
    with app.app_context():
        try:
            work(clock.now())
        except OperationalError as err:
            # Another process holds the file, or has just removed it.
            db.session.rollback()
            log.warning("%s: %s", work.__module__, err.orig)
        except Exception:
            db.session.rollback()
            log.exception("%s: a turn of the background failed", work.__module__)


def _run(app: Flask, work: Work) -> None:
    while True:
        turn(app, work)
        time.sleep(EVERY)
