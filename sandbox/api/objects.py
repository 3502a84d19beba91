"""The objects that answers contain. Every key is always present, and amounts are in major units."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from ..facts import nulls
from ..facts.codes import BANKS
from ..facts.pgs import Profile, profile_for
from ..ledger.models import BillingKey, Cancellation, Payment, Prepared, Schedule
from ..merchants.channels import Channel
from ..products import vbanks
from ..products.certifications import Certification
from ..products.escrows import Shipment
from ..products.naver_orders import ProductOrder
from ..products.receipts import Receipt
from ..products.vbanks import VirtualAccount
from ..wire.money import major_units

_AS_STORED = (
    *("imp_uid", "merchant_uid", "pay_method", "channel", "pg_id", "pg_tid", "apply_num"),
    *("bank_code", "bank_name", "card_code", "card_name", "card_number", "card_type"),
    *("name", "currency", "buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode", "custom_data"),
    *("status", "started_at", "paid_at", "failed_at", "cancelled_at", "fail_reason", "cancel_reason"),
    *("customer_uid", "customer_uid_usage", "user_agent"),
)


_OF_SCHEDULE = (
    *("customer_uid", "merchant_uid", "customer_id", "pg_id", "schedule_at", "executed_at", "revoked_at"),
    *("currency", "name", "buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode", "custom_data"),
)

_OF_PRODUCT = (
    *("product_order_id", "product_id", "product_name", "product_option_id", "product_option_name"),
    *("product_amount", "delivery_amount", "quantity", "shipping_due"),
)


def payment_object(payment: Payment) -> dict[str, Any]:
    """Return a payment. Source: schema `PaymentAnnotation` of the V1 API."""
    return {
        **nulls.of("Payment"),
        **{name: getattr(payment, name) for name in _AS_STORED},
        "pg_provider": payment.pg_code,
        "amount": major_units(payment.amount, payment.currency),
        "cancel_amount": major_units(payment.cancel_amount, payment.currency),
        "cancel_history": [_cancellation_object(entry, payment.currency) for entry in payment.cancellations],
        "cancel_receipt_urls": [],
        "deposit_history": [],
        **_issuer(payment.profile, payment.card_code, payment.card_name),
        "card_quota": payment.card_quota,
        "cash_receipt_issued": payment.cash_receipt_issued,
        "escrow": payment.escrow,
        "sandbox": True,
        **_vbank_fields(vbanks.of(payment)),
    }


def _issuer(profile: Profile, code: str | None, name: str | None) -> dict[str, str | None]:
    """Return who issued and who publishes a card, at the PGs that report it: each test card is of one company."""
    if not (profile.reports_issuer and profile.family == "card"):
        code = name = None
    return {
        **{f"card_{whose}_code": code for whose in ("issuer", "publisher")},
        **{f"card_{whose}_name": name for whose in ("issuer", "publisher")},
    }


def _vbank_fields(account: VirtualAccount | None) -> dict[str, Any]:
    return {
        "vbank_code": account and account.bank_code,
        "vbank_name": account and BANKS[account.bank_code],
        "vbank_num": account and account.number,
        "vbank_holder": account and account.holder,
        "vbank_date": account.due_at if account else 0,
        "vbank_issued_at": account.issued_at if account else 0,
    }


def certification_object(certification: Certification) -> dict[str, Any]:
    """Return an identity check; the person is null until it is finished. Source: schema `CertificationAnnotation`."""
    known = certification.certified_at > 0
    return {
        "imp_uid": certification.imp_uid,
        "merchant_uid": certification.merchant_uid,
        "pg_provider": "danal",
        "pg_tid": certification.key_for(f"tid {certification.imp_uid}")[:20],
        "certified": known,
        "certified_at": certification.certified_at,
        "name": certification.name if known else None,
        "birthday": certification.birthday if known else None,
        "gender": certification.gender if known else None,
        "phone": certification.phone if known else None,
        "carrier": certification.carrier if known else None,
        "foreigner": certification.foreigner,
        "foreigner_v2": certification.foreigner if known else None,
        "unique_key": certification.key_for("everywhere") if known else None,
        "unique_in_site": certification.key_for(f"merchant {certification.merchant_id}") if known else None,
        "origin": certification.window.get("page"),
    }


def receipt_object(receipt: Receipt, **whose: str) -> dict[str, Any]:
    """Return a cash receipt of the `imp_uid` or `merchant_uid` given as `whose`. Source: schema `ReceiptAnnotation`."""
    return {
        **whose,
        **nulls.of("Receipt"),
        "receipt_tid": receipt.receipt_tid,
        "apply_num": receipt.apply_num,
        "type": receipt.kind,
        "amount": receipt.amount,
        "vat": receipt.vat,
        "applied_at": receipt.applied_at,
        "cancelled_at": receipt.cancelled_at,
    }


def shipment_object(shipment: Shipment) -> dict[str, Any]:
    """Return a shipment. Source: schema `EscrowLogisAnnotation`."""
    return {name: getattr(shipment, name) for name in ("company", "invoice", "sent_at", "applied_at")}


def product_order_object(product: ProductOrder) -> dict[str, Any]:
    """Return one product of an order form. Source: schema `NaverProductOrderAnnotation`."""
    payment, (claim_type, claim_status) = product.payment, product.claim
    name, tel = payment.buyer_name or "김매달", payment.buyer_tel or "010-0000-0000"
    return {
        **nulls.of("ProductOrder"),
        **{part: getattr(product, part) for part in _OF_PRODUCT},
        "product_order_status": product.status,
        "claim_type": claim_type,
        "claim_status": claim_status,
        "orderer": {"name": name, "id": "mae****", "tel": tel},
        "shipping_address": {
            **nulls.of("Address"),
            "base": payment.buyer_addr or "서울특별시 강남구 테헤란로 1",
            "postcode": payment.buyer_postcode or "06130",
            "tel1": tel,
            "name": name,
        },
    }


def review_object(product: ProductOrder, kind: str) -> dict[str, Any]:
    """Return a product's review; `kind` is `general` or `premium`. Source: schema `NaverReviewAnnotation`."""
    return {
        **nulls.of("Review"),
        **{part: getattr(product, part) for part in ("product_order_id", "product_id", "product_name")},
        "product_option_name": product.product_option_name,
        "review_id": f"{kind}-{product.product_order_id}",
        "score": "5",
        "title": "잘 받았습니다",
        "content": "향이 좋아요" if kind == "premium" else None,
        "writer": "mae****",
        "created_at": product.moved_at,
    }


