"""The planted bugs. Each function is one bug: used as a context manager, it breaks the engine during the block."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import true, update

import models
from errors import ChargeInProgress
from models import Subscription
from services import charges, checks, claims, dunning, invoices, payments, refunds, renewals, reversals, verification
from states import OrderStatus

MUTANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {}
"""Every planted bug by its name."""


@contextmanager
def _replaced(**changes: tuple[Any, Any]) -> Iterator[None]:
    """Replace attributes during the block: `name=(owner, value)`."""
    before = {name: getattr(owner, name) for name, (owner, _) in changes.items()}
    for name, (owner, value) in changes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, (owner, _) in changes.items():
            setattr(owner, name, before[name])


def _mutant(bug: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    MUTANTS[bug.__name__] = bug
    return bug


class _Commits:
    """The database for one module, whose commits do something else."""

    def __init__(self, commit: Callable[[], None]) -> None:
        self.commit = commit

    @property
    def session(self) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(models.db.session, name)


# Claims ---------------------------------------------------------------------------------------------------


@_mutant
def claim_not_checked() -> AbstractContextManager[None]:
    """A worker claims what another one is charging."""
    return _replaced(unclaimed=(claims, lambda desk: true()))


@_mutant
def stale_worker_sends() -> AbstractContextManager[None]:
    """A worker that lost its claim goes on as if it still had it."""

    def confirm(desk: Any, claim: Any) -> bool:
        models.db.session.commit()
        models.db.session.execute(
            update(Subscription)
            .where(Subscription.id == claim.subscription_id)
            .values(touched=Subscription.touched + 1)
            .execution_options(synchronize_session=False)
        )
        return True

    return _replaced(confirm=(claims, confirm))


@_mutant
def claim_of_the_dead_kept() -> AbstractContextManager[None]:
    """A claim never lapses, and survives its process."""
    return _replaced(
        unclaimed=(claims, lambda desk: Subscription.claimed_until.is_(None)), free_ended=(claims, lambda desk: 0)
    )


# Charges --------------------------------------------------------------------------------------------------


@_mutant
def unanswered_charge_ignored() -> AbstractContextManager[None]:
    """A charge without an answer counts as not made, and the next attempt is sent beside it."""
    return _replaced(unanswered_charge=(renewals, lambda invoice: None))


@_mutant
def paid_period_charged() -> AbstractContextManager[None]:
    """Whether the period is still to be paid is not checked again under the claim."""

    def confirm(desk: Any, claim: Any, key: Any, invoice: Any) -> None:
        if not claims.confirm(desk, claim):
            models.db.session.rollback()
            raise ChargeInProgress("another process has claimed the subscription")

    return _replaced(_confirm=(charges, confirm))


@_mutant
def dunning_double() -> AbstractContextManager[None]:
    """A decline counts as two steps of the retry schedule."""
    once = models.Invoice.record_decline

    def twice(self: Any, *, retry_at: Any) -> None:
        once(self, retry_at=retry_at)
        once(self, retry_at=retry_at)

    return _replaced(record_decline=(models.Invoice, twice))


@_mutant
def decline_forgotten() -> AbstractContextManager[None]:
    """A declined renewal is never tried again."""

    def after_decline(desk: Any, order: Any, *, now: Any) -> None:
        order.subscription.next_charge_at = None

    return _replaced(after_decline=(dunning, after_decline))


@_mutant
def next_charge_forgotten() -> AbstractContextManager[None]:
    """A paid period is followed by no charge."""
    renew = models.Subscription.renew

    def renew_once(self: Any, *, until: Any) -> None:
        renew(self, until=until)
        self.next_charge_at = None

    return _replaced(renew=(models.Subscription, renew_once))


@_mutant
def sent_before_stored() -> AbstractContextManager[None]:
    """A charge is sent before its attempt is committed."""
    return _replaced(db=(charges, _Commits(lambda: models.db.session.flush())))


# Settling -------------------------------------------------------------------------------------------------


@_mutant
def commit_dropped() -> AbstractContextManager[None]:
    """What `settle` decides is not committed."""
    return _replaced(db=(payments, _Commits(lambda: models.db.session.rollback())))


@_mutant
def webhook_believed() -> AbstractContextManager[None]:
    """A report of a payment counts as its approval."""
    read = verification.read

    def believe(desk: Any, order: Any, *, imp_uid: str | None) -> Any:
        payment, foreign = read(desk, order, imp_uid=imp_uid)
        if imp_uid and payment is not None and payment.status != "paid":
            return replace(payment, status="paid"), foreign
        return payment, foreign

    return _replaced(read=(verification, believe))


@_mutant
def late_approval_ignored() -> AbstractContextManager[None]:
    """What once failed stays failed."""
    settle = payments._settle

    def settle_open(desk: Any, order: Any, **fields: Any) -> Any:
        if order.status is OrderStatus.FAILED:
            return payments.Lookup.FINISHED
        return settle(desk, order, **fields)

    return _replaced(_settle=(payments, settle_open))


@_mutant
def amount_not_checked() -> AbstractContextManager[None]:
    """A payment of another amount pays the order."""
    run = checks.run

    def without_amount(desk: Any, order: Any, payment: Any) -> list[Any]:
        return [check for check in run(desk, order, payment) if check.name != "amount"]

    return _replaced(run=(checks, without_amount))


@_mutant
def foreign_payment_accepted() -> AbstractContextManager[None]:
    """The reported payment decides, whichever order it belongs to."""
    read = verification.read

    def read_any(desk: Any, order: Any, *, imp_uid: str | None) -> Any:
        payment, foreign = read(desk, order, imp_uid=imp_uid)
        return (desk.client.payment(imp_uid), False) if foreign else (payment, foreign)

    return _replaced(read=(verification, read_any), run=(checks, lambda desk, order, payment: []))


@_mutant
def period_granted_twice() -> AbstractContextManager[None]:
    """One payment extends the subscription by two periods."""
    renew = models.Subscription.renew

    def renew_longer(self: Any, *, until: Any) -> None:
        renew(self, until=invoices.period_end(self, until))

    return _replaced(renew=(models.Subscription, renew_longer))


# Refunds --------------------------------------------------------------------------------------------------


@_mutant
def surplus_kept() -> AbstractContextManager[None]:
    """A second payment of a period is not refunded."""
    return _replaced(decide=(refunds, lambda desk, order, payment, *, now: None))


@_mutant
def unanswered_refund_made() -> AbstractContextManager[None]:
    """A refund whose answer was lost counts as made."""

    def mark_made(desk: Any, refund: Any, reason: str, *, may_repeat: bool, now: Any) -> None:
        refund.mark_made(at=now)
        models.db.session.commit()

    return _replaced(_record_no_answer=(refunds, mark_made))


@_mutant
def refund_repeated() -> AbstractContextManager[None]:
    """A refund whose answer was lost is requested again without a look at the record."""
    return _replaced(_is_shown=(refunds, lambda refund, payment: False))


@_mutant
def refund_ignored() -> AbstractContextManager[None]:
    """A refund made in the service's console changes nothing."""
    return _replaced(record=(reversals, lambda order, payment, *, now: None))


@_mutant
def partial_refund_ignored() -> AbstractContextManager[None]:
    """A partial refund made in the service's console changes nothing."""
    record = reversals.record

    def record_full(order: Any, payment: Any, *, now: Any) -> None:
        if payment.amount_left <= 0:
            record(order, payment, now=now)

    return _replaced(record=(reversals, record_full))
