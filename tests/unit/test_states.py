"""Legal and illegal moves of every state, and the diagrams that show them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from errors import IllegalStep
from models import BillingKey, Invoice, Order, Refund, Subscription
from states import MOVES, InvoiceStatus, KeyStatus, OrderStatus, RefundStatus, SubscriptionStatus
from tests.factories import NOW

LATER = NOW + timedelta(days=1)

ORDER_EVENTS = {
    OrderStatus.PAID: lambda order: order.mark_paid(at=NOW),
    OrderStatus.FAILED: lambda order: order.mark_failed("limit exceeded", at=NOW),
    OrderStatus.CANCELLED: lambda order: order.mark_cancelled(),
}
KEY_EVENTS = {
    KeyStatus.ACTIVE: lambda key: key.activate(at=NOW, card_name=None, card_number=None),
    KeyStatus.REVOKED: lambda key: key.revoke(at=NOW),
}
SUBSCRIPTION_EVENTS = {
    SubscriptionStatus.ACTIVE: lambda subscription: subscription.resume(at=NOW),
    SubscriptionStatus.SUSPENDED: lambda subscription: subscription.suspend(),
    SubscriptionStatus.PAST_DUE: lambda subscription: subscription.mark_past_due(retry_at=LATER),
    SubscriptionStatus.CANCELLED: lambda subscription: subscription.cancel(at=NOW),
}
INVOICE_EVENTS = {
    InvoiceStatus.PAID: lambda invoice: invoice.mark_paid(at=NOW),
    InvoiceStatus.UNCOLLECTIBLE: lambda invoice: invoice.mark_uncollectible(),
    InvoiceStatus.VOID: lambda invoice: invoice.mark_void(),
    InvoiceStatus.REFUNDED: lambda invoice: invoice.mark_refunded(),
    InvoiceStatus.REVERSED: lambda invoice: invoice.mark_reversed(),
}

REFUND_EVENTS = {
    RefundStatus.ASKED: lambda refund: refund.mark_asked(at=NOW),
    RefundStatus.MADE: lambda refund: refund.mark_made(at=NOW),
    RefundStatus.REFUSED: lambda refund: refund.give_up(),
}

STEPS = [
    (model, start, to, event)
    for model, statuses, events in [
        (Order, OrderStatus, ORDER_EVENTS),
        (BillingKey, KeyStatus, KEY_EVENTS),
        (Subscription, SubscriptionStatus, SUBSCRIPTION_EVENTS),
        (Invoice, InvoiceStatus, INVOICE_EVENTS),
        (Refund, RefundStatus, REFUND_EVENTS),
    ]
    for start in statuses
    for to, event in events.items()
]


def named(step) -> str:
    model, start, to, _ = step
    return f"{model.__name__}: {start} to {to}"


DEFAULTS = {Refund: {"refusals": 0}}
"""What the database would fill in."""

LEGAL = {
    *{(Order, a, b) for a, b in [("ready", "paid"), ("ready", "failed"), ("ready", "cancelled"), ("failed", "paid")]},
    *{(Order, a, b) for a, b in [("failed", "cancelled"), ("cancelled", "paid"), ("cancelled", "failed")]},
    (Order, "paid", "cancelled"),
    *{(BillingKey, a, b) for a, b in [("pending", "active"), ("pending", "revoked"), ("active", "revoked")]},
    *{(Subscription, "incomplete", b) for b in ("active", "cancelled")},
    *{(Subscription, "active", b) for b in ("past_due", "suspended", "cancelled")},
    *{(Subscription, "past_due", b) for b in ("active", "suspended", "cancelled")},
    *{(Subscription, "paused", b) for b in ("active", "suspended", "cancelled")},
    *{(Subscription, "suspended", b) for b in ("active", "cancelled")},
    *{(Invoice, "open", b) for b in ("paid", "uncollectible", "void")},
    (Invoice, "uncollectible", "paid"),
    *{(Invoice, "paid", b) for b in ("refunded", "reversed")},
    (Invoice, "reversed", "paid"),
    *{(Refund, "decided", b) for b in ("asked", "made", "refused")},
    *{(Refund, a, "made") for a in ("asked", "refused")},
    (Refund, "asked", "refused"),
}
"""Which status may follow which."""


@pytest.mark.parametrize("step", STEPS, ids=map(named, STEPS))
def test_a_status_moves_only_where_it_may(step):
    model, start, to, event = step
    record = model(status=start, **DEFAULTS.get(model, {}))

    if (model, start.value, to.value) in LEGAL or start is to:
        event(record)
        assert record.status is to
    else:
        with pytest.raises(IllegalStep):
            event(record)
        assert record.status is start


def test_every_status_has_its_row_in_the_table():
    assert {status: set(MOVES[status]) for status in MOVES} == {s: {member.value for member in s} for s in MOVES}


def drawn() -> dict[str, set[tuple[str, str]]]:
    """Return the arrows of each diagram in `docs/states.md`, by its heading. A section without a diagram has none."""
    sections = re.split(r"^## ", Path(__file__).parents[2].joinpath("docs/states.md").read_text("utf-8"), flags=re.M)
    arrow = re.compile(r"^    (\w+) --> (\w+)", re.M)
    arrows = {section.partition("\n")[0]: set(arrow.findall(section)) for section in sections[1:]}
    return {heading: found for heading, found in arrows.items() if found}


def test_the_diagrams_show_the_table():
    headings = {
        "Order": OrderStatus,
        "Billing key": KeyStatus,
        "Subscription": SubscriptionStatus,
        "Invoice": InvoiceStatus,
        "Refund": RefundStatus,
    }

    assert drawn() == {
        heading: {(start, to) for start, ends in MOVES[status].items() for to in ends}
        for heading, status in headings.items()
    }
