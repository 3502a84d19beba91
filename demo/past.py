"""Give a subscription a past: buy it now, through the window, and then move it back in time."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from clock import add_months
from demo.buyer import pay_in_window
from models import JournalEntry, Subscription, User, db
from services import catalog, checkout
from services.checkout import Buyer, Source
from views.incoming import desk


def subscribe(user: User, slug: str, *, card: str, now: datetime) -> Subscription:
    """Return a subscription that `user` has just bought with a test card, through the sandbox's window."""
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
    checkout.receive(desk(), source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)
    return order.subscription


def rewind(subscription: Subscription, *, months: int = 0, days: int = 0, anchor_day: int) -> None:
    """Move everything that happened to a subscription into the past by `months` and `days`.

    Months are counted as the shop counts them, so that each past period begins on the anchor day.
    """

    def earlier(at: datetime) -> datetime:
        return add_months(at - timedelta(days=days), -months, anchor_day=anchor_day)

    subscription.anchor_day = anchor_day
    subscription.user.created_at = earlier(subscription.user.created_at)
    subscription.created_at = earlier(subscription.created_at)
    if subscription.paid_until is not None:
        subscription.paid_until = subscription.next_charge_at = earlier(subscription.paid_until)
    for invoice in subscription.invoices:
        invoice.period_start, invoice.period_end = earlier(invoice.period_start), earlier(invoice.period_end)
        invoice.created_at = earlier(invoice.created_at)
        invoice.paid_at = invoice.paid_at and earlier(invoice.paid_at)
        invoice.retry_at = invoice.retry_at and earlier(invoice.retry_at)
    for order in subscription.orders:
        order.created_at = earlier(order.created_at)
        order.paid_at = order.paid_at and earlier(order.paid_at)
        order.asked_at = order.asked_at and earlier(order.asked_at)
    merchant_uids = [order.merchant_uid for order in subscription.orders]
    for entry in db.session.scalars(select(JournalEntry).where(JournalEntry.merchant_uid.in_(merchant_uids))):
        entry.at = earlier(entry.at)
        if "until" in entry.facts:
            until = earlier(datetime.fromisoformat(entry.facts["until"]))
            entry.facts = {**entry.facts, "until": until.isoformat()}
    db.session.commit()
