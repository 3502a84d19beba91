"""What the real service would decide about windows and charges.

Every rule owns its transaction and takes ``now`` (Unix seconds). An approval also queues its webhooks in the
same transaction; whoever called the rule starts them with `sandbox.webhooks.delivery.announce`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from ..facts import instruments, pgs
from ..facts.instruments import Instrument
from ..ledger import entries
from ..ledger.models import BillingKey, Merchant, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import channels, levers
from ..webhooks import notices
from ..wire.amounts import instalments, required_amount, taxes
from ..wire.errors import Refused as Refused
from ..wire.errors import WindowRefused as WindowRefused
from ..wire.money import major_units
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
from . import demands, keys, outcomes, preparing, settling

DUPLICATE = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
PAID_ALREADY = "이미 결제가 이루어진 거래건입니다."
DECLINED = "PG사에서 결제 요청을 거절하였습니다."
UNKNOWN_BUYER = "등록되지 않은 구매자입니다."
INTERNAL_ERROR = "Internal Server Error"

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
        if entries.is_settled(merchant, payment.merchant_uid):
            raise WindowRefused("F1002", PAID_ALREADY)
        if not _matches_prepared(merchant, payment):
            raise WindowRefused("F0005", "F0005:결제요청 금액이 사전등록된 금액과 일치하지 않습니다.")
        payment.imp_uid = entries.new_imp_uid()
        db.session.add(payment)
    return payment


def window_effect(payment: Payment) -> Literal["charged", "shown", "key_only"]:
    """What approving this window does to its amount: takes it, only shows it, or there is none to show."""
    rule = payment.profile.charge
    if rule == "undocumented":
        rule = levers.get(payment.merchant, "undocumented_charge")
    if not payment.issues_key or rule == "always" or (rule == "if_positive" and payment.amount > 0):
        return "charged"
    return "shown" if payment.amount else "key_only"


def approve(payment: Payment, number: str, now: int) -> Payment:
    """The payer submits the window with an instrument's ``number``: ``paid``, or ``failed`` with a ``fail_reason``.

    A window that would issue a key has issued it when ``paid``. A finished payment comes back unchanged.
    """
    with exclusive(payment):
        if payment.status != "ready" or payment.is_pending:
            return payment
        instrument = instruments.find(number, payment.profile.family)
        payment.pg_tid = entries.new_pg_tid(payment, now)
        refusal = _refusal_at_issue(payment, instrument)
        if instrument is None or refusal:
            payment.mark_failed(refusal, at=now)
            return payment
        settling.settle_window(payment, instrument, now, charged=window_effect(payment) == "charged")
        notices.queue_approval(payment.merchant, payment, now)
    return payment


def decline(payment: Payment, now: int, reason: str = DECLINED) -> Payment:
    """Somebody stops it, the PG or the shop, whatever the instrument. A finished payment comes back unchanged."""
    with exclusive(payment):
        if payment.status == "ready" and not payment.is_pending:
            payment.pg_tid = entries.new_pg_tid(payment, now)
            payment.mark_failed(reason, at=now)
    return payment


def close(payment: Payment, now: int) -> Payment:
    """The payer shuts the window: most PGs leave the record ``ready``, some make it ``failed``."""
    with exclusive(payment):
        if payment.status == "ready" and not payment.is_pending:
            settling.shut(payment, now)
    return payment


def _window_payment(merchant: Merchant, params: Fields, device: str, opener_origin: str, now: int) -> Payment:
    _check_types(params)
    channel = channels.channel_of(merchant, text(params, "pg"), text(params, "channelKey"))
    pay_method = text(params, "pay_method") or "card"
    profile = pgs.profile_for(channel.pg_provider, pay_method)
    customer_uid = text(params, "customer_uid", limit=CUSTOMER_UID_LIMIT)
    payment = Payment(
        merchant=merchant,
        merchant_uid=required_text(params, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        pg_code=profile.code,
        pg_id=channel.pg_id,
        pay_method=_own_method(merchant, profile) if profile.method_ignored else pay_method,
        channel=device,
        name=text(params, "name"),
        amount=_window_amount(profile, params),
        currency=currency(params),
        customer_uid=customer_uid,
        customer_uid_usage="issue" if customer_uid else None,
        customer_id=text(params, "customer_id"),
        escrow=params.get("escrow") is True,
        custom_data=as_json(params.get("custom_data")),
        started_at=now,
        updated_at=now,
        device=device,
        result_path=profile.result_path(device, params),
        window_form=profile.window_form(device, params),
        opener_origin=opener_origin,
        m_redirect_url=text(params, "m_redirect_url"),
        language=text(params, "language"),
        bypass=params.get("bypass"),
        notice_urls=urls(params, "notice_url"),
        confirm_url=next(iter(urls(params, "confirm_url")), None),
        **{field: text(params, field) for field in _BUYER},
    )
    demands.meet_window(merchant, payment, params, charges=window_effect(payment) == "charged")
    return payment


def _own_method(merchant: Merchant, profile: pgs.Profile) -> str:
    """What a PG records that lets the payer choose and ignores what the shop wrote."""
    chosen = str(levers.get(merchant, "wallet_method"))
    return chosen if chosen in profile.methods else profile.methods[0]


def _check_types(params: Fields) -> None:
    """The browser script is typed where REST is not: a quoted amount opens no window."""
    amount = params.get("amount")
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int | float | Decimal)):
        raise Malformed("amount 파라메터는 숫자여야 합니다.")
    if not isinstance(params.get("merchant_uid"), str):
        raise Malformed("merchant_uid 파라메터는 문자열이어야 합니다.")


def _window_amount(profile: pgs.Profile, params: Fields) -> int:
    if profile.amount_ignored or (profile.amount_optional and params.get("amount") is None):
        return 0
    return required_amount(params)


def _matches_prepared(merchant: Merchant, payment: Payment) -> bool:
    """Whether this window asks for what was registered for it, if anything was."""
    prepared = preparing.find(merchant, payment.merchant_uid)
    if prepared is None:
        return True
    registered = (Decimal(prepared.amount), prepared.currency or payment.currency)
    return registered == (Decimal(str(major_units(payment.amount, payment.currency))), payment.currency)


def _refusal_at_issue(payment: Payment, instrument: Instrument | None) -> str:
    """Why the window's request does not reach the PG, '' when it does."""
    if entries.is_settled(payment.merchant, payment.merchant_uid):
        return PAID_ALREADY
    return keys.UNKNOWN_INSTRUMENT if instrument is None else ""


