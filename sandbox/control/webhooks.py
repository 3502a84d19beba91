"""Control the webhooks: set how they are delivered, forge one, send one again, and wait until all are sent."""

import time
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import or_, select

from ..ledger.models import Delivery, Merchant, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import clock, levers
from ..webhooks import notices
from ..webhooks.delivery import open_deliveries, redeliver, send_now
from ..wire.errors import Refused
from ..wire.parameters import Malformed, required_text, text
from .incoming import between, listed_ids, merchant_in, payment_in, sent_fields

bp = Blueprint("webhook_levers", __name__)

POLICY = {name.removeprefix("webhook_"): name for name in levers.LEVERS if name.startswith("webhook_")}
"""Name in `/control/webhooks` → lever."""

NO_ADDRESS = "the payment has no notice_url, and its merchant has no webhook URL"
MAX_WAIT = 60
"""Seconds."""

DEFAULT_LISTED = 100
MAX_LISTED = 1000


@bp.get("/control/webhooks")
def show_policy() -> Response:
    """Answer the whole policy: `{"copies", "delay", "format", "retries", "turn", "shuffle", "forged"}`."""
    return jsonify(_policy(merchant_in(sent_fields())))


@bp.post("/control/webhooks")
def set_policy() -> Response:
    """Set how notices are delivered from now on. A setting that the request does not name keeps its value.

    - `copies`: how often a notice is sent; 0 loses it, 2 sends it twice.
    - `delay`: how many seconds late it is sent.
    - `format`: `json` or `form`.
    - `retries`: how often it is repeated after a 5xx or a network error, up to 5, a minute apart.
    - `turn`: whether a window's notice is sent `before` or `after` the browser's answer, or `unordered`.
    - `shuffle`: whether the newer of two notices is sent first.
    - `forged`: which forgery is sent ahead of each true notice: `wrong_amount`, `unknown_imp_uid` or
      `wrong_merchant_uid`; with `none`, no forgery is sent.

    Answer the settings that the request names, and always `copies` and `delay`.
    """
    body = sent_fields()
    merchant = merchant_in(body)
    changed = _change_policy(merchant, body)
    policy = _policy(merchant)
    return jsonify({short: policy[short] for short in ("copies", "delay", *changed)})


@bp.post("/control/webhooks/deliver")
def deliver() -> Response:
    """Read `{"imp_uid"}` or `{"delivery"}`. Send the shop a notice again, immediately, and report its answers.

    With `imp_uid` the notice reports the payment's present status. With `delivery` (an id of
    `/control/webhooks/deliveries`) it has the same body as that delivery.

    The answer is `{"imp_uid", "status", "deliveries": [{"url", "status", "error"}]}`.
    """
    body = sent_fields()
    like = _delivery(body) if text(body, "delivery") else None
    payment = like.payment if like else payment_in(body)
    return _sent(payment.imp_uid, redeliver(payment, like))


@bp.post("/control/webhooks/forge")
def forge() -> Response:
    """Read `{"imp_uid", "kind"}`. Send a forged notice about a payment, immediately, and answer as `deliver` does.

    `kind` is `wrong_amount`, `unknown_imp_uid` or `wrong_merchant_uid`. The body always says `paid`, also for a
    payment that is not paid.
    """
    body = sent_fields()
    payment, kind = payment_in(body), required_text(body, "kind")
    kinds = [choice for choice in levers.LEVERS["webhook_forged"].choices if choice != "none"]
    if kind not in kinds:
        raise Malformed(f"kind must be one of {', '.join(kinds)}")
    merchant, now = payment.merchant, clock.of_payment(payment)
    forgeries = [notices.forgery(merchant, payment, url, kind, now) for url in notices.urls(merchant, payment)]
    return _sent(payment.imp_uid, send_now(forgeries))


@bp.get("/control/webhooks/deliveries")
def show_deliveries() -> Response:
    """Answer `{"deliveries": […]}`, newest first, each with its attempts: of one `imp_uid`, of `any_id`, or all."""
    body = sent_fields()
    merchant, limit = merchant_in(body), int(between(body, "limit", MAX_LISTED, DEFAULT_LISTED))
    wanted = select(Delivery).where(Delivery.merchant_id == merchant.id).order_by(Delivery.id.desc()).limit(limit)
    if text(body, "imp_uid"):
        wanted = wanted.where(Delivery.payment_id == payment_in(body).id)
    if ids := listed_ids(body):
        columns = (Payment.imp_uid, Payment.merchant_uid, Payment.customer_uid)
        wanted = wanted.join(Delivery.payment).where(or_(*(column.in_(ids) for column in columns)))
    return jsonify(deliveries=[_as_json(delivery) for delivery in db.session.scalars(wanted)])


@bp.get("/control/idle")
def idle() -> Response:
    """Answer `{"idle", "next_at", "open"}`, so that a test can wait until all webhooks are sent.

    `idle` is whether no webhook is queued or being sent. `open` is how many are left. `next_at` is when the earliest
    of them is due on the merchant's clock, in Unix seconds; null when none is left.

    With `?wait=SECONDS` (up to 60) answer as soon as no webhook is left, or when the seconds are over. Do not wait for
    a webhook that is due later on the merchant's clock: it stays queued until then.
    """
    body = sent_fields()
    merchant = merchant_in(body)
    deadline = time.monotonic() + between(body, "wait", MAX_WAIT, 0)
    while (left := open_deliveries(merchant)) and time.monotonic() < deadline:
        db.session.commit()
        time.sleep(0.02)
    # A customer's webhook is due by the customer's clock, which may be ahead of the merchant's.
    waits = [notice.due_at - clock.of_delivery(notice) for notice in left]
    return jsonify(idle=not left, next_at=clock.of(merchant) + min(waits) if left else None, open=len(left))


def _policy(merchant: Merchant) -> dict[str, Any]:
    return {short: levers.get(merchant, name) for short, name in POLICY.items()}


def _change_policy(merchant: Merchant, body: dict[str, Any]) -> list[str]:
    """Set the levers that `body` names, and return those names."""
    wanted = {short: body[short] for short in POLICY if body.get(short) is not None}
    with exclusive(merchant):
        for short, value in wanted.items():
            levers.set(merchant, POLICY[short], value)
    return list(wanted)


def _delivery(body: dict[str, Any]) -> Delivery:
    delivery = db.session.get(Delivery, int(between(body, "delivery", 2**53, 0)))
    if delivery is None:
        raise Refused(-1, "no delivery has this id", http=404)
    return delivery


def _sent(imp_uid: str, deliveries: list[Delivery]) -> Response:
    if not deliveries:
        raise Malformed(NO_ADDRESS)
    answers = [{"url": d.url, "status": d.http_status, "error": d.error} for d in deliveries]
    return jsonify(imp_uid=imp_uid, status=answers[-1]["status"], deliveries=answers)


def _as_json(delivery: Delivery) -> dict[str, Any]:
    names = ("id", "kind", "url", "state", "body", "format", "created_at", "due_at", "retries_left")
    of_attempt = (
        "began",
        "sent_at",
        "duration_ms",
        "request_type",
        "request_body",
        "http_status",
        "answer_body",
        "error",
    )
    return {
        **{name: getattr(delivery, name) for name in names},
        "imp_uid": delivery.payment.imp_uid,
        "attempts": [{name: getattr(attempt, name) for name in of_attempt} for attempt in delivery.attempts],
    }
