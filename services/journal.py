"""The journal: the events of an order, in sequence, in three lanes.

The caller's transaction stores the entries. Callers pass names, states and ids, never secrets or card numbers.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from models import JournalEntry, Order, db

BROWSER, SHOP, PG = "browser", "shop", "pg"


def record(event: str, *, at: datetime, lane: str = SHOP, order: Order | None = None, **facts: object) -> None:
    """Add one entry; `facts` are small JSON values. Does not commit."""
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
    """Return all entries of these orders, the oldest first."""
    merchant_uids = [order.merchant_uid for order in orders]
    return db.session.scalars(
        select(JournalEntry).where(JournalEntry.merchant_uid.in_(merchant_uids)).order_by(JournalEntry.id)
    ).all()
