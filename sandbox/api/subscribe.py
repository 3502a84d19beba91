"""`/subscribe/payments`: charges of a stored key, or of a card by its number. Schedules are in `schedules`."""

from flask import Blueprint, Response

from ..ledger.models import Payment
from ..merchants.clock import of
from ..rules import charges
from ..webhooks import delivery
from ..wire.parameters import text
from .access import authenticate, merchant
from .answers import disturb
from .body import fields
from .envelope import answer
from .objects import payment_object

bp = Blueprint("subscribe", __name__, url_prefix="/subscribe/payments")
bp.before_request(authenticate)


@bp.post("/again")
def again() -> Response:
    """Charge a stored key. A decline also answers with `code` 0, and with `failed` in the payment's `status`."""
    body = fields()
    return _answer(charges.charge(merchant(), body, of(merchant(), text(body, "customer_uid"))))


@bp.post("/onetime")
@bp.post("/foreign")
def onetime() -> Response:
    """Charge a card once. `foreign` is its old name for cards from abroad, not in the schema but still in clients."""
    body = fields()
    return _answer(charges.charge_card(merchant(), body, of(merchant(), text(body, "customer_uid"))))


def _answer(payment: Payment) -> Response:
    delivery.announce(payment)
    shown = payment_object(payment)  # before the wait, during which a test may reset the sandbox
    disturb(payment)
    return answer(shown)
