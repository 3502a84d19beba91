"""What the console lists: a merchant's rows, newest first, a page at a time, and found by any id."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select

from ..ledger.models import BillingKey, Cancellation, Delivery, Merchant, Payment, Schedule, db
from ..wirelog import WireEntry, mentions

ROWS = 50
"""Rows of a page."""


class Page(NamedTuple):
    """Rows, and the id below which the next older page begins; None on the last."""

    rows: Sequence[Any]
    older: int | None


def page(rows: Select[Any], model: Any, before: int | None = None, limit: int | None = None) -> Page:
    """The newest `limit` (`ROWS` unless said) of `rows` whose id is below `before`."""
    limit = limit or ROWS
    if before is not None:
        rows = rows.where(model.id < before)
    found = db.session.scalars(rows.order_by(model.id.desc()).limit(limit + 1)).all()
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def payments(merchant: Merchant, status: str = "") -> Select[Any]:
    query = select(Payment).where(Payment.merchant_id == merchant.id)
    return query.where(Payment.status == status) if status else query


def schedules(merchant: Merchant, status: str = "") -> Select[Any]:
    query = select(Schedule).where(Schedule.merchant_id == merchant.id)
    return query.where(Schedule.status == status) if status else query


def keys(merchant: Merchant) -> Select[Any]:
    return select(BillingKey).where(BillingKey.merchant_id == merchant.id)


def deliveries(merchant: Merchant, state: str = "") -> Select[Any]:
    query = select(Delivery).where(Delivery.merchant_id == merchant.id)
    return query.where(Delivery.state == state) if state else query


def calls(merchant: Merchant, kind: str = "") -> Select[Any]:
    """The merchant's, and those that are nobody's: a call with wrong credentials is somebody's riddle."""
    query = select(WireEntry).where(or_(WireEntry.merchant_id == merchant.id, WireEntry.merchant_id.is_(None)))
    return query.where(WireEntry.kind == kind) if kind else query


def calls_about(merchant: Merchant, *ids: str | None) -> Select[Any]:
    """Calls which carry one of `ids`."""
    return calls(merchant).where(or_(*(mentions(value) for value in ids if value)))


def count(rows: Select[Any]) -> int:
    return db.session.scalar(rows.with_only_columns(func.count())) or 0


def counts(merchant: Merchant) -> dict[str, int]:
    """Payments by status."""
    rows = select(Payment.status, func.count()).where(Payment.merchant_id == merchant.id).group_by(Payment.status)
    return dict(db.session.execute(rows).all())


# Search ---------------------------------------------------------------------------------------------------


def payments_found(text: str) -> ColumnElement[bool]:
    """Payments one of whose ids holds `text`."""
    columns = (Payment.imp_uid, Payment.merchant_uid, Payment.customer_uid, Payment.pg_tid, Payment.apply_num)
    cancelled = select(Cancellation.payment_id).where(Cancellation.cancellation_id == text)
    return or_(*(_holds(column, text) for column in columns), Payment.id.in_(cancelled))


def keys_found(text: str) -> ColumnElement[bool]:
    return or_(*(_holds(column, text) for column in (BillingKey.customer_uid, BillingKey.customer_id)))


def schedules_found(text: str) -> ColumnElement[bool]:
    return or_(*(_holds(column, text) for column in (Schedule.merchant_uid, Schedule.customer_uid)))


def deliveries_found(text: str) -> ColumnElement[bool]:
    """By the payment, by what a body says (a forged one names other ids), or by the address."""
    return or_(Delivery.payment_id.in_(select(Payment.id).where(payments_found(text))), _holds(Delivery.url, text))


def calls_found(text: str) -> ColumnElement[bool]:
    return or_(_holds(WireEntry.ids, text), _holds(WireEntry.path, text))


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    return func.instr(func.lower(column), text.lower()) > 0


def merchants_with(text: str, *, besides: Merchant) -> Sequence[Merchant]:
    """Other merchants who have a payment or a key of this id: whoever looks for it is on the wrong page."""
    owners = select(Payment.merchant_id).where(payments_found(text))
    owners_of_keys = select(BillingKey.merchant_id).where(keys_found(text))
    query = select(Merchant).where(Merchant.id != besides.id, Merchant.id.in_(owners.union(owners_of_keys)))
    return db.session.scalars(query.limit(5)).all()
