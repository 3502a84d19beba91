"""The claim on a day's comparison: one process compares a day, and others leave it alone.

Two processes would not harm each other, since the step of the slower one is dropped. But each would report what the
other one had left at that moment. All times are machine time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import or_, select, update

from models import Comparison, db
from services.desk import Desk
from services.machine_time import moment

LEASE = timedelta(minutes=15)
"""How long a claim lasts without a step: longer than the longest step, which reads payments one after the other.

The claim of a process that has ended is free before that.
"""


@contextmanager
def claimed(desk: Desk, comparison: Comparison) -> Iterator[bool]:
    """Claim the comparison for the block. Yield False if another process holds it."""
    comparison_id, own = comparison.id, desk.process.name(now=desk.machine_now())
    is_mine = _take(desk, comparison_id, own)
    try:
        yield is_mine
    finally:
        if is_mine:
            db.session.rollback()
            db.session.execute(
                update(Comparison)
                .where(Comparison.id == comparison_id, Comparison.claimed_by == own)
                .values(claimed_until=None, claimed_by=None)
            )
            db.session.commit()


def extend(desk: Desk, comparison: Comparison) -> None:
    """Extend the lease after a step, and commit."""
    comparison.claimed_until = moment(desk.machine_now(), plus=LEASE)
    db.session.commit()


def _take(desk: Desk, comparison_id: int, own: str) -> bool:
    db.session.commit()
    holder = db.session.scalar(select(Comparison.claimed_by).where(Comparison.id == comparison_id))
    db.session.commit()
    has_ended = holder is not None and holder != own and desk.process.has_ended(holder)
    is_free = or_(
        Comparison.claimed_until.is_(None),
        Comparison.claimed_until < moment(desk.machine_now()),
        *([Comparison.claimed_by == holder] if has_ended else []),
    )
    taken = db.session.execute(
        update(Comparison)
        .where(Comparison.id == comparison_id, is_free)
        .values(claimed_until=moment(desk.machine_now(), plus=LEASE), claimed_by=own)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]
