"""Build a window's result for the shop: the callback's `rsp` object, or the query at `m_redirect_url`.

Both only inform the browser. What really happened is in the payment's record, which the shop reads over REST.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from ..ledger.models import Payment
from ..merchants import levers
from ..wire.money import major_units

CLOSED = "사용자가 결제를 취소하셨습니다"

DECLINED = "F0004"
"""An assumed code, because codes follow no fixed scheme. The documentation says only that a decline may carry one."""


def callback_result(payment: Payment, *, closed: bool = False) -> dict[str, Any]:
    """Return the object that the shop's callback receives. `closed` is whether the payer closed the window."""
    if payment.profile.payload == "ids_only":
        return _ids(payment) | _failure(payment, closed)
    result = {
        **_success(payment, "success", went_well(payment)),
        **_ids(payment),
        "pay_method": payment.pay_method,
        "pg_provider": payment.pg_code,
        "pg_type": "payment",
    }
    return result | (_details(payment) if went_well(payment) else _reason(payment, closed))


def redirect_target(payment: Payment, *, closed: bool = False) -> str | None:
    """Return `m_redirect_url` with the result in its query; None when the shop sent no usable one.

    Without one the payer cannot leave the window, as with the real service.
    """
    target = urlsplit(payment.m_redirect_url or "")
    if target.scheme not in ("http", "https") or not target.netloc:
        return None
    query = urlencode(_redirect_fields(payment, closed))
    return target._replace(query="&".join(filter(None, [target.query, query]))).geturl()


def went_well(payment: Payment) -> bool:
    """Whether the payer completed the window. It does not mean that money moved."""
    return payment.status == "paid" or payment.is_pending


def _ids(payment: Payment) -> dict[str, Any]:
    ids = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid}
    return ids | ({"customer_uid": payment.customer_uid} if payment.customer_uid else {})


def _details(payment: Payment) -> dict[str, Any]:
    """Return the fields that only a success has. For a missing value the service sends '' here, and null in REST."""
    return {
        "name": payment.name or "",
        "paid_amount": major_units(payment.amount, payment.currency),
        "currency": payment.currency,
        "pg_tid": payment.pg_tid or "",
        "apply_num": payment.apply_num or "",
        "buyer_name": payment.buyer_name or "",
        "buyer_email": payment.buyer_email or "",
        "buyer_tel": payment.buyer_tel or "",
        "buyer_addr": payment.buyer_addr or "",
        "buyer_postcode": payment.buyer_postcode or "",
        "custom_data": payment.custom_data,
        "status": payment.status,
        "paid_at": payment.paid_at,
        "receipt_url": payment.receipt_url,
        "card_name": payment.card_name,
        "bank_name": payment.bank_name,
        "card_quota": 0,
        "card_number": payment.card_number or "",
    }


def _redirect_fields(payment: Payment, closed: bool) -> dict[str, str]:
    ids = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid}
    if payment.profile.payload == "ids_only":
        return ids | _failure(payment, closed)
    if went_well(payment):
        return {**ids, **_success(payment, "imp_success", "true")}
    return {**ids, **_success(payment, "imp_success", "false"), **_reason(payment, closed)}


def _success(payment: Payment, name: str, value: Any) -> dict[str, Any]:
    """Return the deprecated field `name`. The lever `drop_success` omits it, to test whether the shop needs it."""
    return {} if levers.get(payment.merchant, "drop_success") else {name: value}


def _failure(payment: Payment, closed: bool) -> dict[str, str]:
    """Return what marks a failure without `success`. With `closed_error_code` a closed window has a code, too."""
    if went_well(payment):
        return {}
    reason = _reason(payment, closed)
    return {"error_code": DECLINED, **reason} if levers.get(payment.merchant, "closed_error_code") else reason


def _reason(payment: Payment, closed: bool) -> dict[str, str]:
    """Return why the window did not succeed. There is no `error_code` when the payer closed the window."""
    if closed:
        return {"error_msg": CLOSED}
    return {"error_code": DECLINED, "error_msg": payment.fail_reason or ""}
