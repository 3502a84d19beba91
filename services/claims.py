"""Claims: the lease under which one process alone may charge a subscription.

    take          claim a subscription; only one caller gets it
    confirm       check, under the subscription's lock, that the claim is still ours; extend its lease
    is_current    the same check where the lock is already held
    release       end the claim
    free_ended    end the claims of processes that have ended

A claim lapses, so that a process that died does not block the others. Each claim has a token of its own. A worker that
was stopped for longer than its lease finds another token in the row, and writes nothing over the newer attempt.
All times are machine time.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, update

from models import Subscription, db
from services.desk import Desk
from services.machine_time import moment


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One lease on one subscription. Its `token` is in the row as long as no other process has claimed it since."""

    subscription_id: int
    token: str


def unclaimed(desk: Desk) -> ColumnElement[bool]:
    """Return the condition that selects the subscriptions without a claim, or with one that has lapsed."""
    return or_(Subscription.claimed_until.is_(None), Subscription.claimed_until < moment(desk.machine_now()))


def take(desk: Desk, subscription_id: int) -> Claim | None:
    """Claim the subscription, and commit. Return None if another process holds a claim that has not lapsed."""
    db.session.rollback()
    owner = desk.process.name(now=desk.machine_now())
    claim = Claim(subscription_id=subscription_id, token=secrets.token_hex(8))
    taken = db.session.execute(
        update(Subscription)
        .where(Subscription.id == subscription_id, unclaimed(desk))
        .values(
            claimed_until=moment(desk.machine_now(), plus=desk.claim_lifetime),
            claim_token=claim.token,
            claimed_by=owner,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return claim if _changed_a_row(taken) else None


def confirm(desk: Desk, claim: Claim) -> bool:
    """Begin a transaction that locks the claimed subscription, and extend the lease.

    Return False if another process has claimed it since: then write nothing. As after `locks.lock`, objects loaded
    before are read again. The caller commits.
    """
    db.session.commit()
    held = db.session.execute(
        update(Subscription)
        .where(Subscription.id == claim.subscription_id, Subscription.claim_token == claim.token)
        .values(
            claimed_until=moment(desk.machine_now(), plus=desk.claim_lifetime),
            touched=Subscription.touched + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return _changed_a_row(held)


def is_current(claim: Claim) -> bool:
    """Whether no other process has claimed the subscription since. Call under the subscription's lock."""
    token = db.session.scalar(select(Subscription.claim_token).where(Subscription.id == claim.subscription_id))
    return token == claim.token


def release(claim: Claim) -> None:
    """End the claim, and commit. A claim that another process took after this one lapsed stays."""
    db.session.rollback()
    _end(Subscription.id == claim.subscription_id, Subscription.claim_token == claim.token)


def free_ended(desk: Desk) -> int:
    """End the claims of processes that have ended, before their leases do, and commit. Return how many claims ended.

    Only a process whose lock is free has ended. One that is slow, or that this machine cannot reach, keeps its claims.
    """
    own = desk.process.name(now=desk.machine_now())
    owners = db.session.scalars(
        select(Subscription.claimed_by)
        .where(Subscription.claimed_by != own, Subscription.claimed_until >= moment(desk.machine_now()))
        .distinct()
    ).all()
    db.session.commit()
    ended = [owner for owner in owners if owner is not None and desk.process.has_ended(owner)]
    return sum(_end(Subscription.claimed_by == owner) for owner in ended)


def _end(*of_whom: ColumnElement[bool]) -> int:
    ended = db.session.execute(
        update(Subscription)
        .where(*of_whom)
        .values(claimed_until=None, claim_token=None, claimed_by=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _changed_a_row(result: object) -> bool:
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]
