"""The comparison of one day in Seoul with the payment service's lists of payments, in both directions.

The service lists a payment under its current status, by the time of that status. A payment of Monday that was refunded
on Thursday is listed under `cancelled` on Thursday only, so every payment of ours that Monday's lists lack is read
singly. Source: `GET /payments/status/{payment_status}` of the V1 API.

Each step commits its results together with the place where the next one continues, so an interrupted comparison goes on
from there. Two processes may work on the same day: the step of the slower one is dropped.
"""

import logging
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from clock import bounds
from models import Comparison, Difference, ListedPayment, Order, db
from services import differences, takings
from services.comparison_claims import claimed, extend
from services.desk import Desk
from services.differences import Finding
from services.iamport import IamportError, Payment, PaymentPage, Refused
from services.orders import is_ours
from states import ComparisonStep, DifferenceKind, OrderStatus

log = logging.getLogger(__name__)

PAGE = 1000
"""Payments in one page of a list: the most that the service sends."""
READ_SINGLY = 20
"""Payments that one step reads singly, so that renewals do not wait long for the step's end."""
TRIED_AGAIN = timedelta(days=90)
"""How long an open difference is tried again with each later day. Afterwards only a run of its own day tries it."""


def run(desk: Desk, day: date, *, moment: Callable[[], datetime], only_report: bool = False) -> Comparison | None:
    """Compare a day and repair what differs; with `only_report`, repair nothing. Return the comparison.

    `moment` returns the current time. A day that was compared before is compared again from the start. A report leaves
    the repairs of a day to the worker, unless its comparison had ended before: then it has ended again. Return None if
    another process compares the day.

    Raises:
        IamportError: when the service does not answer. The next call continues there.
    """
    over = (ComparisonStep.REPAIR, ComparisonStep.DONE) if only_report else (ComparisonStep.DONE,)
    comparison = begin(day)
    with claimed(desk, comparison) as is_mine:
        if not is_mine:
            return None
        ended_at = comparison.finished_at
        begin(day, unless=over)
        while comparison.step not in over:
            step(desk, comparison, now=moment())
            extend(desk, comparison)
        if only_report and ended_at is not None:
            _end(comparison, at=ended_at)
            db.session.commit()
    return comparison


def step(desk: Desk, comparison: Comparison, *, now: datetime) -> None:
    """Do the next part of a comparison that is not done: one page of a list, some single records, or one repair.

    Raises:
        IamportError: when the service does not answer. The same step can be repeated later.
    """
    if comparison.step in (ComparisonStep.PAID, ComparisonStep.CANCELLED, ComparisonStep.FAILED):
        _read_page(desk, comparison)
    elif comparison.step is ComparisonStep.ORDERS:
        _read_singly(desk, comparison)
    elif comparison.step is ComparisonStep.REFUNDS:
        _find_open_refunds(comparison)
    else:
        _repair_next(desk, comparison, now=now)


def begin(day: date, *, unless: Container[ComparisonStep] = ()) -> Comparison:
    """Return the day's comparison. Start it again if it stands at one of these steps, which end a run."""
    comparison = db.session.scalar(select(Comparison).where(Comparison.day == day))
    if comparison is None:
        db.session.add(Comparison(day=day))
        with suppress(IntegrityError):  # another process has begun the day
            db.session.commit()
        db.session.rollback()
        return db.session.scalars(select(Comparison).where(Comparison.day == day)).one()
    if comparison.step in unless and _move(comparison, _place(comparison), to=(ComparisonStep.PAID, 0)):
        _forget(comparison, Difference, Difference.repaired_at.is_(None))
        _forget(comparison, ListedPayment)
        comparison.listed, comparison.foreign, comparison.totals, comparison.finished_at = 0, 0, {}, None
    db.session.commit()
    return comparison


# What the service lists -----------------------------------------------------------------------------------


def _read_page(desk: Desk, comparison: Comparison) -> None:
    """Compare one page of a list. Read the last page first.

    A refund removes a payment from the list while we read, and moves what follows towards the first page: read from
    the end, a payment may come twice, but none is skipped.
    """
    place = status, number = _place(comparison)
    page = _page(desk, comparison, number=number or 1)
    last = -(-page.total // PAGE)
    if number == 0 and last > 1:
        _move(comparison, place, to=(status, last))
    elif _move(comparison, place, to=(status, number - 1) if number > 1 else _after(status)):
        _compare_page(desk, comparison, page.payments)
    db.session.commit()


def _page(desk: Desk, comparison: Comparison, *, number: int) -> PaymentPage:
    since, until = (int(at.timestamp()) for at in bounds(comparison.day))
    status = comparison.step.value
    db.session.commit()  # keep no transaction open while we wait for the network
    try:
        return desk.client.payments_by_status(status, since=since, until=until - 1, page=number, limit=PAGE)
    except Refused as refusal:
        if number == 1 or refusal.status != 400:
            raise
        return PaymentPage(total=0, next_page=0, payments=())  # refunds have emptied the last page


def _compare_page(desk: Desk, comparison: Comparison, listed: Iterable[Payment]) -> None:
    new = {payment.imp_uid: payment for payment in listed}
    seen = select(ListedPayment.imp_uid).where(
        ListedPayment.comparison_id == comparison.id, ListedPayment.imp_uid.in_(new)
    )
    for imp_uid in db.session.scalars(seen).all():
        del new[imp_uid]
    db.session.add_all(ListedPayment(comparison_id=comparison.id, imp_uid=imp_uid) for imp_uid in new)
    ours = [payment for payment in new.values() if is_ours(payment.merchant_uid)]
    comparison.foreign += len(new) - len(ours)
    orders = _orders(payment.merchant_uid for payment in ours)
    found = [_compare(desk, comparison, orders.get(payment.merchant_uid), payment) for payment in ours]
    differences.record(comparison, list(filter(None, found)))


def _orders(merchant_uids: Iterable[str]) -> dict[str, Order]:
    wanted = select(Order).where(Order.merchant_uid.in_(list(merchant_uids))).options(selectinload(Order.refunds))
    return {order.merchant_uid: order for order in db.session.scalars(wanted)}


def _compare(desk: Desk, comparison: Comparison, order: Order | None, payment: Payment) -> Finding | None:
    """Count a payment. Return the difference if there is one."""
    comparison.listed += 1
    if order is None:
        kind: DifferenceKind | None = DifferenceKind.UNKNOWN
    else:
        takings.count(desk, comparison, order, payment)
        kind = differences.between(desk, order, payment)
    uids = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid}
    return Finding(kind=kind, order=order, payment=payment, **uids) if kind else None


