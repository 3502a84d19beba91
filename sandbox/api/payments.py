"""``/payments``: reading and cancelling."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import ColumnElement, Select, select

from sandbox import cancels
from sandbox.api.access import authenticate, merchant
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import payment_object
from sandbox.clock import now
from sandbox.errors import Refused
from sandbox.models import Payment, db
from sandbox.parameters import Malformed

bp = Blueprint("payments", __name__, url_prefix="/payments")
bp.before_request(authenticate)

NOT_FOUND = "존재하지 않는 결제정보입니다."

STATUSES = ("ready", "paid", "cancelled", "failed")

SORTINGS = {"started": Payment.started_at, "paid": Payment.paid_at, "updated": Payment.updated_at}
"""``sorting`` → column; a ``-`` in front means newest first. Within a second the order of arrival decides."""


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    return _answer(select(Payment).where(Payment.imp_uid == imp_uid))


@bp.get("/find/<merchant_uid>")
@bp.get("/find/<merchant_uid>/<status>")
def find(merchant_uid: str, status: str = "all") -> Response:
    """The first in ``sorting``: without a status a newer failed attempt hides an older paid one."""
    query = select(Payment).where(Payment.merchant_uid == merchant_uid)
    if status in STATUSES:
        query = query.where(Payment.status == status)
    elif status != "all":
        raise Malformed(f"payment_status 값이 올바르지 않습니다. ({', '.join(STATUSES)})")
    return _answer(query.order_by(*_order(request.args.get("sorting") or "-started")))


@bp.post("/cancel")
def cancel() -> Response:
    return answer(payment_object(cancels.cancel(merchant(), fields(), now())))


def _order(sorting: str) -> tuple[ColumnElement[int], ColumnElement[int]]:
    column = SORTINGS.get(sorting.removeprefix("-"))
    if column is None:
        raise Malformed("sorting 값이 올바르지 않습니다.")
    newest_first = sorting.startswith("-")
    return (column.desc(), Payment.id.desc()) if newest_first else (column.asc(), Payment.id.asc())


def _answer(query: Select[Any]) -> Response:
    payment = db.session.scalars(query.where(Payment.merchant_id == merchant().id).limit(1)).first()
    if payment is None:
        raise Refused(-1, NOT_FOUND, http=404)
    return answer(payment_object(payment))
