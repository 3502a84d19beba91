"""Outcomes of a charge or a window other than an ordinary answer: one entry of `OUTCOMES` each.

The list is `outcomes.toml`. A test instrument plays an entry whenever it is used (`plays` in `instruments.toml`);
`POST /control/outcomes` plans one for the next charge or window. A rule calls `play` and does what the entry's
fields say; it never checks an entry's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sqlalchemy import Select, bindparam, case, select

from ..facts import tables
from ..facts.instruments import Instrument
from ..ledger.models import Merchant, Payment, PlannedOutcome, db
from ..ledger.transactions import exists

Place = Literal["charge", "window"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One outcome; the fields are explained at the top of `outcomes.toml`."""

    name: str
    title_ko: str
    title_en: str
    places: tuple[Place, ...] = ("charge", "window")
    refusal: str | None = None
    later: bool = False
    payer: Literal["closes", "leaves"] | None = None
    answer: Literal["429_before", "500_before", "500_after", "slow", "lost"] | None = None
    seconds: int = 0

    @property
    def stops_charge(self) -> bool:
        """Whether the service answers with an error before it attempts the charge."""
        return self.answer in ("429_before", "500_before")


def _load() -> dict[str, Outcome]:
    return {entry["name"]: Outcome(**entry) for entry in tables.load(Path(__file__).with_suffix(".toml"))["outcome"]}


OUTCOMES: Mapping[str, Outcome] = _load()
"""By name, in the order of the file."""


def play(payment: Payment, place: Place, instrument: Instrument) -> Outcome | None:
    """Return the outcome of `payment`, after recording it there; None is the ordinary course.

    It is the oldest planned outcome that fits (one for this `customer_uid` before one for any), else what the
    instrument plays. The caller's transaction uses up a planned outcome only when it commits.
    """
    due = _oldest_planned(payment.merchant_id, payment.customer_uid, place)
    if due is not None:
        due.times -= 1
        return record(payment, OUTCOMES[due.outcome], due.seconds)
    if instrument.plays is not None and place in OUTCOMES[instrument.plays].places and place in instrument.plays_at:
        return record(payment, OUTCOMES[instrument.plays], None)
    return None


def planned(merchant: Merchant) -> list[PlannedOutcome]:
    """Return the outcomes still to be played for this merchant, the oldest first."""
    left = select(PlannedOutcome).where(PlannedOutcome.merchant_id == merchant.id, PlannedOutcome.times > 0)
    return list(db.session.scalars(left.order_by(PlannedOutcome.id)))


def answer_to(payment: Payment) -> str | None:
    """Return what is wrong with the HTTP answer to this charge: an `Outcome.answer`, or None when nothing is."""
    return OUTCOMES[payment.outcome].answer if payment.outcome else None


def stops_charge(payment: Payment) -> bool:
    """Whether the service answers with an error before it attempts this charge."""
    return payment.outcome is not None and OUTCOMES[payment.outcome].stops_charge


def payer_of(payment: Payment) -> str | None:
    """Return what the payer did instead of paying: an `Outcome.payer`, or None."""
    return OUTCOMES[payment.outcome].payer if payment.outcome else None


def record(payment: Payment, outcome: Outcome, seconds: int | None) -> Outcome:
    """Record the outcome in the payment and return it. If `seconds` is None, the outcome's own apply."""
    payment.outcome = outcome.name
    payment.outcome_seconds = outcome.seconds if seconds is None else seconds
    return outcome


def _oldest_planned(merchant_id: int, customer_uid: str | None, place: Place) -> PlannedOutcome | None:
    if not exists(_ANY_PLANNED, merchant_id=merchant_id):
        return None
    return db.session.scalar(_OLDEST[place], {"merchant_id": merchant_id, "customer_uid": customer_uid})


def _oldest(place: Place) -> Select[PlannedOutcome]:
    fits_any = case((PlannedOutcome.customer_uid.is_(None), 1), else_=0)
    possible = [name for name, outcome in OUTCOMES.items() if place in outcome.places]
    return (
        select(PlannedOutcome)
        .where(
            PlannedOutcome.merchant_id == bindparam("merchant_id"),
            PlannedOutcome.times > 0,
            PlannedOutcome.outcome.in_(possible),
        )
        .where(PlannedOutcome.place.in_(("any", place)))
        .where(PlannedOutcome.customer_uid.is_(None) | (PlannedOutcome.customer_uid == bindparam("customer_uid")))
        .order_by(fits_any, PlannedOutcome.id)
        .limit(1)
    )


_ANY_PLANNED = "SELECT 1 FROM orders WHERE merchant_id = :merchant_id AND times > 0"

_OLDEST: Mapping[Place, Select[PlannedOutcome]] = {place: _oldest(place) for place in get_args(Place)}
"""Built once, because every charge needs it."""
