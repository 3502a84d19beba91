"""The states that a record may have, and the legal moves between them.

`MOVES` is the whole table: docs/states.md draws it. The rows that have these states are in `models.py`. There, one
method per event makes each move, by `moved`.
"""

from enum import StrEnum
from typing import TypeVar

from errors import IllegalStep


class OrderPurpose(StrEnum):
    """What an order is for: a billing key, a key and its first payment, or a charge with a stored key."""

    ISSUE = "issue"
    ISSUE_AND_CHARGE = "issue_and_charge"
    CHARGE = "charge"


class OrderStatus(StrEnum):
    """The payment service's own four words for a payment. `READY` has no outcome yet."""

    READY = "ready"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


class KeyStatus(StrEnum):
    """`PENDING` until its issue is verified. `REVOKED` is final."""

    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


class SubscriptionStatus(StrEnum):
    """`INCOMPLETE` until the first payment, `PAST_DUE` after a declined renewal. `CANCELLED` is final.

    `SUSPENDED`: the payment of the current period was refunded or reversed, and staff have not decided what follows.
    """

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAUSED = "paused"
    PAST_DUE = "past_due"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class InvoiceStatus(StrEnum):
    """`OPEN` is still to be paid. Dunning ends with `UNCOLLECTIBLE`; the end of the subscription sets `VOID`.

    `REFUNDED`: the whole payment was refunded. `REVERSED`: staff recorded that the card company took the payment back.
    A partial refund leaves the invoice `PAID`; `Order.refunded` holds its amount.
    """

    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"
    REFUNDED = "refunded"
    REVERSED = "reversed"


class RefundStatus(StrEnum):
    """How far a refund is: we decided it, the service accepted it, the money is back, or the service refused it."""

    DECIDED = "decided"
    ASKED = "asked"
    """The service accepted the request; the PG has not confirmed it yet."""
    MADE = "made"
    REFUSED = "refused"


class RefundCause(StrEnum):
    """Why we refund: the payment is surplus or does not match its order, or a member of staff decided it."""

    SURPLUS = "surplus"
    STAFF = "staff"


class RefundEffect(StrEnum):
    """What staff do to a subscription, with a refund or without one.

    It continues, is suspended, ends with its paid period, or ends immediately and access with it.
    """

    KEEP = "keep"
    SUSPEND = "suspend"
    PERIOD_END = "period_end"
    END = "end"


class CaseKind(StrEnum):
    """What happened to a payment without our request. `REVERSED`: the card company took it back."""

    REFUNDED = "refunded"
    PARTLY_REFUNDED = "partly_refunded"
    REVERSED = "reversed"


class ComparisonStep(StrEnum):
    """What a comparison does next: read one of the service's three lists, then our own rows, then repair."""

    PAID = "paid"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ORDERS = "orders"
    REFUNDS = "refunds"
    REPAIR = "repair"
    DONE = "done"


class DifferenceKind(StrEnum):
    """How the service's record of a payment differs from ours. `SURPLUS`: a second payment without a refund.

    `REFUND_OPEN`: the record does not show a refund that we decided. `UNKNOWN`: an id of our form that we do not have.
    """

    PAID_THERE = "paid_there"
    PAID_HERE = "paid_here"
    REFUNDED_THERE = "refunded_there"
    FAILED_THERE = "failed_there"
    SURPLUS = "surplus"
    AMOUNT = "amount"
    REFUND_OPEN = "refund_open"
    UNKNOWN = "unknown"


class Repair(StrEnum):
    """The rule that repairs a difference: settle the order, process its refund, or leave it to the staff."""

    SETTLE = "settle"
    REFUND = "refund"
    STAFF = "staff"


MOVES: dict[type[StrEnum], dict[str, set[str]]] = {
    # Only the payment service knows the outcome, and a PG may approve late what it reported failed: failed → paid.
    OrderStatus: {
        "ready": {"paid", "failed", "cancelled"},
        "failed": {"paid", "cancelled"},
        "cancelled": {"paid", "failed"},
        "paid": {"cancelled"},
    },
    KeyStatus: {"pending": {"active", "revoked"}, "active": {"revoked"}, "revoked": set()},
    SubscriptionStatus: {
        "incomplete": {"active", "cancelled"},
        "active": {"paused", "past_due", "suspended", "cancelled"},
        "paused": {"active", "suspended", "cancelled"},
        "past_due": {"active", "suspended", "cancelled"},
        "suspended": {"active", "cancelled"},
        "cancelled": set(),
    },
    # When the shop wins a dispute, it receives the money of a reversed payment again: reversed → paid.
    InvoiceStatus: {
        "open": {"paid", "uncollectible", "void"},
        "uncollectible": {"paid"},
        "paid": {"refunded", "reversed"},
        "reversed": {"paid"},
        "refunded": set(),
        "void": set(),
    },
    # Staff may still cancel a payment in the service's console after the service refused our request.
    RefundStatus: {
        "decided": {"asked", "made", "refused"},
        "asked": {"made", "refused"},
        "refused": {"made"},
        "made": set(),
    },
}


S = TypeVar("S", bound=StrEnum)


def moved(current: S, to: S) -> S:
    """Return the status `to`, if a record may have it after `current`. A repeat is legal.

    Raises:
        IllegalStep: when `MOVES` does not list the change.
    """
    if to != current and to.value not in MOVES[type(to)][current.value]:
        raise IllegalStep(f"{type(to).__name__}: {current.value} → {to.value}")
    return to
