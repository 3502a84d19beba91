"""Health check: whether the database and the payment service answer."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models import db
from services.iamport import Busy, IamportClient, IamportError

FRESH = timedelta(seconds=5)
"""Shortest time between two requests to the payment service. Anyone may request the health check, however often."""


class ServiceCheck:
    """The last known state of the payment service."""

    def __init__(self, client: IamportClient) -> None:
        self._client = client
        self._checked_at: datetime | None = None
        self._problem = "Unknown"

    def problem(self, *, now: datetime) -> str:
        """Return the name of the error that the client raised, or an empty string if the service answers.

        `now` is machine time.
        """
        if self._checked_at is None or now - self._checked_at > FRESH:
            self._checked_at = now  # while we wait, other requests receive the state known before
            self._problem = self._ping()
        return self._problem

    @property
    def breaker(self) -> str:
        """The state of this process's circuit breaker: `closed`, `open` or `probing`."""
        return self._client.breaker_state

    def _ping(self) -> str:
        try:
            self._client.ping()
        except Busy:
            return self._problem  # the shop is busy, which says nothing new about the service
        except IamportError as err:
            return type(err).__name__
        return ""


def database_problem() -> str:
    """Run a query that needs no table. Return the name of its error, or an empty string if the database answers."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as err:
        db.session.rollback()
        return type(err).__name__
    return ""
