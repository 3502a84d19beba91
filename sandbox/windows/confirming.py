"""Request the shop's confirmation just before a window's payment is approved. Any answer but HTTP 200 stops it.

Source: the JavaScript SDK's `confirm_url` (confirm process). How the shop sends its reason is not documented.
"""

import json
from typing import Any
from urllib.parse import urlencode

import requests

from ..ledger.models import Payment, db
from ..merchants import levers
from ..webhooks import outgoing
from ..webhooks.delivery import TYPES
from ..wire.money import major_units

TIMEOUT = 10.0
"""Seconds within which the shop must answer."""

STOPPED = "고객사 요청에 의해 결제를 중단합니다. (상세사유 : {})"
NO_ANSWER = "응답 없음"

MAX_REASON = 200
"""Characters of the shop's reason that the payment keeps."""

MAX_ANSWER = 2000
"""Bytes of the shop's answer that are read."""


def objection(payment: Payment) -> str:
    """Return why the shop stops this payment, as its `fail_reason`; '' when it agrees or no confirmation is due."""
    if payment.status != "ready" or payment.is_pending or not payment.confirm_url:
        return ""
    if not levers.get(payment.merchant, "confirm_process"):
        return ""
    kind = str(levers.get(payment.merchant, "webhook_format"))
    url, body = payment.confirm_url, _body(payment)
    # End the transaction before the request: the shop may query the payment before it answers.
    db.session.commit()
    reason = _request(url, urlencode(body) if kind == "form" else json.dumps(body), TYPES[kind])
    return "" if reason is None else STOPPED.format(reason[:MAX_REASON])


def _body(payment: Payment) -> dict[str, Any]:
    ids = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid}
    return {**ids, "amount": major_units(payment.amount, payment.currency)}


def _request(url: str, body: str, content_type: str) -> str | None:
    """Post the request to the shop. Return None when it agrees, else its reason."""
    try:
        with outgoing.post(url, body, content_type, TIMEOUT) as answer:
            if answer.status_code == 200:
                return None
            body_sent = next(answer.iter_content(MAX_ANSWER), b"").decode(errors="replace")
    except (requests.RequestException, ValueError):  # ValueError: a host name that is not valid, or not allowed
        return NO_ANSWER
    return _reason_in(body_sent) or f"HTTP {answer.status_code}"


def _reason_in(body: str) -> str:
    """Return `reason` of a JSON object, else the whole text."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body.strip()
    return str(answer.get("reason") or "") if isinstance(answer, dict) else body
