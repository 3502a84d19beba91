"""`/kakao/payment/orders`: the payments of one day at Kakao Pay.

The schema dropped this call but still defines its object, and clients still call it. The fields are those of Kakao
Pay's own order list.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from sqlalchemy import Select, func, select

from ..facts import pgs
from ..ledger.models import Payment, db
from ..merchants.clock import SEOUL
from ..rules import balances
from ..wire.amounts import Split
from ..wire.parameters import Malformed, integer, required_text, text
from .access import authenticate, merchant
from .body import query
from .envelope import answer

bp = Blueprint("kakao", __name__)
bp.before_request(authenticate)

DAY = 86_400
PAGE_SIZE = 10

_PG = next(profile for profile in pgs.PROFILES if "orders" in profile.own_calls)


@bp.get("/kakao/payment/orders")
def orders() -> Response:
    """Answer with the payments begun on `payment_request_date` (`YYYYMMDD` in Seoul) under one `cid`, oldest first."""
    args = query()
    date, cid = required_text(args, "payment_request_date"), text(args, "cid", limit=80) or _PG.mid
    midnight, page = _midnight(date), integer(args, "page", least=1) or 1
    found = select(Payment).where(
        Payment.merchant_id == merchant().id,
        Payment.pg_code == _PG.code,
        Payment.pg_id == cid,
        Payment.started_at.between(midnight, midnight + DAY - 1),
    )
    listed = _page(found, page)
    return answer({**listed, "payment_request_date": date, "cid": cid})


def _page(found: Select[Payment], page: int) -> dict[str, Any]:
    """Return `{"page", "orders"}`: the payments on this page of `found`, and its place among all pages."""
    total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = list(db.session.scalars(found.order_by(Payment.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    pages = -(-total // PAGE_SIZE)
    counts = {"current_page": page, "current_size": len(rows), "total_pages": pages, "total_size": total}
    return {
        "page": {**counts, "first": page == 1, "last": page >= pages},
        "orders": [_order(payment) for payment in rows],
    }


def _midnight(date: str) -> int:
    try:
        day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=SEOUL)
        return int(day.timestamp())
    except (ValueError, OverflowError):
        raise Malformed("payment_request_date 파라메터는 YYYYMMDD 형식이어야 합니다.") from None


def _order(payment: Payment) -> dict[str, Any]:
    whole, left = balances.whole(payment), balances.left(payment)
    return {
        "tid": payment.pg_tid,
        "cid": payment.pg_id,
        "status": _status(payment),
        "partner_order_id": payment.merchant_uid,
        "partner_user_id": payment.customer_id,
        "payment_method_type": "CARD",
        "item_name": payment.name,
        "quantity": 1,
        "amount": _amount(whole),
        "canceled_amount": _amount(whole - left),
        "cancel_available_amount": _amount(left if payment.charged else balances.NOTHING),
        "created_at": _time(payment.started_at),
        "approved_at": _time(payment.paid_at),
        "canceled_at": _time(payment.cancelled_at),
    }


def _status(payment: Payment) -> str:
    if payment.status == "cancelled":
        return "PART_CANCEL_PAYMENT" if payment.remaining else "CANCEL_PAYMENT"
    if payment.status == "paid":
        return "SUCCESS_PAYMENT" if payment.charged else "ISSUED_SID"
    return {"ready": "READY", "failed": "FAIL_PAYMENT"}[payment.status]


def _amount(parts: Split) -> dict[str, int]:
    return {"total": parts.total, "tax_free": parts.tax_free, "vat": parts.vat, "discount": 0}


def _time(at: int) -> str | None:
    return f"{datetime.fromtimestamp(at, SEOUL):%Y-%m-%dT%H:%M:%S}" if at else None
