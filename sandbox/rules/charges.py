"""Charge a stored key, or a card by its number, unless its PG refuses, for example because of a monthly cap.

Every rule owns its transaction and takes `now` (Unix seconds). An approval also queues its webhooks in the
same transaction; the caller then starts them with `sandbox.webhooks.delivery.announce`.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from ..facts import instruments, pgs
from ..ledger import entries
from ..ledger.models import BillingKey, Delivery, Merchant, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import levers
from ..merchants.clock import SEOUL
from ..webhooks import notices
from ..wire.amounts import instalments, required_amount, taxes
from ..wire.errors import Refused
from ..wire.parameters import (
    CUSTOMER_UID_LIMIT,
    MERCHANT_UID_LIMIT,
    Fields,
    Malformed,
    as_json,
    currency,
    required_text,
    text,
    urls,
)
from . import expiry, keys, outcomes, pg_checks, settling

DUPLICATE = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
UNKNOWN_BUYER = "등록되지 않은 구매자입니다."
INTERNAL_ERROR, TOO_MANY = "Internal Server Error", "Too Many Requests"
CARD_REFUSED = "카드정보 인증에 실패하였습니다."


def charge(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Charge a stored key, as `POST /subscribe/payments/again` does. Return the payment, `failed` when declined.

    Raises:
        Refused: when the `customer_uid` is unknown, the `merchant_uid` was paid or cancelled before, it is scheduled
            (unless the lever `charge_reserved` is on), or the PG does not allow the charge; with HTTP 500 or
            429 when the outcome stops the charge.
        Malformed: when a field is missing or of the wrong shape.
    """
    _check_currency(merchant, fields)
    payment = requested_charge(merchant, fields, now)
    with exclusive(known=merchant):
        if entries.is_scheduled(merchant, payment.merchant_uid) and not levers.get(merchant, "charge_reserved"):
            raise Refused(1, DUPLICATE)
        attempted = check_and_charge(merchant, payment, fields, now)
    if not attempted:  # after the commit, which uses up the planned outcome
        raise _not_attempted(payment)
    return payment


def check_and_charge(merchant: Merchant, payment: Payment, fields: Fields, now: int) -> bool:
    """Charge the key of the payment's `customer_uid`, inside the caller's transaction.

    Return False when the outcome stops the charge: it is not even attempted.

    Raises:
        Refused, Malformed: when `charge` raises them; nothing has been written then.
    """
    key = keys.find(merchant, str(payment.customer_uid))
    if key is None:
        raise Refused(1, UNKNOWN_BUYER)
    if entries.is_settled(merchant, payment.merchant_uid):
        raise Refused(1, DUPLICATE)
    _check_charge(merchant, key, payment, fields, now)
    return charge_key(key, payment, now)


def charge_key(key: BillingKey, payment: Payment, now: int) -> bool:
    """Let the PG charge `key`, inside the caller's transaction. Return False as `check_and_charge` does."""
    _settle(key, payment, now)
    if outcomes.stops_charge(payment):
        return False
    db.session.add(payment)
    notices.queue_approval(key.merchant, payment, now)
    return True


