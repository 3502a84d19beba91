"""Checkout: create an order before the window opens, and handle the buyer's return.

place    store the subscription, billing key and order; register the amount if the window charges it
request  return the parameters of `IMP.request_pay` for the order
receive  settle after a callback, redirect or check; take the first payment if the issue took none
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import IntegrityError

import texts
from clock import FIRST_PAUSE
from errors import (
    ChargeInProgress,
    InvalidRequest,
    KeyNotConfirmed,
    NothingToCharge,
    OutOfDate,
    PaymentServiceBusy,
)
from models import Invoice, Order, Plan, Subscription, User, db, new_uid
from services import amounts, billing_keys, journal, offers, orders, payments, purchases, renewals
from services.desk import Desk
from services.guides import ChargeRule, Guide, Variant
from services.invoices import next_merchant_uid, open_invoice, unanswered_charge
from services.locks import lock
from services.machine_time import moment
from services.masking import masked, without_numbers
from states import OrderPurpose, OrderStatus, SubscriptionStatus

NAME_LIMIT = 40
"""Characters of an order name that the payment service accepts."""


class Source(StrEnum):
    """How a buyer's news of an order reached the shop. The journal stores it as the event `<source>.received`."""

    CALLBACK = "callback"
    """The page posted the result of the window's callback."""
    LANDING = "landing"
    """The browser was redirected to `m_redirect_url`."""
    CHECK = "check"
    """The buyer asked for the result again."""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """The person who pays, as typed into the form, and what is known of the browser."""

    name: str
    email: str
    tel: str
    ip: str
    language: str
    device: str = ""
    """`pc` or `mobile`, as the browser reports it. The journal keeps it for the orders of a guide run."""


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
    paid_until: datetime | None = None,
    run_id: str | None = None,
    beside: int | None = None,
) -> Order:
    """Create an order for a new subscription to `plan`, or for another card of `subscription`.

    The plan sets price and currency; an invoice that is already open keeps its own price. `paid_until` is that of the
    subscription as the page showed it: a window pays only for the period that follows. `run_id` marks the order of
    a guide run. `beside` is the id of the subscription to the same plan that the buyer keeps and was asked about.

    Raises:
        InvalidRequest: when a buyer's field does not suit this PG (named in `fields`), or no plan is given.
        PgUnavailable: when the guide is unknown, has no such variant, or does not take the plan's currency.
        NothingToCharge: when the subscription has ended or is suspended.
        OutOfDate: when the window would pay, and the subscription is paid until another time than `paid_until`.
        AlreadySubscribed: when the user has the plan already, and `beside` does not name that subscription.
        StillPaid: when the plan is cancelled and still paid, and `beside` does not name that subscription.
        ChargeInProgress: when another attempt for the period has no outcome yet, or is created at the same moment.
        PaymentServiceDown: when the service did not answer the registration of the amount.
        PaymentServiceBusy: when the registration could not be sent.
        PaymentServiceRefused: when the service refused that registration.
    """
    plan = plan or (subscription.plan if subscription else None)
    if plan is None:
        raise InvalidRequest("neither a plan nor a subscription")
    guide = offers.pick(desk.guides, guide_id, currency=plan.currency)
    variant = guide.variant(variant_id)
    _check_buyer(guide, buyer)
    is_purchase = subscription is None and run_id is None
    if subscription is None:
        subscription = purchases.begin(user, plan, beside=beside, is_run=not is_purchase, now=now)
    elif not subscription.is_alive or subscription.status is SubscriptionStatus.SUSPENDED:
        raise NothingToCharge("the subscription has ended or is suspended")
    elif guide.charges(_issue_amount(guide, variant, subscription, now=now)):
        _check_period(subscription, paid_until)
    order = _write_order(
        desk, guide, variant, subscription=subscription, buyer=buyer, is_purchase=is_purchase, run_id=run_id, now=now
    )
    if order.purpose is OrderPurpose.ISSUE_AND_CHARGE:
        amounts.register(desk, order, now=now)
    if run_id is None:
        purchases.close_earlier(order, now=now)
    return order


def request(desk: Desk, order: Order, *, language: str) -> dict[str, Any]:
    """Return the parameters that the page passes to `IMP.request_pay`. All of them are public."""
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
    desk: Desk,
    *,
    source: Source,
    merchant_uid: str,
    imp_uid: str | None,
    now: datetime,
    message: str | None = None,
    query: Mapping[str, str] | None = None,
) -> Order:
    """Settle the order that a buyer reports; `source` says how the report arrived.

    `message` is the error text of a window that ended without a payment, or "" if the text is not the owner's own;
    `query` is all that came with the owner's landing, kept for a guide run. The shop shows both and relies on neither.

    Raises:
        OrderNotFound: when no order has this `merchant_uid`.
    """
    order = orders.by_uid(merchant_uid)
    facts: dict[str, Any] = {"message": (message or "")[:200]}
    if query is not None and order.run_id is not None:
        facts["query"] = masked(dict(query))
    journal.record(f"{source}.received", at=now, lane=journal.BROWSER, order=order, **facts)
    if message is not None and order.status is OrderStatus.READY:
        order.record_window_message(without_numbers(message))
    db.session.commit()
    lookup = payments.settle(desk, merchant_uid=merchant_uid, imp_uid=imp_uid, now=now)
    if lookup is payments.Lookup.NO_ANSWER:
        return order  # the buyer waits no longer: `reconcile` and the worker do the rest
    if order.purpose is OrderPurpose.ISSUE and order.status is OrderStatus.PAID:
        _collect_if_due(desk, order.subscription, now=now)
    billing_keys.delete_revoked(desk, now=now, user=order.user)
    return order


