"""What the real service would decide about windows and charges.

Every rule owns its transaction and takes ``now`` (Unix seconds). An approval also queues its webhooks in the
same transaction; whoever called the rule starts them with `sandbox.webhooks.announce`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from sqlalchemy import select

from sandbox import instruments, keys, ledger, pgs, preparing
from sandbox.errors import Refused as Refused
from sandbox.errors import WindowRefused as WindowRefused
from sandbox.instruments import Instrument
from sandbox.models import BillingKey, Fault, Merchant, Payment, db, exclusive
from sandbox.money import major_units, minor_units
from sandbox.parameters import (
    CUSTOMER_UID_LIMIT,
    MERCHANT_UID_LIMIT,
    Fields,
    Malformed,
    as_json,
    currency,
    required_number,
    required_text,
    text,
    urls,
)

DUPLICATE = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
PAID_ALREADY = "이미 결제가 이루어진 거래건입니다."
UNKNOWN_BUYER = "등록되지 않은 구매자입니다."

_BUYER = ("buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode")


# The window -----------------------------------------------------------------------------------------------


def open_window(merchant: Merchant, params: Fields, device: str, opener_origin: str, now: int) -> Payment:
    """Make the ``ready`` payment behind a window from the parameters of ``IMP.request_pay``.

    ``device`` is ``pc`` or ``mobile``; ``opener_origin`` the only origin that may hear the result.

    Raises:
        WindowRefused: the service or the PG would not open it.
    """
    try:
        payment = _window_payment(merchant, params, device, opener_origin, now)
    except pgs.UnknownPG:
        raise WindowRefused("NOT_READY", keys.NO_PG) from None
    except Malformed as err:
        raise WindowRefused("F0004", f"F0004:{err}") from None
    with exclusive(merchant):
        if ledger.is_settled(merchant, payment.merchant_uid):
            raise WindowRefused("F1002", PAID_ALREADY)
        if not _matches_prepared(merchant, payment):
            raise WindowRefused("F0005", "F0005:결제요청 금액이 사전등록된 금액과 일치하지 않습니다.")
        payment.imp_uid = ledger.new_imp_uid()
        db.session.add(payment)
    return payment


def window_effect(payment: Payment) -> Literal["charged", "shown", "key_only"]:
    """What approving this window does to its amount: takes it, only shows it, or there is none to show."""
    if not payment.issues_key or payment.profile.charges(payment.amount):
        return "charged"
    return "shown" if payment.amount else "key_only"


def approve(payment: Payment, number: str, now: int) -> Payment:
    """The payer submits the window with an instrument's ``number``: ``paid``, or ``failed`` with a ``fail_reason``.

    A window that would issue a key has issued it when ``paid``. A finished payment comes back unchanged.
    """
    with exclusive(payment):
        if payment.status != "ready":
            return payment
        instrument = instruments.find(number, payment.profile.family)
        payment.pg_tid = ledger.new_pg_tid(payment, now)
        refusal = _refusal_at_issue(payment, instrument)
        if instrument is None or refusal:
            payment.mark_failed(refusal, at=now)
            return payment
        charged = window_effect(payment) == "charged"
        ledger.show_instrument(payment, instrument)
        payment.mark_paid(at=now, charged=charged)
        payment.apply_num = ledger.new_apply_num() if charged else ""
        if payment.issues_key:
            keys.store(keys.of_window(payment, instrument, now))
        ledger.queue_webhooks(payment.merchant, payment, now)
    return payment


def decline(payment: Payment, now: int) -> Payment:
    """The PG turns the payer down, whatever the instrument. A finished payment comes back unchanged."""
    with exclusive(payment):
        if payment.status == "ready":
            payment.pg_tid = ledger.new_pg_tid(payment, now)
            payment.mark_failed("PG사에서 결제 요청을 거절하였습니다.", at=now)
    return payment


def close(payment: Payment, now: int) -> Payment:
    """The payer shuts the window: most PGs leave the record ``ready``, some make it ``failed``."""
    with exclusive(payment):
        if payment.status == "ready" and payment.device in payment.profile.close_fails_on:
            payment.mark_failed("사용자가 결제를 취소함", at=now)
    return payment


def _window_payment(merchant: Merchant, params: Fields, device: str, opener_origin: str, now: int) -> Payment:
    # The browser script is typed where REST is not: a quoted amount opens no window.
    if not isinstance(params.get("amount"), int | float | Decimal) or isinstance(params["amount"], bool):
        raise Malformed("amount 파라메터는 숫자여야 합니다.")
    if not isinstance(params.get("merchant_uid"), str):
        raise Malformed("merchant_uid 파라메터는 문자열이어야 합니다.")
    pg = text(params, "pg")
    profile = pgs.profile_for(pg)
    customer_uid = text(params, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    payment = Payment(
        merchant_id=merchant.id,
        merchant_uid=required_text(params, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        pg_code=profile.code,
        pg_id=pgs.mid_of(pg),
        pay_method=text(params, "pay_method") or "card",
        channel=device,
        name=text(params, "name"),
        amount=_amount(params),
        currency=currency(params),
        customer_uid=customer_uid,
        customer_uid_usage="issue" if customer_uid else None,
        custom_data=as_json(params.get("custom_data")),
        started_at=now,
        updated_at=now,
        device=device,
        result_path=profile.result_path(device),
        opener_origin=opener_origin,
        m_redirect_url=text(params, "m_redirect_url"),
        language=text(params, "language"),
        bypass=params.get("bypass"),
        notice_urls=urls(params, "notice_url"),
        **{field: text(params, field) for field in _BUYER},
    )
    _meet_window_demands(merchant, payment, params)
    return payment


def _meet_window_demands(merchant: Merchant, payment: Payment, params: Fields) -> None:
    profile = payment.profile
    if payment.pay_method not in profile.methods:
        raise Malformed(f"{profile.name_ko}: 지원하지 않는 pay_method입니다. ({', '.join(profile.methods)})")
    for field in profile.required_at_issue:
        required_text(params, field)
    _check_buyer_name(merchant, profile, payment.buyer_name)
    if window_effect(payment) == "charged" and payment.amount == 0:
        raise Malformed(f"{profile.name_ko}: amount는 0보다 커야 합니다.")


def _matches_prepared(merchant: Merchant, payment: Payment) -> bool:
    """Whether this window asks for what was registered for it, if anything was."""
    prepared = preparing.find(merchant, payment.merchant_uid)
    if prepared is None:
        return True
    registered = (Decimal(prepared.amount), prepared.currency or payment.currency)
    return registered == (Decimal(str(major_units(payment.amount, payment.currency))), payment.currency)


def _refusal_at_issue(payment: Payment, instrument: Instrument | None) -> str:
    """Why the window's request fails, '' when it does not."""
    if ledger.is_settled(payment.merchant, payment.merchant_uid):
        return PAID_ALREADY
    return keys.UNKNOWN_INSTRUMENT if instrument is None else instrument.issue_refusal or ""


