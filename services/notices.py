"""Notices: reported payments that wait until the worker reads them at the payment service.

store     keep a report; a payment that is already waiting gets no second row
due       find what the worker may read now
take      claim a notice, and use one of its order's turns
free      end the claims of processes that have ended
finish    the service has answered: delete the notice, unless it was reported again in the meantime
postpone  the service has not answered: read it again later

Anyone can report anything, so limits count per order, and never per address: the service sends from a few addresses.
All times here are machine time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import Notice, Order, db
from services.owners import EVERYONE, Owners
from services.processes import Process

LONGEST_IMP_UID = 32
"""Characters. A longer text is no id of the service, so the order is read without it."""
MOST_WAITING = 5
"""How many payments of one order wait by name. A further report waits as one for the whole order."""
TURN_EVERY = timedelta(seconds=30)
"""The cool-down: how often the worker reads one order's notices in the long run."""
TURNS_AT_ONCE = 3
"""How many turns an order may use without a pause. Most orders get two notices in their life, often close together."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=10)
"""The shortest and longest pause after a read that got no answer. The pause doubles in between."""

_INSERT: dict[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A claimed notice. `until` and `reports` are those of the claim, so that only its holder ends it."""

    notice_id: int
    order_id: int
    imp_uid: str | None
    by_webhook: bool
    attempt: int
    """1 for the first read since the service last answered about this notice."""
    reports: int
    until: datetime


def store(order_id: int, imp_uid: str | None, *, by_webhook: bool) -> None:
    """Keep a report of one of the order's payments until the worker reads it. Does not commit.

    A report of what already waits unread needs no write: the worker reads the service after this moment. One that
    arrives during the read, or after a read without an answer, makes the worker read once more.
    """
    waiting = {
        notice.imp_uid: notice
        for notice in db.session.execute(
            select(Notice.imp_uid, Notice.attempts, Notice.by_webhook).where(Notice.order_id == order_id)
        )
    }
    imp_uid = imp_uid if imp_uid and len(imp_uid) <= LONGEST_IMP_UID else ""
    if imp_uid not in waiting and len(waiting) >= MOST_WAITING:
        imp_uid = ""
    known = waiting.get(imp_uid)
    if known is None or known.attempts or by_webhook > known.by_webhook:
        _write(order_id, imp_uid, by_webhook=by_webhook)


def due(*, now: datetime, owners: Owners = EVERYONE, limit: int = 200) -> Sequence[int]:
    """Return the ids of these owners' notices to read now, the longest waiting first, and at most one per order."""
    rows = db.session.execute(
        select(Notice.id, Notice.order_id)
        .join(Order, Order.id == Notice.order_id)
        .where(_may_be_read(now), _has_turn(now), owners.own(Order.user_id))
        .order_by(Notice.not_before.nulls_first(), Notice.id)
        .limit(limit)
    ).all()
    db.session.commit()
    first: dict[int, int] = {}
    for notice_id, order_id in rows:
        first.setdefault(order_id, notice_id)
    return list(first.values())


def take(notice_id: int, *, now: datetime, until: datetime, owner: str) -> Turn | None:
    """Claim the notice for the process `owner` until `until`, use one turn of its order, and commit.

    Return None if another worker holds the notice or has read it, or if the order has no turn left.
    """
    db.session.rollback()
    claimed = db.session.execute(
        update(Notice)
        .where(Notice.id == notice_id, _may_be_read(now))
        .values(claimed_until=until, claimed_by=owner, attempts=Notice.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if claimed.rowcount != 1 or not _use_turn(notice_id, now=now):  # type: ignore[attr-defined]
        db.session.rollback()
        return None
    notice = db.session.get_one(Notice, notice_id, populate_existing=True)
    turn = Turn(
        notice_id=notice.id,
        order_id=notice.order_id,
        imp_uid=notice.imp_uid or None,
        by_webhook=notice.by_webhook,
        attempt=notice.attempts,
        reports=notice.reports,
        until=until,
    )
    db.session.commit()
    return turn


def free(process: Process, *, now: datetime) -> None:
    """End the claims of processes that have ended, before their leases do, and commit.

    Only a process whose lock is free has ended. One that is slow keeps its claims until their leases end.
    """
    own = process.name(now=now)
    owners = db.session.scalars(select(Notice.claimed_by).where(Notice.claimed_by != own).distinct()).all()
    db.session.commit()
    for owner in owners:
        if owner is not None and process.has_ended(owner):
            _end_claim(Notice.claimed_by == owner)
            db.session.commit()


def finish(turn: Turn, *, now: datetime) -> None:
    """Delete the notice, and commit. One that was reported during the read waits behind the order's others."""
    gone = db.session.execute(
        delete(Notice)
        .where(_is_held(turn), Notice.reports == turn.reports)
        .execution_options(synchronize_session=False)
    )
    if gone.rowcount == 0:  # type: ignore[attr-defined]
        _end_claim(_is_held(turn), attempts=0, not_before=now)
    db.session.commit()


def postpone(turn: Turn, *, now: datetime) -> None:
    """Let the notice wait for longer after each read without an answer, and commit."""
    doublings = min(turn.attempt - 1, 10)
    _end_claim(_is_held(turn), not_before=now + min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE))
    db.session.commit()


def _write(order_id: int, imp_uid: str, *, by_webhook: bool) -> None:
    """Insert the row. If it exists, count the report and let it be read as soon as its claim and its order allow."""
    insert = _INSERT[db.engine.dialect.name]
    new = insert(Notice).values(order_id=order_id, imp_uid=imp_uid, by_webhook=by_webhook, reports=1, attempts=0)
    db.session.execute(
        new.on_conflict_do_update(
            index_elements=["order_id", "imp_uid"],
            set_={
                "reports": Notice.reports + 1,
                "by_webhook": or_(Notice.by_webhook, new.excluded.by_webhook),
                "not_before": case((Notice.attempts > 0, null()), else_=Notice.not_before),
            },
        )
    )


def _use_turn(notice_id: int, *, now: datetime) -> bool:
    """Use one turn of the notice's order, unless it has none. Does not commit.

    The column advances by `TURN_EVERY` per turn. It never lags more than the turns that may be used at once.
    """
    order_id, before = db.session.execute(
        select(Order.id, Order.notices_not_before)
        .join(Notice, Notice.order_id == Order.id)
        .where(Notice.id == notice_id)
    ).one()
    earliest = now - TURN_EVERY * (TURNS_AT_ONCE - 1)
    used = db.session.execute(
        update(Order)
        .where(Order.id == order_id, _has_turn(now), Order.notices_not_before.is_not_distinct_from(before))
        .values(notices_not_before=max(before or earliest, earliest) + TURN_EVERY)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount == 1)  # type: ignore[attr-defined]


def _end_claim(of_which: ColumnElement[bool], **values: object) -> None:
    db.session.execute(
        update(Notice)
        .where(of_which)
        .values(claimed_until=None, claimed_by=None, **values)
        .execution_options(synchronize_session=False)
    )


def _may_be_read(now: datetime) -> ColumnElement[bool]:
    return or_(Notice.not_before.is_(None), Notice.not_before <= now) & or_(
        Notice.claimed_until.is_(None), Notice.claimed_until < now
    )


def _has_turn(now: datetime) -> ColumnElement[bool]:
    return or_(Order.notices_not_before.is_(None), Order.notices_not_before <= now)


def _is_held(turn: Turn) -> ColumnElement[bool]:
    return (Notice.id == turn.notice_id) & (Notice.claimed_until == turn.until)
