"""Choose the rows of a page by its address: which part of a list, which filter, which one record."""

from typing import Any

from flask import abort, g, render_template, request

from ..ledger.models import db
from . import lists
from .words import FILTERS

MAX_ID = 2**63 - 1
"""The largest integer that SQLite accepts."""

ROW_ID = f"int(max={MAX_ID})"
"""The router's converter of a row's id in an address."""


def listing(name: str, rows: Any, model: type[Any], **more: Any) -> str:
    """Return the page of a section with the newest rows, or with those older than `?before=`."""
    page = lists.page(rows, model, before())
    filters = FILTERS.get(name, ())
    return render_template(f"dashboard/{name}.html", rows=page.rows, older=page.older, filters=filters, **more)


def narrowed(rows: Any, model: type[Any]) -> Any:
    """Return the query for those of `rows` with the `?customer_uid=` of the address, if it has one."""
    customer_uid = request.args.get("customer_uid", "")
    return rows.where(model.customer_uid == customer_uid) if customer_uid else rows


def before() -> int | None:
    """Return the id below which the page begins, from `?before=`; None when it names no row."""
    row = request.args.get("before", type=int)
    return row if row and 0 < row <= MAX_ID else None


def oldest_first(rows: Any, model: type[Any]) -> list[Any]:
    """Return the newest of `rows`, sorted oldest first, so that they read as a story."""
    return list(lists.page(rows, model).rows)[::-1]


def chosen(name: str) -> str:
    """Return `?only=` when it is one of the section's filters, else ''."""
    only = request.args.get("only", "")
    return only if only in FILTERS[name] else ""


def own(query: Any) -> Any:
    """Return the one record that the query finds. Answer 404 when it does not belong to the merchant shown."""
    found = db.session.scalar(query)
    if found is None or found.merchant_id != g.console.id:
        abort(404)
    return found
