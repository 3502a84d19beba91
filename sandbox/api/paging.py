"""Lists in pages: `{"total", "previous", "next", "list"}`; `previous` and `next` are page numbers, or 0."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from sqlalchemy import Select, func, select

from ..ledger.models import db
from ..wire.parameters import Malformed, integer

Row = TypeVar("Row")

DEFAULT = 20
"""Rows of a page without `limit`."""

MOST = 1000


def paged(query: Select[Row], describe: Callable[[Row], dict[str, Any]], *, limited: bool = True) -> dict[str, Any]:
    """Return the page of `query` that the request's `page` and `limit` select. Page 1 may be empty.

    `limited` is whether the endpoint takes `limit` at all.

    Raises:
        Malformed: when no page has this number, or `limit` is not from 1 to 1000.
    """
    page = integer(request.args, "page", least=1) or 1
    size = (integer(request.args, "limit", least=1, most=MOST) if limited else None) or DEFAULT
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    if page > 1 and (page - 1) * size >= total:
        raise Malformed("page 파라메터가 데이터 범위를 넘었습니다.")
    rows = db.session.scalars(query.limit(size).offset((page - 1) * size))
    return {
        "total": total,
        "previous": page - 1,
        "next": page + 1 if page * size < total else 0,
        "list": [describe(row) for row in rows],
    }