# The charge -----------------------------------------------------------------------------------------------


def charge(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Charge a stored key, as ``POST /subscribe/payments/again`` does: ``paid``, or ``failed`` when declined.

    Raises:
        Refused: unknown ``customer_uid``, a ``merchant_uid`` paid or cancelled before, or not what the PG saw at issue.
        Malformed: a field is missing or of the wrong shape.
    """
    payment = _charge_payment(merchant, fields, now)
    with exclusive(merchant):
        key = keys.find(merchant, str(payment.customer_uid))
        if key is None:
            raise Refused(1, UNKNOWN_BUYER)
        if ledger.is_settled(merchant, payment.merchant_uid):
            raise Refused(1, DUPLICATE)
        _meet_charge_demands(merchant, key, payment, fields)
        _charge_key(key, payment, now)
        db.session.add(payment)
        ledger.queue_webhooks(merchant, payment, now)
    return payment


def trip(merchant: Merchant, customer_uid: str | None, kind: str) -> None:
    """Use up a fault that was ordered under ``/control/faults`` for this moment, if there is one.

    Raises:
        Refused: there was one; HTTP 500.
    """
    if _fault(merchant, customer_uid, kind) is None:
        return
    with exclusive(merchant):
        fault = _fault(merchant, customer_uid, kind)
        if fault is None:
            return
        fault.times -= 1
    raise Refused(-1, "Internal Server Error", http=500)


def _fault(merchant: Merchant, customer_uid: str | None, kind: str) -> Fault | None:
    return db.session.scalar(
        select(Fault)
        .where(Fault.merchant_id == merchant.id, Fault.kind == kind, Fault.times > 0)
        .where(Fault.customer_uid.is_(None) | (Fault.customer_uid == customer_uid))
        .limit(1)
    )


def _charge_payment(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """The payment asked for; what the key decides is still open."""
    return Payment(
        merchant_id=merchant.id,
        customer_uid=required_text(fields, "customer_uid", limit=CUSTOMER_UID_LIMIT),
        merchant_uid=required_text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        amount=_amount(fields, above_zero=True),
        currency=currency(fields),
        status="ready",
        customer_uid_usage="payment",
        channel="api",
        name=text(fields, "name"),
        custom_data=as_json(fields.get("custom_data")),
        notice_urls=urls(fields, "notice_url"),
        started_at=now,
        updated_at=now,
        **{field: text(fields, field) for field in _BUYER},
    )


def _meet_charge_demands(merchant: Merchant, key: BillingKey, payment: Payment, fields: Fields) -> None:
    profile = key.profile
    for field in profile.required_at_again:
        required_text(fields, field)
    if merchant.strict:
        required_text(fields, "name")
    for field in profile.must_equal_issue:
        if getattr(payment, field) != getattr(key, field):
            raise Refused(-1, f"{profile.name_ko}: 빌링키를 발급받을 때와 {field} 값이 다릅니다.")
    if payment.buyer_name:
        _check_buyer_name(merchant, profile, payment.buyer_name)


def _charge_key(key: BillingKey, payment: Payment, now: int) -> None:
    profile = key.profile
    payment.imp_uid = ledger.new_imp_uid()
    payment.pg_code, payment.pg_id, payment.pay_method = key.pg_code, key.pg_id, profile.methods[0]
    payment.pg_tid = ledger.new_pg_tid(payment, now)
    instrument = instruments.find(key.instrument, profile.family)
    if instrument is None:
        raise Refused(-1, keys.UNKNOWN_INSTRUMENT)
    ledger.show_instrument(payment, instrument)
    if instrument.declines_charge(key.approved_charges):
        payment.mark_failed(str(instrument.charge_refusal), at=now)
        return
    payment.mark_paid(at=now, charged=True)
    payment.apply_num = ledger.new_apply_num()
    key.approved_charges += 1


# Both -----------------------------------------------------------------------------------------------------


def _amount(fields: Fields, *, above_zero: bool = False) -> int:
    try:
        amount = minor_units(required_number(fields, "amount"), currency(fields))
    except ValueError as err:
        raise err if isinstance(err, Malformed) else Malformed("amount 파라메터가 올바르지 않습니다.") from None
    if above_zero and amount == 0:
        raise Malformed("amount 파라메터는 0보다 커야 합니다.")
    return amount


def _check_buyer_name(merchant: Merchant, profile: pgs.Profile, buyer_name: str | None) -> None:
    if merchant.strict and profile.two_word_buyer_name and len((buyer_name or "").split(" ")) != 2:
        raise Malformed("buyer_name 파라메터는 빈칸 하나로 나눈 'First Last' 형식이어야 합니다.")
