"""Giving a subscription a past: it is bought now, through the window, and then moved back in time."""

from datetime import datetime, timedelta

from flask import current_app

from clock import in_seoul
from demo.buyer import pay_in_window
from models import JournalEntry, Subscription, User, db
from services import catalog, checkout
from services.checkout import Buyer
from views import desk


def subscribe(user: User, slug: str, *, card: str, now: datetime) -> Subscription:
    order = checkout.place(
        desk(),
        user=user,
        plan=catalog.plan_on_sale(slug),
        guide_id="inicis",
        buyer=Buyer(name=user.name, email=user.email, tel=user.tel, ip="127.0.0.1", language="ko"),
        now=now,
    )
    imp_uid = pay_in_window(
        current_app.config["IMP_SDK_URL"],
        merchant_code=current_app.config["IMP_CODE"],
        request=checkout.request(desk(), order, language="ko"),
        number=card,
    )
    checkout.receive(desk(), road="callback", merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)
    return order.subscription


def rewind(subscription: Subscription, *, by: timedelta) -> None:
    """Move everything that happened to a subscription `by` so much into the past."""
    subscription.created_at -= by
    if subscription.paid_until is not None:
        subscription.paid_until = subscription.next_charge_at = subscription.paid_until - by
        subscription.anchor_day = in_seoul(subscription.paid_until).day
    for invoice in subscription.invoices:
        invoice.period_start, invoice.period_end = invoice.period_start - by, invoice.period_end - by
        invoice.created_at -= by
        invoice.paid_at = invoice.paid_at and invoice.paid_at - by
    for order in subscription.orders:
        order.created_at -= by
        order.paid_at = order.paid_at and order.paid_at - by
    merchant_uids = [order.merchant_uid for order in subscription.orders]
    for entry in db.session.query(JournalEntry).filter(JournalEntry.merchant_uid.in_(merchant_uids)):
        entry.at -= by
        if "until" in entry.facts:
            until = datetime.fromisoformat(entry.facts["until"]) - by
            entry.facts = {**entry.facts, "until": until.isoformat()}
    db.session.commit()
