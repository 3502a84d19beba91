"""Which days in Seoul the worker compares with the payment service's lists, and when."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clock import day_in_seoul
from models import Comparison, Order, db
from services import comparison
from services.comparison_claims import claimed, extend
from services.desk import Desk
from services.iamport import IamportError
from states import ComparisonStep

log = logging.getLogger(__name__)

LATEST_NEWS = timedelta(hours=1)
"""How long after midnight we wait before we compare the day: a PG may report its last payments late."""
LOOK_BACK = 7
"""How many days the worker goes back to compare what it missed."""
FIRST_DAY = date(2000, 1, 1)
"""Earlier days are not valid: the service has no records of them."""


def has_ended(day: date, *, now: datetime) -> bool:
    """Whether the day is over in Seoul, so that it can be compared."""
    return FIRST_DAY <= day < day_in_seoul(now)


def missing(*, now: datetime) -> date | None:
    """Return the latest ended day that is not compared yet, at most a week back; None if there is none."""
    latest = day_in_seoul(now - LATEST_NEWS) - timedelta(days=1)
    days = [latest - timedelta(days=n) for n in range(LOOK_BACK)]
    first_order = db.session.scalar(select(Order.created_at).order_by(Order.id).limit(1))
    finished = select(Comparison.day).where(Comparison.day.in_(days), Comparison.finished_at.is_not(None))
    done = db.session.scalars(finished).all()
    db.session.commit()
    if first_order is None:
        return None
    return next((day for day in days if day >= day_in_seoul(first_order) and day not in done), None)


def catch_up(desk: Desk, *, moment: Callable[[], datetime], goes_on: Callable[[], bool]) -> None:
    """Compare the days that are missing, until `goes_on` returns False or the service does not answer.

    `moment` returns the current time. The next call continues there. While no call would be sent, nothing begins.
    """
    if not desk.client.can_send:
        return
    try:
        while goes_on() and (day := missing(now=moment())):
            compared = comparison.begin(day)
            with claimed(desk, compared) as is_mine:
                if not is_mine:
                    return  # another process compares the day
                while goes_on() and compared.step is not ComparisonStep.DONE:
                    comparison.step(desk, compared, now=moment())
                    extend(desk, compared)
    except IamportError as err:
        log.warning("a comparison waits for the payment service: %r", err)
