"""Calls for the payments of one wallet only: PAYCO's order status, Naver Pay's points and cash receipts."""

from flask import Blueprint, Response

from ..ledger import entries
from ..ledger.models import Payment
from ..rules import balances
from ..wire.errors import Refused
from ..wire.parameters import missing, word
from .access import authenticate, merchant
from .body import fields
from .envelope import answer

bp = Blueprint("wallets", __name__)
bp.before_request(authenticate)

ORDER_STATUSES = ("DELIVERY_START", "PURCHASE_DECISION", "CANCELED")

WRONG_PG = "해당 PG사의 결제건이 아닙니다."


@bp.post("/payco/orders/status/<imp_uid>")
def order_status(imp_uid: str) -> Response:
    """Check the order status, which PAYCO would show to the buyer. The sandbox does not keep it."""
    status = word(fields(), "status", ORDER_STATUSES)
    if status is None:
        raise missing("status")
    paid_with(imp_uid, "order_status")
    return answer({"status": status})


@bp.post("/payments/<imp_uid>/naver/point")
@bp.post("/payments/<imp_uid>/naver/confirm")
def settle(imp_uid: str) -> Response:
    """Grant the buyer's points, or confirm the order. The answer has no content."""
    paid_with(imp_uid, "naver")
    return answer(None)


@bp.get("/payments/<imp_uid>/naver/cash-amount")
def cash_amount(imp_uid: str) -> Response:
    """Answer with the amounts for which a cash receipt can be issued. Play money contains no points."""
    payment = paid_with(imp_uid, "naver")
    left = balances.left(payment)
    return answer(
        {
            "amount_total": payment.remaining,
            "amount_by_npoint": 0,
            "amount_by_primary": payment.remaining,
            "amount_supply": left.supply + left.tax_free,
            "amount_vat": left.vat,
        }
    )


def paid_with(imp_uid: str, call: str) -> Payment:
    """Return a payment whose PG has this call.

    Raises:
        Refused: when the shop has no such payment (HTTP 404), it took no money, or its PG does not have the call.
    """
    payment = entries.get(merchant(), imp_uid)
    if call not in payment.profile.own_calls or not payment.charged:
        raise Refused(-1, WRONG_PG, ours=True)
    return payment
