"""`/subscribe/payments/schedule` and `unschedule`: charges booked ahead, which run automatically.

Source: https://developers.portone.io/api/rest-v1/nonAuthPayment.schedule
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Select, select

from ..ledger.models import Schedule
from ..merchants import clock
from ..rules import schedules
from ..wire.parameters import Malformed, required_integer, text, word
from .access import authenticate, merchant
from .body import fields
from .envelope import answer
from .objects import payment_object, schedule_object
from .paging import paged

bp = Blueprint("schedules", __name__, url_prefix="/subscribe")
bp.before_request(authenticate)

STATUSES = ("scheduled", "executed", "revoked")

LONGEST_RANGE = 92 * 86_400
"""Seconds: the longest three months."""


@bp.post("/payments/schedule")
def book() -> Response:
    """Book charges. Answer with the new schedules as a plain array."""
    body = fields()
    booked = schedules.book(merchant(), body, clock.of(merchant(), text(body, "customer_uid")))
    return answer([schedule_object(schedule) for schedule in booked])


@bp.post("/payments/unschedule")
def revoke() -> Response:
    """Revoke schedules. Answer with them as a plain array."""
    return answer([schedule_object(schedule) for schedule in schedules.revoke(merchant(), fields())])


@bp.get("/payments/schedule")
def index() -> Response:
    """Answer with the schedules of a range of time, newest first, or oldest first with `sorting=scheduled`."""
    oldest_first = word(request.args, "sorting", ("scheduled", "-scheduled")) == "scheduled"
    query = _between("schedule_from", "schedule_to", "schedule_status")
    order = (Schedule.schedule_at, Schedule.id)
    ordered = query.order_by(*order) if oldest_first else query.order_by(*(column.desc() for column in order))
    return answer(paged(ordered, schedule_object))


@bp.get("/payments/schedule/customers/<customer_uid>")
@bp.get("/customers/<customer_uid>/schedules")
def of_customer(customer_uid: str) -> Response:
    """Answer with the schedules of one key, newest first; empty for an unknown `customer_uid`."""
    query = _between("from", "to", "schedule-status").where(Schedule.customer_uid == customer_uid)
    newest_first = query.order_by(Schedule.schedule_at.desc(), Schedule.id.desc())
    return answer(paged(newest_first, schedule_object, limited=False))


@bp.get("/payments/schedule/<merchant_uid>")
def show(merchant_uid: str) -> Response:
    """Answer with one schedule, the last of several with this `merchant_uid`."""
    return answer(schedule_object(schedules.get(merchant(), merchant_uid)))


@bp.put("/payments/schedule/<merchant_uid>")
def move(merchant_uid: str) -> Response:
    """Give an open schedule another `schedule_at`."""
    return answer(schedule_object(schedules.move(merchant(), merchant_uid, fields())))


@bp.post("/payments/schedule/<merchant_uid>/reschedule")
def reopen(merchant_uid: str) -> Response:
    """Schedule again a charge that failed or was revoked."""
    return answer(schedule_object(schedules.reopen(merchant(), merchant_uid, fields())))


@bp.post("/payments/schedule/<merchant_uid>/retry")
def retry(merchant_uid: str) -> Response:
    """Charge a failed or revoked schedule immediately. Answer with the payment, whose `status` says how it went."""
    return answer(payment_object(schedules.retry(merchant(), merchant_uid)))


def _between(start: str, end: str, status: str) -> Select[Schedule]:
    """Select the merchant's schedules with `start <= schedule_at < end` and, if sent, `status`. Raises `Malformed`."""
    args: Mapping[str, Any] = request.args
    first, last = (required_integer(args, name, most=clock.LATEST) for name in (start, end))
    if not first < last <= first + LONGEST_RANGE:
        raise Malformed(f"{start}, {end} 파라메터의 범위는 3개월을 넘을 수 없습니다.")
    query = select(Schedule).where(Schedule.merchant_id == merchant().id)
    query = query.where(Schedule.schedule_at >= first, Schedule.schedule_at < last)
    wanted = word(args, status, STATUSES)
    return query if wanted is None else query.where(Schedule.status == wanted)
