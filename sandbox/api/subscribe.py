"""`/subscribe/payments`: charging a stored key, or a card by its number. Schedules are in `schedules`."""

from flask import Blueprint, Response

from ..ledger.models import Payment
from ..merchants.clock import of
from ..rules import charges
from ..webhooks import delivery
from ..wire.parameters import text
from .access import authenticate, merchant
from .answers import spoil
from .body import fields
from .envelope import answer
from .objects import payment_object

bp = Blueprint("subscribe", __name__, url_prefix="/subscribe/payments")
bp.before_request(authenticate)


@bp.post("/again")
def again() -> Response:
    """A decline is an answer like any other: `code` 0, and `failed` in the payment's `status`."""
    body = fields()
    return _answer(charges.charge(merchant(), body, of(merchant(), text(body, "customer_uid"))))


@bp.post("/onetime")
@bp.post("/foreign")
def onetime() -> Response:
    """`foreign` is its old name for cards from abroad; clients know it, the schema no longer does."""
    body = fields()
    return _answer(charges.charge_card(merchant(), body, of(merchant(), text(body, "customer_uid"))))


def _answer(payment: Payment) -> Response:
    delivery.announce(payment)
    shown = payment_object(payment)  # before the wait: a test may forget everything meanwhile
    spoil(payment)
    return answer(shown)
