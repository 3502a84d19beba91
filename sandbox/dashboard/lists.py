"""Query the console's lists: a merchant's rows, newest first, a page at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from ..ledger.models import BillingKey, Delivery, Merchant, Payment, Schedule, db
from ..products.certifications import Certification
from ..wirelog import WireEntry, mentions

ROWS = 50
"""Rows of a page."""


SHOWN_WITH: Mapping[type[Any], tuple[ExecutableOption, ...]] = {
    Delivery: (selectinload(Delivery.attempts), joinedload(Delivery.payment)),
    Schedule: (joinedload(Schedule.payment),),
}
"""What a table shows of the rows that its own rows refer to; without it, each row would be another query."""


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
    rows = rows.options(*SHOWN_WITH.get(model, ()))
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


def checks(merchant: Merchant) -> Select[Any]:
    """Return the query for the merchant's identity checks."""
    return select(Certification).where(Certification.merchant_id == merchant.id)


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
