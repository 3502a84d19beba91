"""What can come of a charge or a window besides an ordinary answer: one entry of `OUTCOMES` each.

A test instrument plays one whenever it is used (``plays`` in ``instruments.toml``); ``POST /control/outcomes`` orders
one for whatever comes next. A rule asks `play`, then does what the entry says; no other place knows one by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import case, select

from sandbox.instruments import Instrument
from sandbox.models import Order, Payment, db

Place = Literal["charge", "window"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One thing that may happen. ``seconds`` is how long it takes unless an order says otherwise."""

    name: str
    title_ko: str
    title_en: str
    places: tuple[Place, ...] = ("charge", "window")
    """Whether it can happen to a server's charge, in a payer's window, or to both."""
    refusal: str | None = None
    """The ``fail_reason`` of a record that becomes ``failed``."""
    later: bool = False
    """The PG approves after ``seconds``; until then the record is ``failed`` with a ``refusal``, ``ready`` without."""
    payer: Literal["closes", "leaves"] | None = None
    """The payer closes the window, or walks away from it."""
    answer: Literal["500_before", "500_after", "slow", "lost"] | None = None
    """What is wrong with the HTTP answer: 500 with or without the charge made, late, or none at all."""
    seconds: int = 0


OUTCOMES: Mapping[str, Outcome] = {
    outcome.name: outcome
    for outcome in (
        Outcome(name="approve", title_ko="승인", title_en="Approved"),
        Outcome(
            name="decline",
            title_ko="카드사 거절",
            title_en="Declined",
            refusal="카드사에서 승인을 거절하였습니다. 카드사에 문의하시기 바랍니다.",
        ),
        Outcome(
            name="insufficient_funds",
            title_ko="잔액 부족",
            title_en="Insufficient funds",
            refusal="잔액이 부족하여 결제가 거절되었습니다.",
        ),
        Outcome(
            name="limit_exceeded",
            title_ko="이용 한도 초과",
            title_en="Limit exceeded",
            refusal="이용한도를 초과하였습니다.",
        ),
        Outcome(
            name="lost_card",
            title_ko="분실·도난 신고",
            title_en="Reported lost",
            refusal="분실 또는 도난 신고된 결제수단입니다.",
        ),
        Outcome(
            name="late_approval",
            title_ko="실패 응답 후 뒤늦은 승인",
            title_en="Failed, approved later",
            refusal="(PG사 결제 장애) Internal error",
            later=True,
            seconds=10,
        ),
        Outcome(
            name="pending", title_ko="심사 후 뒤늦은 승인", title_en="Pending, approved later", later=True, seconds=10
        ),
        Outcome(
            name="answer_lost",
            title_ko="승인되었으나 응답 유실",
            title_en="Approved, answer lost",
            places=("charge",),
            answer="lost",
            seconds=60,
        ),
        Outcome(
            name="slow",
            title_ko="느린 응답",
            title_en="Slow answer",
            places=("charge",),
            answer="slow",
            seconds=5,
        ),
        Outcome(
            name="error_before_charge",
            title_ko="승인 전 오류 (HTTP 500)",
            title_en="HTTP 500, nothing charged",
            places=("charge",),
            answer="500_before",
        ),
        Outcome(
            name="error_after_charge",
            title_ko="승인 후 오류 (HTTP 500)",
            title_en="HTTP 500, though charged",
            places=("charge",),
            answer="500_after",
        ),
        Outcome(
            name="window_cancelled",
            title_ko="구매자가 결제창을 닫음",
            title_en="Window closed",
            places=("window",),
            payer="closes",
        ),
        Outcome(
            name="window_abandoned",
            title_ko="구매자가 결제창을 떠남",
            title_en="Window abandoned",
            places=("window",),
            payer="leaves",
        ),
    )
}


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
    fits_anybody = case((Order.customer_uid.is_(None), 1), else_=0)
    possible = [name for name, outcome in OUTCOMES.items() if place in outcome.places]
    return db.session.scalar(
        select(Order)
        .where(Order.merchant_id == merchant_id, Order.times > 0, Order.outcome.in_(possible))
        .where(Order.place.in_(("any", place)))
        .where(Order.customer_uid.is_(None) | (Order.customer_uid == customer_uid))
        .order_by(fits_anybody, Order.id)
        .limit(1)
    )
