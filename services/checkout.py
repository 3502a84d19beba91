"""Checkout: an order before the window opens, and what follows when a buyer comes back.

place    write down subscription, billing key and order; register the amount where the window charges
request  the parameters of IMP.request_pay for it
receive  a callback, redirect or webhook arrived: settle, then take the first payment if the issue took none
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from clock import day_of_month
from errors import (
    ChargeInProgress,
    InvalidRequest,
    KeyNotConfirmed,
    NothingToCharge,
    PaymentServiceDown,
    PaymentServiceRefused,
)
from models import (
    Order,
    OrderPurpose,
    OrderStatus,
    Plan,
    Subscription,
    SubscriptionStatus,
    User,
    db,
    new_uid,
)
from services import billing_keys, guides, journal, payments, renewals
from services.desk import Desk
from services.guides import ChargeRule, Guide, Variant
from services.iamport import IamportError, Refused
from services.invoices import next_merchant_uid, open_invoice, unanswered_charge
from services.payments import Heard

NAME_LIMIT = 40
"""Characters of an order name the payment service takes."""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who pays, as typed into the form, and from where."""

    name: str
    email: str
    tel: str
    ip: str
    language: str


def place(
    desk: Desk,
    *,
    user: User,
    buyer: Buyer,
    guide_id: str,
    now: datetime,
    variant_id: str = "",
    plan: Plan | None = None,
    subscription: Subscription | None = None,
) -> Order:
    """An order for a new subscription to `plan`, or for another card of `subscription`.

    Price and currency are the plan's. Raises `PgUnavailable`, `InvalidRequest` (with `fields`), `ChargeInProgress`,
    `NothingToCharge`, `PaymentServiceDown`, `PaymentServiceRefused`.
    """
    plan = plan or (subscription.plan if subscription else None)
    if plan is None:
        raise InvalidRequest("neither a plan nor a subscription")
    guide = guides.pick(desk.guides, guide_id, currency=plan.currency)
    variant = guide.variant(variant_id)
    _check_buyer(guide, buyer)
    order = _write_order(
        guide, variant, user=user, buyer=buyer, subscription=_subscription(subscription, user, plan, now=now), now=now
    )
    if order.purpose is OrderPurpose.ISSUE_AND_CHARGE:
        _register_amount(desk, order, now=now)
    return order


def request(desk: Desk, order: Order, *, language: str) -> dict[str, Any]:
    """What the page hands to `IMP.request_pay`. Everything in it is public."""
    guide = desk.guides[order.guide_id]
    return guide.request_for(
        {
            "channel": desk.channel(guide),
            "merchant_uid": order.merchant_uid,
            "customer_uid": order.billing_key.customer_uid,
            "order_name": order.name,
            "amount": order.price.to_json(),
            "currency": order.currency,
            "buyer_name": order.buyer_name,
            "buyer_email": order.buyer_email,
            "buyer_tel": order.buyer_tel,
            "redirect_url": desk.landing_url,
            "notice_url": desk.notice_url,
            "language": language,
        },
        guide.variant(order.variant),
    )


def receive(
    desk: Desk, *, road: str, merchant_uid: str, imp_uid: str | None, now: datetime, message: str = ""
) -> Order:
    """A buyer or a webhook brought news of an order; `road` is `callback`, `landing` or `webhook`.

    `message` is the window's error text, if any: shown, never believed. Raises `OrderNotFound`, and
    `PaymentServiceDown` where a webhook should come again, because the service did not answer for it.
    """
    order = payments.order_by_uid(merchant_uid)
    lane = journal.PG if road == "webhook" else journal.BROWSER
    journal.record(f"{road}.received", at=now, lane=lane, order=order, message=message[:200])
    if message and order.status is OrderStatus.READY and road != "webhook":
        order.hear_window(message)
    db.session.commit()
    heard = payments.settle(desk, merchant_uid=merchant_uid, imp_uid=imp_uid, now=now)
    if road == "webhook":
        # It wants a quick answer: the worker takes what is due, unless the buyer's own road is faster.
        billing_keys.confirm(order, now=now)
        if heard is Heard.SILENCE:
            raise PaymentServiceDown("nothing was learned from this webhook")
        return order
    if order.purpose is OrderPurpose.ISSUE and order.status is OrderStatus.PAID:
        _take_what_is_due(desk, order.subscription, now=now)
    billing_keys.delete_revoked(desk, now=now, user=order.user)
    return order


def first_charge(order: Order) -> Order | None:
    """The charge that a key-only issue was followed by, because a period was due."""
    if not order.charge_follows:
        return None
    charges = (
        other
        for other in order.subscription.orders
        if other.purpose is OrderPurpose.CHARGE and other.billing_key_id == order.billing_key_id
    )
    return min(charges, key=lambda other: other.id, default=None)


