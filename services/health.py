"""Health check: whether the database and the payment service answer."""

from datetime import datetime, timedelta

from sqlalchemy import text

from models import db
from services.iamport import IamportClient, IamportError

FRESH = timedelta(seconds=5)
"""Shortest time between two requests to the payment service: anyone may request the health check at any rate."""


class Pulse:
    """The last known state of the payment service."""

    def __init__(self, client: IamportClient) -> None:
        self._client = client
        self._felt_at: datetime | None = None
        self._problem = "Unknown"

    def problem(self, *, now: datetime) -> str:
        """Return the name of the error that the client raised, or an empty string if the service answers."""
        if self._felt_at is None or now - self._felt_at > FRESH:
            self._felt_at = now  # while we wait, other requests receive the state known before
            self._problem = self._ask()
        return self._problem

    def _ask(self) -> str:
        try:
            self._client.ping()
        except IamportError as err:
            return type(err).__name__
        return ""


def touch_database() -> None:
    """Run a query that needs no table.

    Raises:
        SQLAlchemyError: when the database does not answer.
    """
    db.session.execute(text("SELECT 1"))