def requested_charge(merchant: Merchant, fields: Fields, now: int, *, by_card: bool = False) -> Payment:
    """Return the payment that `fields` request, without what depends on the key.

    `by_card`: the fields name a card, and with `customer_uid` they request that its key be stored.

    Raises:
        Malformed: when a field is missing or of the wrong shape.
    """
    read_uid = text if by_card else required_text
    customer_uid = read_uid(fields, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    amount, code = required_amount(fields, above_zero=True), currency(fields)
    return Payment(
        merchant_id=merchant.id,
        customer_uid=customer_uid,
        merchant_uid=required_text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        amount=amount,
        currency=code,
        **taxes(fields, amount, code),
        card_quota=instalments(fields, amount, code),
        status="ready",
        customer_uid_usage=("issue" if customer_uid else None) if by_card else "payment",
        channel="api",
        name=text(fields, "name"),
        custom_data=as_json(fields, "custom_data"),
        notice_urls=urls(fields, "notice_url"),
        cancellations=[],
        started_at=now,
        updated_at=now,
        **{field: text(fields, field) for field in entries.BUYER},
    )


def charge_card(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Charge a card once. Return the payment, `failed` when declined. With `customer_uid`, store its key when paid.

    Raises:
        Refused: when the card is not a test card, its PG turns it down, or the `merchant_uid` was paid or cancelled
            before; with HTTP 500 or 429 when the outcome stops the charge.
        Malformed: when a field is missing or of the wrong shape.
    """
    payment = requested_charge(merchant, fields, now, by_card=True)
    channel, instrument, payment.expiry = keys.read_card(merchant, fields)
    profile = pgs.profile_for(channel.pg_provider)
    pg_checks.check_call(merchant, "POST /subscribe/payments/onetime", fields, profile)
    if instrument is None:
        raise Refused(-1, f"{keys.INVALID_CARD} {keys.UNKNOWN_INSTRUMENT}", detail=keys.UNKNOWN_INSTRUMENT)
    with exclusive(merchant):
        if entries.is_settled(merchant, payment.merchant_uid):
            raise Refused(1, DUPLICATE)
        if refusal := expiry.refusal(merchant, payment.expiry, now) or instrument.issue_refusal:
            raise Refused(-1, f"{CARD_REFUSED} {refusal}", detail=refusal)
        key = keys.key_for_card(merchant, payment.customer_uid or "", channel, instrument, now)
        key.expiry = payment.expiry
        attempted = charge_key(key, payment, now)
        if attempted and payment.issues_key and payment.status == "paid":
            keys.copy_buyer(key, payment)
            keys.store(key)
    if not attempted:  # after the commit, which uses up the planned outcome
        raise _not_attempted(payment)
    return payment


def _not_attempted(payment: Payment) -> Refused:
    """Return the answer to a charge that the outcome stopped."""
    if outcomes.answer_to(payment) == "429_before":
        return Refused(-1, TOO_MANY, http=429, retry_after=payment.outcome_seconds)
    return Refused(-1, INTERNAL_ERROR, http=500)


def _settle(key: BillingKey, payment: Payment, now: int) -> None:
    profile = key.profile
    payment.imp_uid = payment.imp_uid or entries.new_imp_uid()
    payment.pg_code, payment.pg_id = key.pg_code, key.pg_id
    payment.pay_method = key.pay_method or profile.methods[0]
    payment.pg_tid = entries.new_pg_tid(payment, now)
    instrument = instruments.find(key.instrument, profile.family)
    if instrument is None:
        raise Refused(-1, keys.UNKNOWN_INSTRUMENT, ours=True)
    settling.settle_charge(key, payment, instrument, now)


# What the PG demands of a charge --------------------------------------------------------------------------


def _check_charge(merchant: Merchant, key: BillingKey, payment: Payment, fields: Fields, now: int) -> None:
    """Check that the PG allows this charge of `key`.

    Raises:
        Refused: when a field differs from the issue, or the key may not be charged at this moment.
        Malformed: when a field is missing or does not suit the PG.
    """
    profile = key.profile
    is_booked = payment.customer_uid_usage == "payment.scheduled"  # and was checked then
    pg_checks.check_call(merchant, "POST /subscribe/payments/again", fields, profile, lenient=is_booked)
    for field in profile.must_equal_issue:
        if getattr(payment, field) != getattr(key, field):
            raise _differs(key, field)
    if payment.buyer_name:
        pg_checks.check_buyer_name(merchant, profile, payment.buyer_name)
    if payment.currency in profile.currencies_barred_at_again:
        raise Malformed(f"{profile.name_ko}: {payment.currency}로는 결제할 수 없습니다.")
    pg_checks.check_order(profile, payment)
    _check_time(merchant, key, now)


def _check_currency(merchant: Merchant, fields: Fields) -> None:
    """Check the currency before the amount, which a missing currency makes won: 49.99 is no amount of won."""
    key = keys.find(merchant, text(fields, "customer_uid") or "")
    if key and "currency" in key.profile.must_equal_issue and currency(fields) != key.currency:
        raise _differs(key, "currency")


def _differs(key: BillingKey, field: str) -> Refused:
    return Refused(-1, f"{key.profile.name_ko}: 빌링키를 발급받을 때와 {field} 값이 다릅니다.", ours=True)


def _check_time(merchant: Merchant, key: BillingKey, now: int) -> None:
    """Check that the key may be charged at this moment. Raises `Refused`."""
    profile = key.profile
    if profile.again_live_only and not levers.get(merchant, "live_channels"):
        raise Refused(-1, f"{profile.name_ko}: 테스트 채널에서 발급한 빌링키는 결제할 수 없습니다.", ours=True)
    if profile.again_after_webhook and levers.get(merchant, "again_after_webhook") and _is_unannounced(key):
        raise Refused(-1, f"{profile.name_ko}: 빌링키 발급 웹훅이 도착한 뒤에 결제할 수 있습니다.", ours=True)
    days = profile.monthly_day_tolerance if levers.get(merchant, "monthly_day") else 0
    if days and _days_off(key.inserted_at, now) > days:
        raise Refused(-1, f"{profile.name_ko}: 매월 같은 날(±{days}일)에만 결제할 수 있습니다.", ours=True)
    cap = levers.get(merchant, "monthly_cap") if profile.monthly_cap else 0
    if cap and _charges_this_month(key, now) >= cap:
        raise Refused(-1, f"{profile.name_ko}: 이번 달 결제 횟수({cap}회)를 초과하였습니다.", ours=True)


def _is_unannounced(key: BillingKey) -> bool:
    """Whether the webhook of the issue is still queued. A shop without webhooks has none to wait for."""
    waiting = (
        select(Delivery.id)
        .join(Payment, Delivery.payment_id == Payment.id)
        .where(Payment.merchant_id == key.merchant_id, Payment.customer_uid == key.customer_uid)
        .where(Payment.customer_uid_usage == "issue", Delivery.state == "queued", Delivery.kind == "notice")
    )
    return db.session.scalar(waiting.limit(1)) is not None


def _days_off(issued_at: int, now: int) -> int:
    """Return the days from today to the nearest monthly issue day. The last day of a shorter month replaces it."""
    issued, today = (datetime.fromtimestamp(at, SEOUL).date() for at in (issued_at, now))
    first = today.replace(day=1)
    months = (first, (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1))
    anniversaries = [min(month + timedelta(days=issued.day - 1), _last_day(month)) for month in months]
    return min(abs((today - anniversary).days) for anniversary in anniversaries)


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _charges_this_month(key: BillingKey, now: int) -> int:
    """Count the charges of the key in this calendar month, including the one of its window."""
    first = datetime.fromtimestamp(now, SEOUL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    charged = select(func.count()).where(
        Payment.merchant_id == key.merchant_id,
        Payment.customer_uid == key.customer_uid,
        Payment.charged.is_(True),
        Payment.paid_at >= int(first.timestamp()),
    )
    return db.session.scalar(charged) or 0
