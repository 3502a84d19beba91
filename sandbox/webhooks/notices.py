"""Queue webhooks in the transaction that they report, altered by the merchant's levers. `delivery` sends them.

A body is `{"imp_uid", "merchant_uid", "status"}`; that of a cancel also has `cancellation_id`.
"""

import secrets
from typing import Any

from sqlalchemy import select

from ..ledger.models import Delivery, Merchant, Payment, db
from ..merchants import clock, levers

DELAY_AFTER_BROWSER = 3
"""Seconds between the approval and a notice that goes `after` the browser's answer."""

SHUFFLE_WAIT = 30
"""Seconds that a held notice waits for a newer one to overtake it."""


def queue_approval(merchant: Merchant, payment: Payment, now: int) -> None:
    """Queue the notices of a charge or a window. An ordinary failure has none."""
    silent_issue = payment.issues_key and not payment.charged and not levers.get(merchant, "issue_webhook")
    if payment.status == "paid" and not silent_issue:
        queue(merchant, payment, now)


def queue_cancel(merchant: Merchant, payment: Payment, now: int) -> None:
    """Queue the notices of the latest cancel."""
    db.session.flush()  # assigns the cancellation its id
    queue(merchant, payment, now, cancellation_id=payment.cancellations[-1].cancellation_id)


def queue(merchant: Merchant, payment: Payment, now: int, **more: str) -> None:
    """Queue a notice of the payment's present status for each URL, by the merchant's policy."""
    for url in urls(merchant, payment):
        notice = Delivery(body=body_of(payment, **more), **_common(merchant, payment, url, now))
        forged = levers.get(merchant, "webhook_forged")
        if forged != "none":
            notice.after_id = _added(forgery(merchant, payment, url, forged, now)).id
        _by_policy(merchant, notice)


def urls(merchant: Merchant, payment: Payment) -> list[str]:
    """Return the URLs for notices of `payment`: its own `notice_urls`, else the merchant's `webhook_url`, if any."""
    return payment.notice_urls or [url for url in [merchant.webhook_url] if url]


def body_of(payment: Payment, **more: str) -> dict[str, Any]:
    """Return the body of a notice of the payment's present status, with `more` added."""
    return {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid, "status": payment.status, **more}


def forgery(merchant: Merchant, payment: Payment, url: str, kind: str, now: int) -> Delivery:
    """Return a forged notice of `payment`, always with status `paid`.

    `kind` is `wrong_amount` (adds an `amount`, which real notices never have), `unknown_imp_uid` (an id
    that no payment has) or `wrong_merchant_uid` (one that no order has).
    """
    false_fields: dict[str, dict[str, Any]] = {
        "wrong_amount": {"amount": 1},
        "unknown_imp_uid": {"imp_uid": f"imp_{secrets.randbelow(10**12):012d}"},
        "wrong_merchant_uid": {"merchant_uid": f"forged-{secrets.token_hex(8)}"},
    }
    body = {**body_of(payment), "status": "paid", **false_fields[kind]}
    return Delivery(kind="forged", body=body, **_common(merchant, payment, url, now))


def _common(merchant: Merchant, payment: Payment, url: str, now: int) -> dict[str, Any]:
    return {
        "payment": payment,
        "merchant_id": merchant.id,
        "customer_uid": payment.customer_uid,
        "url": url,
        "format": levers.get(merchant, "webhook_format"),
        "state": "queued",
        "held": False,
        "created_at": now,
        "due_at": clock.of(merchant, payment.customer_uid),
    }


def _by_policy(merchant: Merchant, notice: Delivery) -> None:
    """Queue `notice`: lost, delayed, shuffled or copied as the merchant's levers say."""
    copies = levers.get(merchant, "webhook_copies")
    if copies == 0:
        notice.state = "lost"
        _added(notice)
        return
    notice.retries_left = levers.get(merchant, "webhook_retries")
    notice.due_at += levers.get(merchant, "webhook_delay")
    if levers.get(merchant, "webhook_turn") == "after" and notice.payment.device is not None:
        notice.due_at += DELAY_AFTER_BROWSER
    if levers.get(merchant, "webhook_shuffle"):
        _shuffle(notice)
    _added(notice)
    for _ in range(copies - 1):
        _added(_copy(notice))


def _shuffle(notice: Delivery) -> None:
    """Let this notice overtake the held ones, or hold it for the next when there are none."""
    waiting = db.session.scalars(
        select(Delivery).where(Delivery.merchant_id == notice.merchant_id, Delivery.held, Delivery.state == "queued")
    ).all()
    if not waiting:
        notice.held, notice.due_at = True, notice.due_at + SHUFFLE_WAIT
        return
    _added(notice)
    wait = notice.due_at - clock.of_delivery(notice)
    for overtaken in waiting:
        overtaken.held, overtaken.after_id = False, notice.id
        overtaken.due_at = clock.of_delivery(overtaken) + wait


def _copy(notice: Delivery) -> Delivery:
    names = ("payment", "merchant_id", "customer_uid", "url", "body", "format", "state", "held", "after_id")
    times = ("created_at", "due_at", "retries_left")
    return Delivery(**{name: getattr(notice, name) for name in (*names, *times)})


def _added(delivery: Delivery) -> Delivery:
    """Add `delivery` to the session, flush to give it an id, and return it."""
    db.session.add(delivery)
    db.session.flush()
    return delivery