# The charge -----------------------------------------------------------------------------------------------


def charge(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Charge a stored key, as ``POST /subscribe/payments/again`` does: ``paid``, or ``failed`` when declined.

    Raises:
        Refused: unknown ``customer_uid``, a ``merchant_uid`` paid or cancelled before, or not what the PG saw at issue;
            HTTP 500 where that was ordered for before the charge.
        Malformed: a field is missing or of the wrong shape.
    """
    payment = asked_charge(merchant, fields, now)
    with exclusive(known=merchant):
        if entries.is_reserved(merchant, payment.merchant_uid) and not levers.get(merchant, "charge_reserved"):
            raise Refused(1, DUPLICATE)
        made = take(merchant, payment, fields, now)
    if not made:  # after the commit, which uses up the order for it
        raise Refused(-1, INTERNAL_ERROR, http=500)
    return payment


def take(merchant: Merchant, payment: Payment, fields: Fields, now: int) -> bool:
    """Charge the key that ``payment`` names, inside the caller's transaction; False: a 500 was ordered, no charge made.

    Raises:
        Refused, Malformed: as `charge`, and then nothing was written.
    """
    key = keys.find(merchant, str(payment.customer_uid))
    if key is None:
        raise Refused(1, UNKNOWN_BUYER)
    if entries.is_settled(merchant, payment.merchant_uid):
        raise Refused(1, DUPLICATE)
    demands.meet_charge(merchant, key, payment, fields, now)
    return put_through(key, payment, now)


def put_through(key: BillingKey, payment: Payment, now: int) -> bool:
    """Have the PG charge `key`, inside the caller's transaction; False as for `take`."""
    _charge_key(key, payment, now)
    if outcomes.answer_to(payment) == "500_before":
        return False
    db.session.add(payment)
    notices.queue_approval(key.merchant, payment, now)
    return True


def asked_charge(merchant: Merchant, fields: Fields, now: int, *, by_card: bool = False) -> Payment:
    """The payment asked for; what the key decides is still open. Raises `Malformed`.

    ``by_card``: no key is charged, and ``customer_uid`` is a wish for one.
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
        custom_data=as_json(fields.get("custom_data")),
        notice_urls=urls(fields, "notice_url"),
        cancellations=[],
        started_at=now,
        updated_at=now,
        **{field: text(fields, field) for field in _BUYER},
    )


def _charge_key(key: BillingKey, payment: Payment, now: int) -> None:
    profile = key.profile
    payment.imp_uid = payment.imp_uid or entries.new_imp_uid()
    payment.pg_code, payment.pg_id = key.pg_code, key.pg_id
    payment.pay_method = key.pay_method or profile.methods[0]
    payment.pg_tid = entries.new_pg_tid(payment, now)
    instrument = instruments.find(key.instrument, profile.family)
    if instrument is None:
        raise Refused(-1, keys.UNKNOWN_INSTRUMENT)
    settling.settle_charge(key, payment, instrument, now)
