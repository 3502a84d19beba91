"""Date the calls of the wire log by the clock of the customer whom they concern, else of the merchant."""

from collections.abc import Sequence
from typing import Any

from flask import g
from sqlalchemy import inspect, select

from ..ledger.models import Merchant, db

Offsets = dict[str, int]
"""`customer_uid` → seconds by which that customer's clock is ahead of the merchant's."""


def offsets_seen() -> Offsets | None:
    """Return the offsets that this call has loaded with its merchant, or None. An expired merchant is not read again.

    Another process may store the call only after a customer's clock has moved on, so the call keeps what it has seen.
    """
    merchant = g.get("merchant")
    loaded: Offsets | None = inspect(merchant).dict.get("customer_offsets") if merchant is not None else None
    return loaded


def date(rows: Sequence[dict[str, Any]], seen: Sequence[Offsets | None]) -> None:
    """Turn the computer's time `at` of each row into the time of its customer. `seen` holds the offsets of each row."""
    ids = {row["merchant_id"] for row in rows}
    merchants = db.session.scalars(select(Merchant).where(Merchant.id.in_(ids))).all()
    by_id = {merchant.id: merchant for merchant in merchants}
    for row, offsets in zip(rows, seen, strict=True):
        if merchant := by_id.get(row["merchant_id"]):
            known = merchant.customer_offsets if offsets is None else offsets
            own = (known[uid] for uid in row["ids"].split("\n") if uid in known)
            row["at"] += merchant.clock_offset + next(own, 0)
