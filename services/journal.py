"""The journal: what happened to an order, in the order it happened, in three lanes.

Entries ride in the caller's transaction. Secrets and card numbers never enter: callers hand over names, states
and ids.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from models import JournalEntry, Order, db

BROWSER, SHOP, PG = "browser", "shop", "pg"


def record(event: str, *, at: datetime, lane: str = SHOP, order: Order | None = None, **facts: object) -> None:
    """Write one entry; `facts` are small JSON values. Does not commit."""
    db.session.add(
        JournalEntry(
            at=at,
            lane=lane,
            event=event,
            merchant_uid=order.merchant_uid if order else None,
            imp_uid=order.imp_uid if order else None,
            customer_uid=order.billing_key.customer_uid if order else None,
            facts=facts,
        )
    )


def of_orders(*orders: Order) -> Sequence[JournalEntry]:
    """Everything about these orders, oldest first."""
    merchant_uids = [order.merchant_uid for order in orders]
    return db.session.scalars(
        select(JournalEntry).where(JournalEntry.merchant_uid.in_(merchant_uids)).order_by(JournalEntry.id)
    ).all()
