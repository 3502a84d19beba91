"""One charge: store the attempt, send it with no transaction open, store the answer.

    look_up           read what became of an attempt without an answer
    charge            store the attempt, send it, store the answer
    leave_to_worker   store the attempt that cannot be sent now

If the process stops between two steps, the next run finds an attempt without an answer, and looks it up before it
sends anything. Every step that writes first checks its claim (`services.claims`): a worker that lost it writes nothing,
except for an approval, because money that moved must be booked or refunded.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import texts
from clock import FIRST_PAUSE, back_off
from errors import ChargeInProgress, NothingToCharge
from models import BillingKey, Invoice, JournalEntry, Order, Subscription, db
from services import claims, dunning, guide_runs, journal, payments, run_calls
from services.claims import Claim
from services.desk import Desk
from services.iamport import IamportError, NotFound, Payment, Refused, Unknown
from services.invoices import next_merchant_uid
from services.machine_time import moment, shared
from states import InvoiceStatus, OrderPurpose, SubscriptionStatus

DECISION_TIMEOUT = timedelta(days=1)
"""How long a PG may take to decide about a charge. Then it counts as declined; the PG may still approve it later."""
FAULT_PAUSE = timedelta(hours=1)
"""How long to wait after the service objected to our request, for example to an IP address that it does not know."""
LONGEST_PAUSE = timedelta(minutes=15)
"""The longest pause after a charge without an outcome: a buyer may wait for it."""
CHARGED = (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
"""The statuses in which the worker charges."""
EVENTS = {"paid": "charge.approved", "failed": "charge.declined", "ready": "charge.pending"}
"""The journal's event for an answer to `/again`, by the answer's `status`."""


def look_up(desk: Desk, claim: Claim, order: Order, *, now: datetime) -> bool:
    """Look up an attempt without an answer. Return whether it never reached the service, so that it may be sent again.

    If the service knows the attempt, settle it. If the service does not answer, the attempt stays unknown.
    """
    if order.is_queued:
        return True
    try:
        with run_calls.of(order, now=now):
            answer = _find_record(desk, order)
    except IamportError as err:
        if err.sent:
            _record_unknown(desk, claim, order, type(err).__name__, now=now)
        return False
    if answer is not None:
        _apply_answer(desk, claim, order, answer, now=now)
        return False
    if order.repeat_not_before is None or order.repeat_not_before <= shared(desk.machine_now()):
        return True
    if claims.confirm(desk, claim) and not order.is_final:
        order.subscription.charge_not_before = order.repeat_not_before
    db.session.commit()
    return False


def charge(desk: Desk, claim: Claim, order: Order | None, key: BillingKey, invoice: Invoice, *, now: datetime) -> Order:
    """Send a new attempt, or `order`, which never reached the service. Without an answer it stays `ready`: unknown.

    If the request was not sent, the attempt is left to the worker, as if it had not been tried.
    The same order keeps its `merchant_uid`, so that a late success of it makes the service refuse the repeat.

    Raises:
        ChargeInProgress: when another process has claimed the subscription in the meantime.
        NothingToCharge: when the period was paid, or the subscription or its key ended, in the meantime.
    """
    asked_before = order.asked_at if order else None
    order, body, entry = _store(desk, claim, order, key, invoice, now=now)
    try:
        with run_calls.of(order, now=now):
            answer = _request(desk, order, body)
    except Refused as refusal:
        if refusal.status == HTTPStatus.OK:
            # The service refused to ask the PG. For the buyer this is a decline.
            _mark_failed(desk, claim, order, "charge.refused", reason=refusal.message, now=now)
        else:
            # Our request or our address is at fault, not the buyer's card, so this is no dunning attempt.
            reason = f"HTTP {refusal.status}: {refusal.message}"
            _record_unknown(desk, claim, order, reason, now=now, pause=FAULT_PAUSE)
    except IamportError as err:
        if not err.sent:
            return _take_back(desk, claim, order, entry, asked_before, now=now)
        _record_unknown(desk, claim, order, type(err).__name__, now=now, was_sent=True)
    else:
        if event := EVENTS.get(answer.status):
            journal.record(event, at=now, lane=journal.PG, order=order, reason=answer.fail_reason or "")
        _apply_answer(desk, claim, order, answer, now=now)
    return order


def leave_to_worker(
    desk: Desk, claim: Claim, order: Order | None, key: BillingKey, invoice: Invoice, *, now: datetime
) -> Order:
    """Return the attempt, stored and not sent. The worker sends it, or looks `order` up, when the service answers.

    Raises:
        ChargeInProgress: when another process has claimed the subscription in the meantime.
        NothingToCharge: when the period was paid, or the subscription or its key ended, in the meantime.
    """
    _confirm(desk, claim, key, invoice)
    order = order or _new_order(desk, key, invoice, now=now)
    _queue(order, now=now)
    db.session.commit()
    return order


def _take_back(
    desk: Desk, claim: Claim, order: Order, entry: JournalEntry, asked_before: datetime | None, *, now: datetime
) -> Order:
    """Return the attempt as it was before a request that was not sent."""
    if claims.confirm(desk, claim) and not order.is_final:
        order.asked_at, order.repeat_not_before = asked_before, None
        db.session.delete(entry)
        is_open = order.invoice is not None and order.invoice.status is InvoiceStatus.OPEN
        is_wanted = is_open and order.subscription.status in CHARGED
        if order.is_queued and not is_wanted:
            order.mark_cancelled()
            journal.record_closed([order], at=now)
        else:
            _queue(order, now=now)
    db.session.commit()
    return order


def _queue(order: Order, *, now: datetime) -> None:
    if order.is_queued:
        journal.record_once("charge.queued", at=now, order=order)
    order.subscription.look_again(at=min(order.subscription.next_charge_at or now, now))


def _confirm(desk: Desk, claim: Claim, key: BillingKey, invoice: Invoice) -> None:
    """Begin a transaction under the claim, in which the period is still to be paid with this key."""
    if not claims.confirm(desk, claim):
        db.session.rollback()
        raise ChargeInProgress("another process has claimed the subscription")
    if invoice.status is not InvoiceStatus.OPEN or not key.is_usable:
        db.session.commit()
        raise NothingToCharge("the period was paid, or the subscription ended, a moment ago")


def _store(
    desk: Desk, claim: Claim, order: Order | None, key: BillingKey, invoice: Invoice, *, now: datetime
) -> tuple[Order, dict[str, Any], JournalEntry]:
    """Commit the attempt that is about to be sent, under the claim. Return it with its request's body and entry."""
    _confirm(desk, claim, key, invoice)
    order = order or _new_order(desk, key, invoice, now=now)
    order.billing_key, order.guide_id = key, key.guide_id
    order.buyer_name, order.buyer_email = key.issue_name, key.issue_email
    order.asked_at, order.repeat_not_before = now, moment(desk.machine_now(), plus=FIRST_PAUSE)
    # Due from now on: if this process dies before the answer, the worker looks, also before the period begins.
    order.subscription.next_charge_at = min(order.subscription.next_charge_at or now, now)
    body = body_of(desk, order)
    entry = journal.record("charge.sent", at=now, order=order, fields=sorted(body))
    db.session.commit()
    return order, body, entry