# What the lists lack --------------------------------------------------------------------------------------


def _read_singly(desk: Desk, comparison: Comparison) -> None:
    """Read some payments that we collected on this day and that no list holds, and compare them."""
    place = _place(comparison)
    since, until = bounds(comparison.day)
    is_listed = select(ListedPayment).where(
        ListedPayment.comparison_id == comparison.id, ListedPayment.imp_uid == Order.imp_uid
    )
    unlisted = db.session.execute(
        select(Order.id, Order.merchant_uid, Order.imp_uid)
        .where(Order.paid_at >= since, Order.paid_at < until, Order.imp_uid.is_not(None), ~is_listed.exists())
        .where(Order.status.in_((OrderStatus.PAID, OrderStatus.CANCELLED)), Order.id > comparison.cursor)
        .order_by(Order.id)
        .limit(READ_SINGLY)
    ).all()
    records = {row.merchant_uid: differences.read(desk, row.imp_uid) for row in unlisted}
    to = (comparison.step, unlisted[-1].id) if unlisted else _after(comparison.step)
    if _move(comparison, place, to=to):
        orders = _orders(records)
        found = [
            _compare(desk, comparison, orders[uid], payment) if payment else differences.lost(orders[uid])
            for uid, payment in records.items()
        ]
        differences.record(comparison, list(filter(None, found)))
    db.session.commit()


def _find_open_refunds(comparison: Comparison) -> None:
    """Record the refunds that we decided on this day and that are not made."""
    place = _place(comparison)
    since, until = bounds(comparison.day)
    if _move(comparison, place, to=_after(comparison.step)):
        found = differences.open_refunds(since, until)
        differences.record(comparison, found)
    db.session.commit()


# Repairs --------------------------------------------------------------------------------------------------


def _repair_next(desk: Desk, comparison: Comparison, *, now: datetime) -> None:
    """Repair the next open difference of this day or of an earlier one. After the last, the comparison is done.

    Move on before the repair, so that one that fails each time does not keep the others from their turn.
    """
    place = _place(comparison)
    difference = db.session.scalar(
        select(Difference)
        .join(Difference.comparison)
        .where(Comparison.day.between(comparison.day - TRIED_AGAIN, comparison.day), Difference.id > comparison.cursor)
        .where(Difference.repaired_at.is_(None), Difference.kind != DifferenceKind.UNKNOWN)
        .order_by(Difference.id)
        .limit(1)
    )
    if difference is None:
        _end(comparison, at=now)
        db.session.commit()
        return
    to = (comparison.step, difference.id)
    is_mine = _move(comparison, place, to=to)
    db.session.commit()
    if not is_mine:
        return
    try:
        differences.repair(desk, difference, now=now)
    except IamportError:
        db.session.rollback()
        _move(comparison, to, to=place)
        db.session.commit()
        raise
    except Exception:
        db.session.rollback()
        log.exception("payment %s was not repaired", difference.imp_uid)


def _end(comparison: Comparison, *, at: datetime) -> None:
    if _move(comparison, _place(comparison), to=(ComparisonStep.DONE, 0)):
        _forget(comparison, ListedPayment)
        comparison.finished_at = at


# Where a comparison stands --------------------------------------------------------------------------------

Place = tuple[ComparisonStep, int]


def _place(comparison: Comparison) -> Place:
    return comparison.step, comparison.cursor


def _after(step: ComparisonStep) -> Place:
    return list(ComparisonStep)[list(ComparisonStep).index(step) + 1], 0


def _move(comparison: Comparison, place: Place, *, to: Place) -> bool:
    """Begin the transaction of a step. Return False if another process has moved the comparison in the meantime."""
    comparison_id = comparison.id
    db.session.commit()
    moved = db.session.execute(
        update(Comparison)
        .where(Comparison.id == comparison_id, Comparison.step == place[0], Comparison.cursor == place[1])
        .values(step=to[0], cursor=to[1])
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]


def _forget(comparison: Comparison, rows: type[Difference] | type[ListedPayment], *which: ColumnElement[bool]) -> None:
    db.session.execute(delete(rows).where(rows.comparison_id == comparison.id, *which))
