"""What can come of a charge or a window besides an ordinary answer: one entry of `OUTCOMES` each.

The list is ``outcomes.toml``. A test instrument plays an entry whenever it is used (``plays`` in ``instruments.toml``);
``POST /control/outcomes`` orders one for whatever comes next. A rule asks `play`, then does what the entry says; no
other place knows one by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sqlalchemy import Select, bindparam, case, select

from ..facts import tables
from ..facts.instruments import Instrument
from ..ledger.models import Order, Payment, db
from ..ledger.transactions import exists

Place = Literal["charge", "window"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One thing that may happen; the fields are explained at the top of ``outcomes.toml``."""

    name: str
    title_ko: str
    title_en: str
    places: tuple[Place, ...] = ("charge", "window")
    refusal: str | None = None
    later: bool = False
    payer: Literal["closes", "leaves"] | None = None
    answer: Literal["500_before", "500_after", "slow", "lost"] | None = None
    seconds: int = 0


def _load() -> dict[str, Outcome]:
    return {entry["name"]: Outcome(**entry) for entry in tables.load(Path(__file__).with_suffix(".toml"))["outcome"]}


OUTCOMES: Mapping[str, Outcome] = _load()
"""By name, in the order of the file."""


def play(payment: Payment, place: Place, instrument: Instrument) -> Outcome | None:
    """What happens to ``payment`` now, noted in its record: the oldest order that fits (one for this ``customer_uid``
    before one for any), else what the instrument plays, else None: the ordinary course.

    Inside the caller's transaction: an order is used up by the commit and by nothing else.
    """
    order = _oldest_order(payment.merchant_id, payment.customer_uid, place)
    if order is not None:
        order.times -= 1
        return note(payment, OUTCOMES[order.outcome], order.seconds)
    if instrument.plays is not None and place in OUTCOMES[instrument.plays].places and place in instrument.plays_at:
        return note(payment, OUTCOMES[instrument.plays], None)
    return None


def answer_to(payment: Payment) -> str | None:
    """What is wrong with the HTTP answer to this charge: an `Outcome.answer`, None when nothing is."""
    return OUTCOMES[payment.outcome].answer if payment.outcome else None


def payer_of(payment: Payment) -> str | None:
    """What the payer did instead of paying: an `Outcome.payer`, None when nothing."""
    return OUTCOMES[payment.outcome].payer if payment.outcome else None


def note(payment: Payment, outcome: Outcome, seconds: int | None) -> Outcome:
    payment.outcome = outcome.name
    payment.outcome_seconds = outcome.seconds if seconds is None else seconds
    return outcome


def _oldest_order(merchant_id: int, customer_uid: str | None, place: Place) -> Order | None:
    if not exists(_ANY_ORDER, merchant_id=merchant_id):
        return None
    return db.session.scalar(_OLDEST[place], {"merchant_id": merchant_id, "customer_uid": customer_uid})


def _oldest(place: Place) -> Select[Order]:
    fits_anybody = case((Order.customer_uid.is_(None), 1), else_=0)
    possible = [name for name, outcome in OUTCOMES.items() if place in outcome.places]
    return (
        select(Order)
        .where(Order.merchant_id == bindparam("merchant_id"), Order.times > 0, Order.outcome.in_(possible))
        .where(Order.place.in_(("any", place)))
        .where(Order.customer_uid.is_(None) | (Order.customer_uid == bindparam("customer_uid")))
        .order_by(fits_anybody, Order.id)
        .limit(1)
    )


_ANY_ORDER = "SELECT 1 FROM orders WHERE merchant_id = :merchant_id AND times > 0"

_OLDEST: Mapping[Place, Select[Order]] = {place: _oldest(place) for place in get_args(Place)}
"""Built once: every charge asks."""
