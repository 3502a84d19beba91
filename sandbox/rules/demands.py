"""What a PG demands of a window and of a later charge, read off its traits.

Texts of refusals are assumed: the real ones are each PG's prose, and no shop may branch on them.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from ..facts import pgs
from ..facts.pgs import Profile
from ..ledger.models import BillingKey, Delivery, Merchant, Payment, db
from ..merchants import levers
from ..merchants.clock import SEOUL
from ..wire.errors import Refused
from ..wire.parameters import Fields, Malformed, missing, required_text

# The window -----------------------------------------------------------------------------------------------


def meet_window(merchant: Merchant, payment: Payment, params: Fields, *, charges: bool) -> None:
    """Check the parameters of a window that ``charges`` its amount or not. Raises `Malformed`."""
    profile = payment.profile
    if payment.pay_method not in profile.methods:
        methods = ", ".join(pgs.methods_of(profile.code))
        raise Malformed(f"{profile.name_ko}: 지원하지 않는 pay_method입니다. ({methods})")
    if profile.ui_type != (params.get("ui_type") or ""):
        raise Malformed(f"{profile.name_ko}: {_door(profile)}로 호출해야 하는 결제창입니다.")
    for field in _required(profile, payment, charges):
        if params.get(field) in (None, ""):
            raise missing(field)
    _check_strictly(merchant, profile, params)
    _check_order(profile, payment)
    if profile.customer_id_limit and len(payment.customer_id or "") > profile.customer_id_limit:
        raise Malformed(f"customer_id 파라메터는 {profile.customer_id_limit}자를 넘을 수 없습니다.")
    if charges and payment.amount == 0:
        raise Malformed(f"{profile.name_ko}: amount는 0보다 커야 합니다.")


def _door(profile: Profile) -> str:
    return f"IMP.loadUI('{profile.ui_type}')" if profile.ui_type else "IMP.request_pay"


def _required(profile: Profile, payment: Payment, charges: bool) -> tuple[str, ...]:
    fields = profile.required
    if payment.device == "mobile":
        fields += profile.required_on_mobile
    if payment.issues_key:
        fields += profile.required_at_issue
        fields += () if charges else profile.required_for_key_only
    return fields


def _check_strictly(merchant: Merchant, profile: Profile, params: Fields) -> None:
    if not levers.get(merchant, "strict"):
        return
    for field in profile.barred_when_strict:
        if params.get(field) not in (None, ""):
            raise Malformed(f"{profile.name_ko}: {field} 파라메터를 지원하지 않습니다.")
    check_buyer_name(merchant, profile, params.get("buyer_name"))


def _check_order(profile: Profile, payment: Payment) -> None:
    """What the PG can read of the order: its number, its name, its money."""
    if profile.merchant_uid_pattern and not re.fullmatch(profile.merchant_uid_pattern, payment.merchant_uid):
        raise Malformed(f"{profile.name_ko}: merchant_uid 형식이 올바르지 않습니다. ({profile.merchant_uid_pattern})")
    name = payment.name or ""
    if profile.name_bytes and len(name.encode("euc-kr", "replace")) > profile.name_bytes:
        raise Malformed(f"{profile.name_ko}: name 파라메터는 {profile.name_bytes}바이트를 넘을 수 없습니다.")
    if set(name) & set(profile.name_barred):
        raise Malformed(f"{profile.name_ko}: name 파라메터에 사용할 수 없는 문자가 있습니다. ({profile.name_barred})")
    if profile.currencies and payment.currency not in profile.currencies:
        raise Malformed(f"{profile.name_ko}: 지원하지 않는 currency입니다. ({', '.join(profile.currencies)})")
    if payment.currency == "KRW" and payment.amount < profile.least_amount:
        raise Malformed(f"{profile.name_ko}: amount는 {profile.least_amount}원 이상이어야 합니다.")


def wants_identity_check(payment: Payment) -> bool:
    """Whether this window would issue the first key of its ``customer_id`` at a PG that asks who that is."""
    if not (payment.profile.verifies_new_customer and payment.issues_key):
        return False
    known = select(Payment.id).where(
        Payment.merchant_id == payment.merchant_id,
        Payment.pg_code == payment.pg_code,
        Payment.customer_id == payment.customer_id,
        Payment.customer_uid_usage == "issue",
        Payment.paid_at > 0,
    )
    return db.session.scalar(known.limit(1)) is None


def check_buyer_name(merchant: Merchant, profile: Profile, buyer_name: object) -> None:
    if levers.get(merchant, "strict") and profile.two_word_buyer_name and len(str(buyer_name or "").split(" ")) != 2:
        raise Malformed("buyer_name 파라메터는 빈칸 하나로 나눈 'First Last' 형식이어야 합니다.")


# The charge -----------------------------------------------------------------------------------------------


def meet_charge(merchant: Merchant, key: BillingKey, payment: Payment, fields: Fields, now: int) -> None:
    """Check a charge of ``key``. Raises `Malformed` or `Refused`."""
    profile = key.profile
    for field in profile.required_at_again:
        required_text(fields, field)
    if levers.get(merchant, "strict"):
        required_text(fields, "name")
    for field in profile.must_equal_issue:
        if getattr(payment, field) != getattr(key, field):
            raise Refused(-1, f"{profile.name_ko}: 빌링키를 발급받을 때와 {field} 값이 다릅니다.")
    if payment.buyer_name:
        check_buyer_name(merchant, profile, payment.buyer_name)
    if payment.currency in profile.currencies_barred_at_again:
        raise Malformed(f"{profile.name_ko}: {payment.currency}로는 결제할 수 없습니다.")
    _check_order(profile, payment)
    _check_time(merchant, key, now)


def _check_time(merchant: Merchant, key: BillingKey, now: int) -> None:
    """Whether the key may be charged at this moment. Raises `Refused`."""
    profile = key.profile
    if profile.again_live_only and not levers.get(merchant, "live_channels"):
        raise Refused(-1, f"{profile.name_ko}: 테스트 채널에서 발급한 빌링키는 결제할 수 없습니다.")
    if profile.again_after_webhook and levers.get(merchant, "again_after_webhook") and _is_unannounced(key):
        raise Refused(-1, f"{profile.name_ko}: 빌링키 발급 웹훅이 도착한 뒤에 결제할 수 있습니다.")
    days = profile.monthly_day_tolerance if levers.get(merchant, "monthly_day") else 0
    if days and _days_off(key.inserted_at, now) > days:
        raise Refused(-1, f"{profile.name_ko}: 매월 같은 날(±{days}일)에만 결제할 수 있습니다.")
    cap = levers.get(merchant, "monthly_cap") if profile.monthly_cap else 0
    if cap and _charges_this_month(key, now) >= cap:
        raise Refused(-1, f"{profile.name_ko}: 이번 달 결제 횟수({cap}회)를 초과하였습니다.")


def _is_unannounced(key: BillingKey) -> bool:
    """Whether a notice of the issue still waits to be sent. A shop without webhooks waits for nothing."""
    waiting = (
        select(Delivery.id)
        .join(Payment, Delivery.payment_id == Payment.id)
        .where(Payment.merchant_id == key.merchant_id, Payment.customer_uid == key.customer_uid)
        .where(Payment.customer_uid_usage == "issue", Delivery.state == "queued", Delivery.kind == "notice")
    )
    return db.session.scalar(waiting.limit(1)) is not None


def _days_off(issued_at: int, now: int) -> int:
    """Days between today and the nearest anniversary of the issue; the 31st is the last day of a shorter month."""
    issued, today = (datetime.fromtimestamp(at, SEOUL).date() for at in (issued_at, now))
    first = today.replace(day=1)
    months = (first, (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1))
    anniversaries = [min(month + timedelta(days=issued.day - 1), _last_day(month)) for month in months]
    return min(abs((today - anniversary).days) for anniversary in anniversaries)


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _charges_this_month(key: BillingKey, now: int) -> int:
    """How often the key was charged in this calendar month, its window's own charge counted in."""
    first = datetime.fromtimestamp(now, SEOUL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    charged = select(func.count()).where(
        Payment.merchant_id == key.merchant_id,
        Payment.customer_uid == key.customer_uid,
        Payment.charged.is_(True),
        Payment.paid_at >= int(first.timestamp()),
    )
    return db.session.scalar(charged) or 0
