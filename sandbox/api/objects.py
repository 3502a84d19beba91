"""The objects of the wire. Every key is always there; amounts turn into major units here and nowhere else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.models import BillingKey, Cancellation, Payment, Prepared
from sandbox.money import major_units

_UNUSED_TEXT = (
    "emb_pg_provider",
    "card_issuer_code",
    "card_issuer_name",
    "card_publisher_code",
    "card_publisher_name",
    "vbank_code",
    "vbank_name",
    "vbank_num",
    "vbank_holder",
    "user_agent",
    "promotion",
)
"""Parts of a payment that recurring billing never fills."""

_AS_STORED = (
    *("imp_uid", "merchant_uid", "pay_method", "channel", "pg_id", "pg_tid", "apply_num"),
    *("bank_code", "bank_name", "card_code", "card_name", "card_number", "card_type"),
    *("name", "currency", "buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode", "custom_data"),
    *("status", "started_at", "paid_at", "failed_at", "cancelled_at", "fail_reason", "cancel_reason", "receipt_url"),
    *("customer_uid", "customer_uid_usage"),
)


def payment_object(payment: Payment) -> dict[str, Any]:
    """A payment; source: schema `PaymentAnnotation` of the V1 API."""
    return {
        **dict.fromkeys(_UNUSED_TEXT),
        **{name: getattr(payment, name) for name in _AS_STORED},
        "pg_provider": payment.pg_code,
        "amount": major_units(payment.amount, payment.currency),
        "cancel_amount": major_units(payment.cancel_amount, payment.currency),
        "cancel_history": [_cancellation_object(entry, payment.currency) for entry in payment.cancellations],
        "cancel_receipt_urls": [],
        "deposit_history": [],
        "card_quota": 0,
        "cash_receipt_issued": False,
        "escrow": False,
        "sandbox": True,
        "vbank_date": 0,
        "vbank_issued_at": 0,
    }


def key_object(key: BillingKey) -> dict[str, Any]:
    """A billing key; source: schema `CustomerAnnotation`. The key itself is what the service never shows."""
    return {
        **dict.fromkeys(("card_issuer_code", "card_issuer_name", "card_publisher_code", "card_publisher_name")),
        "customer_uid": key.customer_uid,
        "pg_provider": key.pg_code,
        "pg_id": key.pg_id,
        "sandbox": True,
        "card_code": key.card_code,
        "card_name": key.card_name,
        "card_number": key.card_number,
        "card_type": key.card_type,
        "customer_id": key.customer_id,
        "customer_name": key.customer_name,
        "customer_tel": key.customer_tel,
        "customer_email": key.customer_email,
        "customer_addr": key.customer_addr,
        "customer_postcode": key.customer_postcode,
        "inserted": key.inserted_at,
        "updated": key.updated_at,
    }


def prepared_object(prepared: Prepared) -> dict[str, Any]:
    """A registered amount."""
    amount = Decimal(prepared.amount)
    return {
        "merchant_uid": prepared.merchant_uid,
        "amount": int(amount) if amount == amount.to_integral_value() else float(amount),
        "currency": prepared.currency,
    }


def _cancellation_object(entry: Cancellation, currency: str) -> dict[str, Any]:
    return {
        "amount": major_units(entry.amount, currency),
        "cancellation_id": entry.cancellation_id,
        "cancelled_at": entry.cancelled_at,
        "pg_tid": entry.pg_tid,
        "reason": entry.reason,
        "receipt_url": None,
    }