def _new_order(desk: Desk, key: BillingKey, invoice: Invoice, *, now: datetime) -> Order:
    subscription = invoice.subscription
    order = Order(
        merchant_uid=next_merchant_uid(invoice),
        user=subscription.user,
        subscription=subscription,
        invoice=invoice,
        purpose=OrderPurpose.CHARGE,
        name=texts.cut(subscription.plan.name(subscription.user.language or "ko"), 40),
        amount=invoice.amount,
        currency=invoice.currency,
        buyer_tel=subscription.user.tel,
        created_at=now,
        guide_id=key.guide_id,
        buyer_name=key.issue_name,
        buyer_email=key.issue_email,
        billing_key=key,
        run_id=guide_runs.issued(key, subscription),
        look_not_before=moment(desk.machine_now(), plus=FIRST_PAUSE),
    )
    db.session.add(order)
    db.session.flush()
    journal.record("order.created", at=now, order=order, purpose=order.purpose.value, guide=key.guide_id)
    return order


def _find_record(desk: Desk, order: Order) -> Payment | None:
    """Return the service's record of this attempt: an approval, else a decline, else one pending or refunded.

    Ignore a window that was opened under our `merchant_uid` and not paid in: it is not our attempt.
    """
    db.session.commit()  # keep no transaction open while we wait for the network
    for status in ("paid", "failed", ""):
        with suppress(NotFound):
            record = desk.client.find(order.merchant_uid, status=status)
            if record.status in ("paid", "cancelled") or not record.came_by_window:
                return record
    return None


