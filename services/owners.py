"""Owners: whose orders, subscriptions, refunds and keys a caller means, and whose time applies to them.

In production everyone has the same time. A demonstration may move the business time of one person: it looks for what is
due in that person's time, and excludes the person from the worker's ordinary rounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute

from models import Notice, Order, db


@dataclass(frozen=True, kw_only=True)
class Owners:
    """A set of users, by id: `only` these, or all `without` these. By default all users."""

    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()

    def own(self, user_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Return the condition that selects the rows whose `user_id` is in the set."""
        if self.only is not None:
            return user_id.in_(self.only - self.without)
        return user_id.not_in(self.without) if self.without else true()


EVERYONE = Owners()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Owners who share a business time: the worker looks for what is due of them in this time."""

    owners: Owners
    now: Callable[[], datetime]


def of_order(merchant_uid: str) -> int | None:
    """Return the id of the user who owns the order, or None if no order has this `merchant_uid`."""
    return db.session.scalar(select(Order.user_id).where(Order.merchant_uid == merchant_uid))


def of_notice(notice_id: int) -> int | None:
    """Return the id of the user who owns the order of a notice, or None if the notice is gone."""
    return db.session.scalar(select(Order.user_id).join(Notice).where(Notice.id == notice_id))