def progress(order: Order) -> dict[str, str | bool | None]:
    """What a page that shows this order compares with what it shows: the outcomes, and whether more is waited for."""
    charge = first_charge(order)
    charge_is_open = charge.outcome == "checking" if charge else order.awaits_charge
    return {
        "outcome": order.outcome,
        "first_charge_outcome": charge.outcome if charge else None,
        "settled": order.outcome != "checking" and not charge_is_open,
    }


def _take_what_is_due(desk: Desk, subscription: Subscription, *, now: datetime) -> None:
    """The payment that a key-only issue was made for. Another road, or the worker, may be taking it already."""
    try:
        renewals.collect(desk, subscription_id=subscription.id, now=now)
    except (ChargeInProgress, KeyNotConfirmed, NothingToCharge):
        return


def _check_buyer(guide: Guide, buyer: Buyer) -> None:
    """What this PG demands of a field beyond what the form checks, e.g. a name of two words."""
    given = {"buyer_name": buyer.name, "buyer_email": buyer.email, "buyer_tel": buyer.tel}
    bad = {
        parameter.name: [parameter.hint.get(buyer.language, "")]
        for parameter in guide.parameters
        if parameter.name in given and not parameter.takes(given[parameter.name])
    }
    if bad:
        raise InvalidRequest("this PG needs something else", fields=bad)


def _subscription(subscription: Subscription | None, user: User, plan: Plan, *, now: datetime) -> Subscription:
    if subscription is not None:
        if not subscription.is_alive:
            raise NothingToCharge("the subscription has ended")
        return subscription
    return Subscription(
        user=user,
        plan=plan,
        anchor_day=day_of_month(now),
        created_at=now,
        status=SubscriptionStatus.INCOMPLETE,
    )


def _write_order(
    guide: Guide, variant: Variant, *, user: User, buyer: Buyer, subscription: Subscription, now: datetime
) -> Order:
    plan = subscription.plan
    db.session.add(subscription)
    key = billing_keys.new_key(
        user=user,
        guide=guide,
        currency=plan.currency,
        buyer_name=buyer.name,
        buyer_email=buyer.email,
        ip=buyer.ip,
        now=now,
    )
    amount = _issue_amount(guide, variant, subscription, now=now)
    charged = guide.charges(amount)
    invoice = open_invoice(subscription, now=now) if charged else None
    if invoice is not None:
        amount = invoice.amount  # the plan may cost something else by now; this bill does not
    if invoice is not None and unanswered_charge(invoice) is not None:
        raise ChargeInProgress("the outcome of the last charge is not known yet")
    order = Order(
        merchant_uid=next_merchant_uid(invoice) if invoice else new_uid("order"),
        user=user,
        subscription=subscription,
        invoice=invoice,
        billing_key=key,
        guide_id=guide.id,
        variant=variant.id,
        purpose=OrderPurpose.ISSUE_AND_CHARGE if charged else OrderPurpose.ISSUE,
        name=_order_name(plan, charged=charged, language=buyer.language),
        amount=amount,
        currency=plan.currency,
        buyer_name=buyer.name,
        buyer_email=buyer.email,
        buyer_tel=buyer.tel,
        created_at=now,
    )
    db.session.add(order)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise ChargeInProgress("another attempt for this period was made at the same moment") from None
    journal.record("order.created", at=now, order=order, purpose=order.purpose.value, guide=guide.id)
    db.session.commit()
    return order


def _issue_amount(guide: Guide, variant: Variant, subscription: Subscription, *, now: datetime) -> int:
    """Minor units to send with the issue.

    The price, so that the window shows what will be paid; 0 where the variant asks for a key alone, or where a
    new card would be charged for a period that is not due yet and the PG gives us the choice.
    """
    not_due = not subscription.is_overdue(now)
    if not_due and guide.charges_at_issue is ChargeRule.IF_POSITIVE:
        return 0
    return variant.amount_of(subscription.plan.amount)


def _order_name(plan: Plan, *, charged: bool, language: str) -> str:
    """An issue that takes no money is called what it is: registering a card."""
    if charged:
        return plan.name(language)[:NAME_LIMIT]
    suffix = " – registration" if language == "en" else " 결제수단 등록"
    return plan.name(language)[: NAME_LIMIT - len(suffix)] + suffix


def _register_amount(desk: Desk, order: Order, *, now: datetime) -> None:
    """Tell the service the amount first: a window with another one is then refused before the PG is reached."""
    try:
        desk.client.prepare(merchant_uid=order.merchant_uid, amount=order.price.to_major(), currency=order.currency)
    except IamportError as err:
        # No window opens, so nobody will pay this order, and it must not look as if somebody might be about to.
        payments.abandon(order, now=now, reason=str(err))
        raise (PaymentServiceRefused if isinstance(err, Refused) else PaymentServiceDown)(str(err)) from err
    journal.record("amount.registered", at=now, lane=journal.PG, order=order)
    db.session.commit()