def key_object(key: BillingKey) -> dict[str, Any]:
    """Return a billing key, without the secret that the service never shows. Source: schema `CustomerAnnotation`."""
    return {
        **_issuer(key.profile, key.card_code, key.card_name),
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


def schedule_object(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule, whose `imp_uid` is null until it has run. Source: schema `ScheduleResultAnnotation`."""
    payment = schedule.payment
    return {
        **{name: getattr(schedule, name) for name in _OF_SCHEDULE},
        "imp_uid": payment.imp_uid if payment else None,
        "pg_provider": schedule.pg_code,
        "amount": major_units(schedule.amount, schedule.currency),
        "schedule_status": schedule.status,
        "payment_status": payment.status if payment and payment.status != "ready" else None,
        "fail_reason": payment.fail_reason if payment else None,
        "promotion_id": schedule.fields.get("promotion_id"),
    }


def pg_settings_of(channel: Channel) -> list[dict[str, Any]]:
    """Return the entries of a channel in `GET /users/pg`, one for each use. Source: schema `PgSettingAnnotation`."""
    types = ("payment", "api_payment") if profile_for(channel.pg_provider).family == "card" else ("payment",)
    return [{**asdict(channel), "sandbox": True, "type": kind} for kind in types]


def prepared_object(prepared: Prepared) -> dict[str, Any]:
    """Return an amount that was registered before its window opened."""
    amount = Decimal(prepared.amount)
    return {
        "merchant_uid": prepared.merchant_uid,
        "amount": int(amount) if amount == amount.to_integral_value() else float(amount),
        "currency": prepared.currency,
    }


def _cancellation_object(entry: Cancellation, currency: str) -> dict[str, Any]:
    return {
        **nulls.of("Cancellation"),
        "amount": major_units(entry.amount, currency),
        "cancellation_id": entry.cancellation_id,
        "cancelled_at": entry.cancelled_at,
        "pg_tid": entry.pg_tid,
        "reason": entry.reason,
    }
