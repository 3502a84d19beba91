"""Payment windows: which ones the service and the PG open, and what the payer's approval or refusal does.

Every rule owns its transaction and takes `now` (Unix seconds). An approval also queues its webhooks in the
same transaction; the caller then starts them with `sandbox.webhooks.delivery.announce`.
"""

import secrets
from decimal import Decimal
from typing import Literal

from sqlalchemy import select

from ..facts import instruments, pgs
from ..facts.instruments import Instrument
from ..facts.pgs import Profile
from ..facts.scripts import SCRIPTS, Script
from ..ledger import entries
from ..ledger.models import Merchant, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import channels, levers
from ..webhooks import notices
from ..wire.amounts import required_amount
from ..wire.errors import UNEXPLAINED, WindowRefused
from ..wire.parameters import (
    CUSTOMER_UID_LIMIT,
    MERCHANT_UID_LIMIT,
    Fields,
    Malformed,
    as_json,
    currency,
    number,
    required_text,
    text,
    urls,
)
from . import demands, expiry, keys, preparing, settling

PAID_ALREADY = "이미 결제가 이루어진 거래건입니다."
PREPARED_OTHERWISE = "결제요청 금액이 사전등록된 금액과 일치하지 않습니다."
DECLINED = "PG사에서 결제 요청을 거절하였습니다."


def open_window(
    merchant: Merchant,
    params: Fields,
    device: str,
    opener_origin: str,
    now: int,
    script: Script = SCRIPTS[0],
    user_agent: str | None = None,
) -> Payment:
    """Create the `ready` payment behind a window from the parameters of `IMP.request_pay`.

    `device` is `pc` or `mobile`; `opener_origin` is the only origin that may receive the result; `script` is the
    browser script that the page has loaded; `user_agent` is the browser's name for itself.

    Raises:
        WindowRefused: when the service or the PG would not open the window.
    """
    try:
        params = _as_read_by(script, params, now)
        payment = _window_payment(merchant, params, device, opener_origin, now)
    except pgs.UnknownPG as err:
        raise WindowRefused("NOT_READY", keys.NO_PG, sent=str(err)) from None
    except Malformed as err:
        raise WindowRefused("F0004", f"F0004:{_own(merchant, str(err))}") from None
    with exclusive(merchant):
        if entries.is_settled(merchant, payment.merchant_uid):
            raise WindowRefused("F1002", PAID_ALREADY)
        if not preparing.allows(merchant, payment):
            raise WindowRefused("F0004", f"F0004:{_own(merchant, PREPARED_OTHERWISE)}")
        payment.imp_uid, payment.user_agent = entries.new_imp_uid(), user_agent
        db.session.add(payment)
    return payment


def _own(merchant: Merchant, words: str) -> str:
    """Return a text of our own wording, or what replaces it when the lever `own_texts` is off."""
    return words if levers.get(merchant, "own_texts") else UNEXPLAINED


def window_effect(payment: Payment) -> Literal["charged", "shown", "key_only"]:
    """Return what an approval does to the amount: `charged`, only `shown`, or `key_only` if the amount is 0."""
    rule = payment.profile.charge
    if rule == "undocumented":
        rule = levers.get(payment.merchant, "undocumented_charge")
    if not payment.issues_key or rule == "always" or (rule == "if_positive" and payment.amount > 0):
        return "charged"
    return "shown" if payment.amount else "key_only"


def wants_identity_check(payment: Payment) -> bool:
    """Whether this window would issue the first key of its `customer_id` at a PG that checks who a new customer is."""
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


def approve(payment: Payment, number: str, now: int, *, expires: str | None = None) -> Payment:
    """Submit the window with the `number` of the payer's instrument: `paid`, or `failed` with a `fail_reason`.

    `expires` is the expiry of a card, `YYYY-MM`. A window that issues a key has stored it when `paid`. Return a
    finished payment unchanged.
    """
    with exclusive(payment):
        if payment.status != "ready" or payment.is_pending:
            return payment
        instrument = instruments.find(number, payment.profile.family)
        payment.pg_tid, payment.expiry = entries.new_pg_tid(payment, now), expires
        refusal = _refusal_at_issue(payment, instrument, now)
        if instrument is None or refusal:
            payment.mark_failed(refusal, at=now)
            return payment
        settling.settle_window(payment, instrument, now, charged=window_effect(payment) == "charged")
        notices.queue_approval(payment.merchant, payment, now)
    return payment


def decline(payment: Payment, now: int, reason: str = DECLINED) -> Payment:
    """Mark the payment `failed` with `reason`, as when the PG or the shop stops it. Return a finished one unchanged."""
    with exclusive(payment):
        if payment.status == "ready" and not payment.is_pending:
            payment.pg_tid = entries.new_pg_tid(payment, now)
            payment.mark_failed(reason, at=now)
    return payment


def close(payment: Payment, now: int) -> Payment:
    """Record that the payer closed the window: most PGs leave the payment `ready`, some make it `failed`."""
    with exclusive(payment):
        if payment.status == "ready" and not payment.is_pending:
            settling.close_window(payment, now)
    return payment


def _window_payment(merchant: Merchant, params: Fields, device: str, opener_origin: str, now: int) -> Payment:
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
        custom_data=as_json(params, "custom_data"),
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
        **{field: text(params, field) for field in entries.BUYER},
    )
    demands.check(merchant, payment, params, charges=window_effect(payment) == "charged")
    return payment


def _own_method(merchant: Merchant, profile: Profile) -> str:
    """Return the `pay_method` recorded by a PG that lets the payer choose and ignores the shop's."""
    chosen = str(levers.get(merchant, "wallet_method"))
    return chosen if chosen in profile.methods else profile.methods[0]


def _as_read_by(script: Script, params: Fields, now: int) -> Fields:
    """Return the parameters as the page's script passes them on.

    Raises:
        Malformed: when the script refuses the type of one of them.
    """
    read = dict(params)
    if script.makes_merchant_uid and read.get("merchant_uid") in (None, ""):
        read["merchant_uid"] = f"nobody_{now}{secrets.randbelow(1000):03}"
    if script.takes_text:
        read["amount"] = number(params, "amount")
        read["merchant_uid"] = text(read, "merchant_uid")
    _check_types(read)
    return read


def _check_types(params: Fields) -> None:
    """Check the types as the browser script does and REST does not: a quoted amount opens no window."""
    amount = params.get("amount")
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int | float | Decimal)):
        raise Malformed("amount 파라메터는 숫자여야 합니다.")
    if not isinstance(params.get("merchant_uid"), str):
        raise Malformed("merchant_uid 파라메터는 문자열이어야 합니다.")


def _window_amount(profile: Profile, params: Fields) -> int:
    if profile.amount_ignored or (profile.amount_optional and params.get("amount") is None):
        return 0
    return required_amount(params)


def _refusal_at_issue(payment: Payment, instrument: Instrument | None, now: int) -> str:
    """Return why the window's request does not reach the card's company, or '' when it does."""
    if entries.is_settled(payment.merchant, payment.merchant_uid):
        return PAID_ALREADY
    if instrument is None:
        return keys.UNKNOWN_INSTRUMENT
    return expiry.refusal(payment.merchant, payment.expiry, now) or ""
