"""A sign of life: whether the database and the payment service answer."""

from datetime import datetime, timedelta

from sqlalchemy import text

from models import db
from services.iamport import IamportClient, IamportError

FRESH = timedelta(seconds=5)
"""Anybody may ask for the sign of life, however often: the payment service is not asked more often than this."""


class Pulse:
    """The payment service's, as last felt."""

    def __init__(self, client: IamportClient) -> None:
        self._client = client
        self._felt_at: datetime | None = None
        self._problem = "Unknown"

    def problem(self, *, now: datetime) -> str:
        """What the client raised; empty where all is well."""
        if self._felt_at is None or now - self._felt_at > FRESH:
            self._felt_at = now  # whoever asks while we wait is told what was known before
            self._problem = self._ask()
        return self._problem

    def _ask(self) -> str:
        try:
            self._client.ping()
        except IamportError as err:
            return type(err).__name__
        return ""


def touch_database() -> None:
    """Raises what the database raises."""
    db.session.execute(text("SELECT 1"))
