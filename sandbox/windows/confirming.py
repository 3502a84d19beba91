"""`confirm_url`: just before a window's payment is approved the shop is asked, and anything but 200 stops it.

Source: the JavaScript SDK's `confirm_url` (confirm process). How the shop words its reason is not documented.
"""

import json
from typing import Any
from urllib.parse import urlencode

import requests

from ..ledger.models import Payment, db
from ..merchants import levers
from ..webhooks.delivery import TYPES
from ..wire.money import major_units

TIMEOUT = 10.0
"""Seconds the shop has to answer."""

STOPPED = "고객사 요청에 의해 결제를 중단합니다. (상세사유 : {})"
NO_ANSWER = "응답 없음"

LONGEST_REASON = 200
LONGEST_ANSWER = 2000
"""Characters and bytes."""


def objection(payment: Payment) -> str:
    """Why the shop stops this payment, as its `fail_reason`; '' when it lets it go on, or need not be asked."""
    if payment.status != "ready" or payment.is_pending or not payment.confirm_url:
        return ""
    if not levers.get(payment.merchant, "confirm_process"):
        return ""
    kind = str(levers.get(payment.merchant, "webhook_format"))
    url, body = payment.confirm_url, _body(payment)
    # No transaction stays open while the shop thinks: it may ask us about the payment meanwhile.
    db.session.commit()
    reason = _ask(url, urlencode(body) if kind == "form" else json.dumps(body), TYPES[kind])
    return "" if reason is None else STOPPED.format(reason[:LONGEST_REASON])


def _body(payment: Payment) -> dict[str, Any]:
    ids = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid}
    return {**ids, "amount": major_units(payment.amount, payment.currency)}


def _ask(url: str, body: str, content_type: str) -> str | None:
    """None when the shop agrees, else its reason."""
    with requests.Session() as session:
        # A proxy of the environment would not find a shop on this machine.
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=body.encode(),
                headers={"Content-Type": content_type},
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            if answer.status_code == 200:
                return None
            said = next(answer.iter_content(LONGEST_ANSWER), b"").decode(errors="replace")
        except (requests.RequestException, ValueError):  # the latter for a host name that cannot be one
            return NO_ANSWER
    return _reason_in(said) or f"HTTP {answer.status_code}"


def _reason_in(said: str) -> str:
    """`reason` of a JSON object, else whatever it is."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        return said.strip()
    return str(answer.get("reason") or "") if isinstance(answer, dict) else said