def body_of(desk: Desk, order: Order) -> dict[str, Any]:
    """Return the fields of `/again` for this order and its key, as the key's guide names them."""
    key = order.billing_key
    return desk.guides[key.guide_id].again_for(
        {
            "customer_uid": key.customer_uid,
            "merchant_uid": order.merchant_uid,
            "amount": order.price.to_major(),
            "order_name": order.name,
            "currency": key.currency,
            "issue_email": key.issue_email,
            "buyer_name": key.issue_name,
            "buyer_tel": order.buyer_tel,
            "browser_ip": key.issue_ip,
            "notice_url": desk.notice_url,
        }
    )


def _request(desk: Desk, order: Order, body: dict[str, Any]) -> Payment:
    try:
        return desk.client.again(**body)
    except Refused:
        # "Already ordered" means that an earlier call of ours may have charged, so read before we rely on the refusal.
        try:
            earlier = _find_record(desk, order)
        except IamportError as err:  # this charge was sent, whatever stopped the look-up
            raise Unknown(f"refused, and no answer about an earlier charge: {type(err).__name__}") from err
        if earlier is None or earlier.status == "failed":
            raise
        return earlier


def _apply_answer(desk: Desk, claim: Claim, order: Order, answer: Payment, *, now: datetime) -> None:
    """Settle a finished record. A PG that has not decided has not declined: a second charge could be approved too."""
    if answer.status != "ready":
        payments.settle(desk, merchant_uid=order.merchant_uid, now=now, answer=answer, claim=claim)
    elif order.asked_at and order.asked_at <= now - DECISION_TIMEOUT:
        _mark_failed(desk, claim, order, "charge.given_up", now=now)
    else:
        _wait(desk, claim, order, now=now)


def _mark_failed(desk: Desk, claim: Claim, order: Order, event: str, *, reason: str = "", now: datetime) -> None:
    """Fail an attempt of which no record says so, unless other news has settled it in the meantime."""
    if claims.confirm(desk, claim) and not order.is_final:
        order.mark_failed(reason, at=now)
        journal.record(event, at=now, lane=journal.PG, order=order, reason=reason)
        dunning.after_decline(desk, order, now=now)
    db.session.commit()


def _record_unknown(
    desk: Desk,
    claim: Claim,
    order: Order,
    reason: str,
    *,
    now: datetime,
    pause: timedelta = timedelta(),
    was_sent: bool = False,
) -> None:
    """Record that the outcome is unknown: no answer is not a decline. Wait at least for `pause`.

    `was_sent`: the charge was sent just now, so count from the end of the wait. The service may have begun it then.
    """
    journal.record_once("charge.unknown", at=now, order=order, reason=reason)
    _wait(desk, claim, order, now=now, at_least=pause, was_sent=was_sent)


def _wait(
    desk: Desk, claim: Claim, order: Order, *, now: datetime, at_least: timedelta = timedelta(), was_sent: bool = False
) -> None:
    """Leave the attempt open until its next look-up, unless other news has settled it in the meantime.

    The pause is machine time and grows. By business time the attempt is due now, also if its period has not begun.
    """
    if claims.confirm(desk, claim) and not order.is_final:
        order.checked_at = now
        if was_sent:
            order.repeat_not_before = moment(desk.machine_now(), plus=FIRST_PAUSE)
        subscription = order.subscription
        if subscription.status in CHARGED:
            subscription.next_charge_at = min(subscription.next_charge_at or now, now)
        pause(desk, subscription, at_least=at_least)
    db.session.commit()


def pause(desk: Desk, subscription: Subscription, *, at_least: timedelta = timedelta()) -> None:
    """Let the worker leave the subscription alone for a while, longer each time. Does not commit."""
    growing = back_off(subscription.pauses, at_most=LONGEST_PAUSE, seed=subscription.id)
    subscription.pause(until=moment(desk.machine_now(), plus=max(growing, at_least)))
