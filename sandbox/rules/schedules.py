"""Schedules: charges booked ahead, each of which runs once when it is due, as `/again` would.

A run reads, charges and records in one transaction that excludes other writers. So it needs no claim: a second worker
finds the schedule executed, and a worker that is killed in the middle has changed nothing.

Source: contract of `POST /subscribe/payments/schedule` in https://developers.portone.io/api/rest-v1
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from ..ledger import entries
from ..ledger.models import BillingKey, IllegalStep, Merchant, Payment, Schedule, db
from ..ledger.transactions import exclusive
from ..merchants import clock, levers
from ..webhooks import delivery, notices
from ..wire.errors import NotConfigured, Refused
from ..wire.parameters import (
    CUSTOMER_UID_LIMIT,
    Fields,
    Malformed,
    integer,
    missing,
    required_integer,
    required_objects,
    required_text,
    text,
    texts,
)
from . import charges, keys, pg_checks, settling

BOOK = "POST /subscribe/payments/schedule"

NO_CUSTOMER = "등록된 고객정보가 없습니다."
NOTHING_TO_REVOKE = "취소할 예약결제 기록이 존재하지 않습니다."
SCHEDULED_ALREADY = "이미 예약되었거나 결제가 이루어진 merchant_uid입니다."
NOT_FOUND = "invalid imp_uid"
"""What the service answers for an unknown `merchant_uid`."""

CARD_REFUSED = "카드정보 확인에 실패하였습니다."

BATCH = 50
"""Schedules run in one transaction: enough to finish a full hour quickly, few enough to let other writers in."""

_COPIED = ("amount", "currency", "name", *entries.BUYER, "custom_data")


# Scheduling -----------------------------------------------------------------------------------------------


def book(merchant: Merchant, fields: Fields, now: int) -> list[Schedule]:
    """Book every charge of `schedules`, or none. Issue a key first where `customer_uid` has none.

    Raises:
        Refused: when there is no key and no card, the card is turned down, a time is past, or a `merchant_uid` was
            scheduled or settled before.
        Malformed: when a field is missing or of the wrong shape.
    """
    customer_uid = required_text(fields, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    wanted = required_objects(fields, "schedules")
    key = _key(merchant, customer_uid, fields, now)
    requests = [keys.charged_by(key, entry) for entry in wanted]
    pg_checks.check_call(merchant, BOOK, {**fields, "schedules": requests}, key.profile)
    booked = [_schedule(merchant, key, fields, request, now) for request in requests]
    with exclusive(merchant):
        _require_unused(merchant, [schedule.merchant_uid for schedule in booked])
        db.session.add_all(booked)
    return booked


def _key(merchant: Merchant, customer_uid: str, fields: Fields, now: int) -> BillingKey:
    """Return the key to charge, checked first if `checking_amount` requests it. Raises `Refused`, `Malformed`."""
    key = keys.find(merchant, customer_uid)
    if key is None and text(fields, "card_number") is None:
        raise Refused(1, NO_CUSTOMER)
    try:
        key = key or keys.issue_by_card(merchant, customer_uid, fields, now, BOOK)
    except NotConfigured:
        raise
    except Refused as err:
        raise Refused(1, f"{CARD_REFUSED} {err.message}", detail=err.detail) from None
    refusal = settling.refusal_of_check(key, now) if integer(fields, "checking_amount") else None
    if refusal:
        raise Refused(1, f"{CARD_REFUSED} {refusal}", detail=refusal)
    return key


def _schedule(merchant: Merchant, key: BillingKey, fields: Fields, request: Fields, now: int) -> Schedule:
    schedule_at = _future_time(merchant, request, now)
    charge = charges.requested_charge(merchant, request, now)
    text(request, "promotion_id")
    return Schedule(
        merchant_id=merchant.id,
        customer_uid=key.customer_uid,
        merchant_uid=charge.merchant_uid,
        customer_id=text(fields, "customer_id") or key.customer_id,
        pg_code=key.pg_code,
        pg_id=key.pg_id,
        fields=json.loads(json.dumps(request, default=float)),
        created_at=now,
        schedule_at=schedule_at,
        **{name: getattr(charge, name) for name in _COPIED},
    )


def _future_time(merchant: Merchant, fields: Fields, now: int) -> int:
    schedule_at = required_integer(fields, "schedule_at", most=clock.LATEST)
    if schedule_at > now:
        return schedule_at
    http = int(levers.get(merchant, "past_schedule_http"))
    raise Refused(1 if http == 200 else -1, "schedule_at 파라메터는 현재 시각 이후여야 합니다.", http=http, ours=True)


def _require_unused(merchant: Merchant, merchant_uids: Sequence[str]) -> None:
    for merchant_uid in merchant_uids:
        used = entries.is_scheduled(merchant, merchant_uid) or entries.is_settled(merchant, merchant_uid)
        if used or merchant_uids.count(merchant_uid) > 1:
            raise Refused(1, SCHEDULED_ALREADY, ours=True)


# Changing -------------------------------------------------------------------------------------------------


def get(merchant: Merchant, merchant_uid: str) -> Schedule:
    """Return the schedule with this `merchant_uid`, the last of several.

    Raises:
        Refused: with HTTP 404, when the merchant has no such schedule.
    """
    schedule = db.session.scalar(
        select(Schedule)
        .where(Schedule.merchant_id == merchant.id, Schedule.merchant_uid == merchant_uid)
        .order_by(Schedule.id.desc())
        .limit(1)
    )
    if schedule is None:
        raise Refused(-1, NOT_FOUND, http=404)
    return schedule


def revoke(merchant: Merchant, fields: Fields) -> list[Schedule]:
    """Revoke the open schedules with this `customer_uid`, with this `merchant_uid` (one or a list), or with both.

    Raises:
        Refused: when there are none.
        Malformed: when neither field was sent.
    """
    customer_uid, merchant_uids = text(fields, "customer_uid"), texts(fields, "merchant_uid")
    if customer_uid is None and not merchant_uids:
        raise missing("customer_uid, merchant_uid")
    query = entries.open_schedules(merchant).order_by(Schedule.schedule_at, Schedule.id)
    if customer_uid is not None:
        query = query.where(Schedule.customer_uid == customer_uid)
    if merchant_uids:
        query = query.where(Schedule.merchant_uid.in_(merchant_uids))
    with exclusive(merchant):
        revoked = list(db.session.scalars(query))
        for schedule in revoked:
            schedule.mark_revoked(at=clock.of(merchant, schedule.customer_uid))
    if not revoked:
        raise Refused(1, NOTHING_TO_REVOKE)
    return revoked


def move(merchant: Merchant, merchant_uid: str, fields: Fields) -> Schedule:
    """Give an open schedule another `schedule_at`.

    Raises:
        Refused: when it does not exist (HTTP 404), is not open (HTTP 400), or the time is past.
        Malformed: when `schedule_at` is missing or not a number.
    """
    return _retimed(merchant, merchant_uid, fields, Schedule.move)


def reopen(merchant: Merchant, merchant_uid: str, fields: Fields) -> Schedule:
    """Schedule again what failed or was revoked.

    Raises:
        Refused: when it does not exist (HTTP 404), neither failed nor was revoked (HTTP 400), its `merchant_uid` was
            settled (HTTP 400), or the time is past.
        Malformed: when `schedule_at` is missing or not a number.
    """
    return _retimed(merchant, merchant_uid, fields, Schedule.reopen)


def _retimed(merchant: Merchant, merchant_uid: str, fields: Fields, step: Any) -> Schedule:
    with exclusive(merchant):
        schedule = get(merchant, merchant_uid)
        schedule_at = _future_time(merchant, fields, clock.of(merchant, schedule.customer_uid))
        if schedule.status != "scheduled":
            _require_unsettled(merchant, schedule)
        try:
            step(schedule, schedule_at)
        except IllegalStep:
            raise _wrong_state() from None
    return schedule


def retry(merchant: Merchant, merchant_uid: str) -> Payment:
    """Charge immediately what failed or was revoked. Return the payment, whose `status` says how it went.

    Raises:
        Refused: when the schedule or its key does not exist (HTTP 404), or it neither failed nor was revoked (400).
    """
    with exclusive(merchant):
        schedule = get(merchant, merchant_uid)
        if not schedule.may_run_again:
            raise _wrong_state()
        _require_unsettled(merchant, schedule)
        keys.get(merchant, schedule.customer_uid)
        payment = _run(schedule, clock.of(merchant, schedule.customer_uid))
    delivery.announce(payment)
    return payment


def _require_unsettled(merchant: Merchant, schedule: Schedule) -> None:
    if entries.is_settled(merchant, schedule.merchant_uid):
        raise _wrong_state()


def _wrong_state() -> Refused:
    return Refused(-1, "현재 상태에서는 처리할 수 없는 예약입니다.", http=400, ours=True)


# Running --------------------------------------------------------------------------------------------------


def run_due(_now: int) -> None:
    """Run what is due on each merchant's clock, in order. The runner calls it; the computer's time does not matter."""
    while db.session.scalar(_due().limit(1)) is not None:
        with exclusive():
            # Read again: another worker may have run them, and a shop may have moved them or its clock.
            due = db.session.scalars(_due().limit(BATCH)).all()
            payments = [_run(schedule, clock.of(schedule.merchant, schedule.customer_uid)) for schedule in due]
        for payment in payments:
            delivery.announce(payment)
    db.session.commit()


def catch_up(merchant: Merchant, customer_uids: Sequence[str]) -> list[Payment]:
    """Run what is due, each with its `schedule_at` as the present time, inside the caller's transaction.

    With `customer_uids`, run only their schedules. Return the payments.
    """
    due = _due().where(Schedule.merchant_id == merchant.id)
    if customer_uids:
        due = due.where(Schedule.customer_uid.in_(customer_uids))
    return [_run(schedule, schedule.schedule_at) for schedule in db.session.scalars(due).all()]


def _due() -> Select[Schedule]:
    """Select the open schedules that are due, the longest overdue first."""
    left = clock.seconds_until(Schedule.schedule_at, Schedule.merchant_id, Schedule.customer_uid)
    open_now = select(Schedule).where(Schedule.status == "scheduled", Schedule.schedule_at <= clock.furthest())
    return open_now.where(left <= 0).order_by(left, Schedule.id)


def _run(schedule: Schedule, now: int) -> Payment:
    """Charge a schedule, inside the caller's transaction. Where `/again` would refuse, return a failed payment."""
    merchant = schedule.merchant
    payment = charges.requested_charge(merchant, schedule.fields, now)
    payment.imp_uid, payment.customer_uid_usage = entries.new_imp_uid("imps_"), "payment.scheduled"
    try:
        refusal = "" if charges.check_and_charge(merchant, payment, schedule.fields, now) else charges.INTERNAL_ERROR
    except (Refused, Malformed) as err:
        refusal = str(err)
    if refusal:
        _record_failure(schedule, payment, refusal, now)
    if payment.status == "failed":
        notices.queue(merchant, payment, now)
    schedule.mark_executed(payment, at=now)
    return payment


def _record_failure(schedule: Schedule, payment: Payment, refusal: str, now: int) -> None:
    payment.pg_code, payment.pg_id = schedule.pg_code, schedule.pg_id
    payment.pay_method = payment.pay_method or payment.profile.methods[0]
    payment.mark_failed(refusal, at=now)
    db.session.add(payment)
    db.session.flush()
