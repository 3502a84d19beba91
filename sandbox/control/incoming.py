"""Read what every lever needs from its request: its fields, and the merchant or payment it acts on."""

from typing import Any

from flask import current_app, request
from sqlalchemy import select

from ..api.body import fields
from ..ledger.models import Merchant, Payment, db
from ..merchants import register
from ..wire.errors import Refused
from ..wire.parameters import CUSTOMER_UID_LIMIT, Malformed, number, required_text, text, texts

MOST_IDS = 100
"""Ids that `any_id` may list."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def sent_fields() -> dict[str, Any]:
    """Return the query and the body, JSON or form, as one dict. The body overrides the query.

    Raises:
        Malformed: when the body is neither. Without this check its `merchant_code` would be lost, and the lever
            would act on the default merchant.
    """
    if not request.get_data():
        return request.args.to_dict()
    if not (request.is_json or request.mimetype in FORMS):
        raise Malformed("send JSON (Content-Type: application/json) or a form")
    return {**request.args.to_dict(), **fields()}


def merchant_in(body: dict[str, Any]) -> Merchant:
    """Return the merchant with `merchant_code`; the default merchant when it was not sent.

    Raises:
        Refused: with HTTP 404, when no merchant has this code.
        Malformed: when `merchant_code` is not a string.
    """
    return register.find(text(body, "merchant_code") or current_app.extensions["sandbox_config"].MERCHANT_CODE)


def customer_uids_in(body: dict[str, Any]) -> list[str]:
    """Return the `customer_uid`s, sent as one or as a list, each once. Empty when none was sent.

    Raises:
        Malformed: when one is not a string, or longer than a `customer_uid` may be. An empty list means no customer,
            where a lever without this field would act on all of them.
    """
    sent = texts(body, "customer_uid")
    if not sent and isinstance(body.get("customer_uid"), list):
        raise Malformed("customer_uid names no customer")
    return list(
        dict.fromkeys(required_text({"customer_uid": one}, "customer_uid", limit=CUSTOMER_UID_LIMIT) for one in sent)
    )


def payment_in(body: dict[str, Any]) -> Payment:
    """Return the payment with `imp_uid`, whichever merchant owns it.

    Raises:
        Refused: with HTTP 404, when no payment has this `imp_uid`.
        Malformed: when `imp_uid` was not sent or is not a string.
    """
    payment = db.session.scalar(select(Payment).where(Payment.imp_uid == required_text(body, "imp_uid")))
    if payment is None:
        raise Refused(-1, "no payment has this imp_uid", http=404)
    return payment


def listed_ids(body: dict[str, Any]) -> list[str]:
    """Return the ids in `any_id`, a list with commas between them. Empty when it was not sent.

    Raises:
        Malformed: when it holds too many.
    """
    ids = [one.strip() for one in (text(body, "any_id") or "").split(",") if one.strip()]
    if len(ids) > MOST_IDS:
        raise Malformed(f"any_id takes up to {MOST_IDS} ids, with commas between them")
    return ids


def between(body: dict[str, Any], name: str, most: int, default: float) -> float:
    """Return the number in the field `name`, from 0 to `most`; `default` when it was not sent.

    Raises:
        Malformed: when the field is not a number, or is outside this range.
    """
    value = number(body, name)
    if value is None:
        return default
    if not value.is_finite() or not 0 <= value <= most:
        raise Malformed(f"{name} must be between 0 and {most}")
    return float(value)
