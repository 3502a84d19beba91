"""Lining up webhooks inside the transaction they tell of, bent as the merchant's levers say. `webhooks` sends them.

A body is `{"imp_uid", "merchant_uid", "status"}`; a cancel's has `cancellation_id`, too.
"""

import secrets
from typing import Any

from sqlalchemy import select

from ..ledger.models import Delivery, Merchant, Payment, db
from ..merchants import clock, levers

LET_THE_BROWSER_PASS = 3
"""Seconds by which a notice that goes `after` the browser's answer is later than the approval."""

WAIT_FOR_ANOTHER = 30
"""Seconds a notice that is to be overtaken waits for the one that overtakes it."""


def queue_approval(merchant: Merchant, payment: Payment, now: int) -> None:
    """Line up the notices of a charge or a window; an ordinary failure has none."""
    silent_issue = payment.issues_key and not payment.charged and not levers.get(merchant, "issue_webhook")
    if payment.status == "paid" and not silent_issue:
        queue(merchant, payment, now)


def queue_cancel(merchant: Merchant, payment: Payment, now: int) -> None:
    """Line up the notices of the latest cancel."""
    db.session.flush()  # which gives it its id
    queue(merchant, payment, now, cancellation_id=payment.cancellations[-1].cancellation_id)


def queue(merchant: Merchant, payment: Payment, now: int, **more: str) -> None:
    """Line up the notices of the payment's present status, one for each address, by the merchant's policy."""
    for url in urls(merchant, payment):
        notice = Delivery(body=body_of(payment, **more), **_common(merchant, payment, url, now))
        forged = levers.get(merchant, "webhook_forged")
        if forged != "none":
            notice.after_id = _added(forgery(merchant, payment, url, forged, now)).id
        _by_policy(merchant, notice)


def urls(merchant: Merchant, payment: Payment) -> list[str]:
    """Where the notices of a payment go: where it says itself, else where the merchant's console says."""
    return payment.notice_urls or [url for url in [merchant.webhook_url] if url]


def body_of(payment: Payment, **more: str) -> dict[str, Any]:
    return {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid, "status": payment.status, **more}


def forgery(merchant: Merchant, payment: Payment, url: str, kind: str, now: int) -> Delivery:
    """A notice that lies about `payment`: an `amount` where true notices have none, an `imp_uid` that nobody
    has, or somebody else's `merchant_uid`. It always says `paid`."""
    lies: dict[str, dict[str, Any]] = {
        "wrong_amount": {"amount": 1},
        "unknown_imp_uid": {"imp_uid": f"imp_{secrets.randbelow(10**12):012d}"},
        "wrong_merchant_uid": {"merchant_uid": f"forged-{secrets.token_hex(8)}"},
    }
    body = {**body_of(payment), "status": "paid", **lies[kind]}
    return Delivery(kind="forged", body=body, **_common(merchant, payment, url, now))


def _common(merchant: Merchant, payment: Payment, url: str, now: int) -> dict[str, Any]:
    return {
        "payment": payment,
        "merchant_id": merchant.id,
        "url": url,
        "format": levers.get(merchant, "webhook_format"),
        "state": "queued",
        "held": False,
        "created_at": now,
        "due_at": clock.of(merchant),
    }


def _by_policy(merchant: Merchant, notice: Delivery) -> None:
    """Lost, late, overtaken, doubled."""
    copies = levers.get(merchant, "webhook_copies")
    if copies == 0:
        notice.state = "lost"
        _added(notice)
        return
    notice.retries_left = levers.get(merchant, "webhook_retries")
    notice.due_at += levers.get(merchant, "webhook_delay")
    if levers.get(merchant, "webhook_turn") == "after" and notice.payment.device is not None:
        notice.due_at += LET_THE_BROWSER_PASS
    if levers.get(merchant, "webhook_shuffle"):
        _shuffle(notice)
    _added(notice)
    for _ in range(copies - 1):
        _added(_copy(notice))


def _shuffle(notice: Delivery) -> None:
    """Let this notice overtake the one that waits for it, or else make it wait for the next."""
    waiting = db.session.scalars(
        select(Delivery).where(Delivery.merchant_id == notice.merchant_id, Delivery.held, Delivery.state == "queued")
    ).all()
    if not waiting:
        notice.held, notice.due_at = True, notice.due_at + WAIT_FOR_ANOTHER
        return
    _added(notice)
    for overtaken in waiting:
        overtaken.held, overtaken.after_id, overtaken.due_at = False, notice.id, notice.due_at


def _copy(notice: Delivery) -> Delivery:
    names = ("payment", "merchant_id", "url", "body", "format", "state", "held", "after_id", "created_at", "due_at")
    return Delivery(**{name: getattr(notice, name) for name in names}, retries_left=notice.retries_left)


def _added(delivery: Delivery) -> Delivery:
    """In the session, with an id to refer to."""
    db.session.add(delivery)
    db.session.flush()
    return delivery