def _collect_if_due(desk: Desk, subscription: Subscription, *, now: datetime) -> None:
    """Take the payment that follows a key-only issue, unless another request or the worker is already taking it."""
    try:
        renewals.collect(desk, subscription_id=subscription.id, now=now)
    except (ChargeInProgress, KeyNotConfirmed, NothingToCharge, PaymentServiceBusy):
        return


def _check_period(subscription: Subscription, paid_until: datetime | None) -> None:
    """Lock the subscription, and check that its page is up to date: else the window would pay for the next period.

    Raises:
        OutOfDate: when the period of the page was paid in the meantime.
    """
    lock(subscription)
    if subscription.paid_until != paid_until:
        raise OutOfDate("the period of the page was paid in the meantime")


def _check_buyer(guide: Guide, buyer: Buyer) -> None:
    """Check what this PG requires beyond the form's own checks, e.g. a name of two words.

    Raises:
        InvalidRequest: when a field does not match the PG's pattern; `fields` holds its hint.
    """
    given = {"buyer_name": buyer.name, "buyer_email": buyer.email, "buyer_tel": buyer.tel}
    bad = {
        parameter.name: [parameter.hint.get(buyer.language, "")]
        for parameter in guide.parameters
        if parameter.name in given and not parameter.takes(given[parameter.name])
    }
    if bad:
        raise InvalidRequest("a field does not match what this PG requires", fields=bad)


def _write_order(
    desk: Desk,
    guide: Guide,
    variant: Variant,
    *,
    subscription: Subscription,
    buyer: Buyer,
    is_purchase: bool,
    run_id: str | None,
    now: datetime,
) -> Order:
    amount = _issue_amount(guide, variant, subscription, now=now)
    invoice = open_invoice(subscription, now=now) if guide.charges(amount) else None
    if is_purchase:
        purchases.hold(subscription)
    if invoice is not None:
        amount = invoice.amount  # the plan's price may have changed since; the invoice keeps its own
        if unanswered_charge(invoice) is not None:
            raise ChargeInProgress("the outcome of the last charge is not known yet")
    order = _new_order(guide, subscription=subscription, invoice=invoice, amount=amount, buyer=buyer, now=now)
    order.variant, order.run_id = variant.id, run_id
    order.look_not_before = moment(desk.machine_now(), plus=FIRST_PAUSE)
    _save_order(order, device=buyer.device, now=now)
    return order


def _new_order(
    guide: Guide, *, subscription: Subscription, invoice: Invoice | None, amount: int, buyer: Buyer, now: datetime
) -> Order:
    plan, user, charged = subscription.plan, subscription.user, invoice is not None
    key = billing_keys.new_key(
        user=user,
        guide=guide,
        currency=plan.currency,
        buyer_name=buyer.name,
        buyer_email=buyer.email,
        ip=buyer.ip,
        now=now,
    )
    return Order(
        merchant_uid=next_merchant_uid(invoice) if invoice else new_uid("order"),
        user=user,
        subscription=subscription,
        invoice=invoice,
        billing_key=key,
        guide_id=guide.id,
        purpose=OrderPurpose.ISSUE_AND_CHARGE if charged else OrderPurpose.ISSUE,
        name=order_name(plan, charged=charged, language=buyer.language),
        amount=amount,
        currency=plan.currency,
        buyer_name=buyer.name,
        buyer_email=buyer.email,
        buyer_tel=buyer.tel,
        created_at=now,
    )


def _save_order(order: Order, *, device: str, now: datetime) -> None:
    db.session.add(order)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise ChargeInProgress("another attempt for this period was made at the same moment") from None
    facts: dict[str, Any] = {"purpose": order.purpose.value, "guide": order.guide_id}
    if order.run_id is not None:
        facts["device"] = device
    journal.record("order.created", at=now, order=order, **facts)
    db.session.commit()


def _issue_amount(guide: Guide, variant: Variant, subscription: Subscription, *, now: datetime) -> int:
    """Return the minor units to send with the issue.

    This is the price, so that the window shows what the buyer will pay. It is 0 if the variant requests a key alone,
    or if a new card would pay for a period that is not due yet and the PG can issue a key without a charge.
    """
    not_due = not subscription.is_overdue(now)
    if not_due and guide.charges_at_issue is ChargeRule.IF_POSITIVE:
        return 0
    return variant.amount_of(subscription.plan.amount)


def order_name(plan: Plan, *, charged: bool, language: str) -> str:
    """Return the order's name. An issue that takes no money is named a registration."""
    if charged:
        return texts.cut(plan.name(language), NAME_LIMIT)
    suffix = " – registration" if language == "en" else " 결제수단 등록"
    return texts.cut(plan.name(language), NAME_LIMIT - len(suffix)) + suffix
