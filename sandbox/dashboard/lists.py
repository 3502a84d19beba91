"""Query the console's lists: a merchant's rows, newest first, a page at a time, and found by any id."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select

from ..ledger.models import BillingKey, Cancellation, Delivery, Merchant, Payment, Schedule, db
from ..wirelog import WireEntry, mentions

ROWS = 50
"""Rows of a page."""


class Page(NamedTuple):
    """The rows of one page, newest first."""

    rows: Sequence[Any]
    older: int | None
    """The id below which the next older page begins; None on the last page."""


def page(rows: Select[Any], model: Any, before: int | None = None, limit: int | None = None) -> Page:
    """Return the newest `limit` of `rows`, `ROWS` by default, whose id is below `before`."""
    limit = limit or ROWS
    if before is not None:
        rows = rows.where(model.id < before)
    found = db.session.scalars(rows.order_by(model.id.desc()).limit(limit + 1)).all()
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def payments(merchant: Merchant, status: str = "") -> Select[Any]:
    """Return the query for the merchant's payments: all, or those with this `status`."""
    query = select(Payment).where(Payment.merchant_id == merchant.id)
    return query.where(Payment.status == status) if status else query


def schedules(merchant: Merchant, status: str = "") -> Select[Any]:
    """Return the query for the merchant's schedules: all, or those with this `status`."""
    query = select(Schedule).where(Schedule.merchant_id == merchant.id)
    return query.where(Schedule.status == status) if status else query


def keys(merchant: Merchant) -> Select[Any]:
    """Return the query for the merchant's billing keys."""
    return select(BillingKey).where(BillingKey.merchant_id == merchant.id)


def deliveries(merchant: Merchant, state: str = "") -> Select[Any]:
    """Return the query for the merchant's webhooks: all, or those with this `state`."""
    query = select(Delivery).where(Delivery.merchant_id == merchant.id)
    return query.where(Delivery.state == state) if state else query


def calls(merchant: Merchant, kind: str = "") -> Select[Any]:
    """Return the query for the merchant's calls, and for those without a merchant: all, or those of this `kind`.

    A call with wrong credentials has no merchant, and its developer looks for it here.
    """
    query = select(WireEntry).where(or_(WireEntry.merchant_id == merchant.id, WireEntry.merchant_id.is_(None)))
    return query.where(WireEntry.kind == kind) if kind else query


def calls_about(merchant: Merchant, *ids: str | None) -> Select[Any]:
    """Return the query for the calls that contain one of `ids`."""
    return calls(merchant).where(or_(*(mentions(value) for value in ids if value)))


def count(rows: Select[Any]) -> int:
    """Return the number of rows that the query would find."""
    return db.session.scalar(rows.with_only_columns(func.count())) or 0


def counts(merchant: Merchant) -> dict[str, int]:
    """Return the number of the merchant's payments by status. A status without payments is absent."""
    rows = select(Payment.status, func.count()).where(Payment.merchant_id == merchant.id).group_by(Payment.status)
    return dict(db.session.execute(rows).all())


# Search ---------------------------------------------------------------------------------------------------


def payments_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id of a payment contains `text`, or that `text` is the id of its cancellation."""
    columns = (Payment.imp_uid, Payment.merchant_uid, Payment.customer_uid, Payment.pg_tid, Payment.apply_num)
    cancelled = select(Cancellation.payment_id).where(Cancellation.cancellation_id == text)
    return or_(*(_holds(column, text) for column in columns), Payment.id.in_(cancelled))


def keys_found(text: str) -> ColumnElement[bool]:
    """Return the condition that the `customer_uid` or `customer_id` of a billing key contains `text`."""
    return or_(*(_holds(column, text) for column in (BillingKey.customer_uid, BillingKey.customer_id)))


def schedules_found(text: str) -> ColumnElement[bool]:
    """Return the condition that the `merchant_uid` or `customer_uid` of a schedule contains `text`."""
    return or_(*(_holds(column, text) for column in (Schedule.merchant_uid, Schedule.customer_uid)))


def deliveries_found(text: str) -> ColumnElement[bool]:
    """Return the condition that an id of a webhook's payment, or its address, contains `text`."""
    return or_(Delivery.payment_id.in_(select(Payment.id).where(payments_found(text))), _holds(Delivery.url, text))


def calls_found(text: str) -> ColumnElement[bool]:
    """Return the condition that one of a call's ids, or its path with the query, contains `text`."""
    return or_(_holds(WireEntry.ids, text), _holds(WireEntry.path, text))


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    return func.instr(func.lower(column), text.lower()) > 0


def merchants_with(text: str, *, besides: Merchant) -> Sequence[Merchant]:
    """Return up to five other merchants that have a payment or a key with this id, to link to their consoles."""
    owners = select(Payment.merchant_id).where(payments_found(text))
    owners_of_keys = select(BillingKey.merchant_id).where(keys_found(text))
    query = select(Merchant).where(Merchant.id != besides.id, Merchant.id.in_(owners.union(owners_of_keys)))
    return db.session.scalars(query.limit(5)).all()
