"""Give a person a past: let their clock begin months ago, buy through the window, and travel to the present.

So every stamp of the past is true in the shop and at the sandbox.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import current_app

import clock
from demo import clocks, due, journeys, sandbox
from demo.buyer import pay_in_window
from models import Subscription, User, db
from services import catalog, checkout
from services.checkout import Buyer, Source
from views.incoming import desk

CARD_MONTHS = 12
"""Months until the card of a sample person expires: near enough to travel there, and after a yearly renewal."""
MOST_SECONDS = 60.0
"""How long the journey to the present may take. Each month of the past is one stop."""


@contextmanager
def lived_since(user: User, start: datetime, *, until: datetime) -> Iterator[None]:
    """Let the person live from `start` during the block, and then travel to `until`, which is now."""
    lead = until - clock.machine_now()
    user.created_at = min(user.created_at, start)
    clocks.put_ahead(user.id, start - until + lead)
    db.session.commit()
    yield
    journeys.depart(user.id, clock.machine_now() + lead, now=clocks.time_of(user.id))
    journeys.go_on(desk(), user.id, seconds=MOST_SECONDS)
    _stay_at(user, round(lead.total_seconds()))


def _stay_at(user: User, ahead: int) -> None:
    """Undo the fraction of a second by which a journey passes its target, on both sides."""
    clocks.put_ahead(user.id, timedelta(seconds=ahead))
    db.session.commit()
    sandbox.set_clocks(due.customer_uids(user.id), ahead=ahead)


def _expiry(now: datetime) -> str:
    """Return an expiry as a payer types it: `CARD_MONTHS` after the purchase, or after today if it was in the past."""
    bought = max(now, clock.machine_now())
    ends = clock.add_months(bought, CARD_MONTHS, anchor_day=clock.day_of_month(bought))
    return clock.in_seoul(ends).strftime("%m/%y")


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
    sandbox.set_clocks([order.billing_key.customer_uid], ahead=int(clocks.ahead(user.id).total_seconds()))
    imp_uid = pay_in_window(
        current_app.config["IMP_SDK_URL"],
        merchant_code=current_app.config["IMP_CODE"],
        request=checkout.request(desk(), order, language="ko"),
        number=card,
        expiry=_expiry(now),
    )
    now = clocks.time_of(user.id)
    checkout.receive(desk(), source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=now)
    return order.subscription
