"""Calls that only one wallet's payments know: PAYCO's order status, Naver Pay's points and cash receipts."""

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

NOT_ITS = "해당 PG사의 결제건이 아닙니다."


@bp.post("/payco/orders/status/<imp_uid>")
def order_status(imp_uid: str) -> Response:
    """Nothing is kept of it: PAYCO shows it to the buyer."""
    status = word(fields(), "status", ORDER_STATUSES)
    if status is None:
        raise missing("status")
    paid_with(imp_uid, "order_status")
    return answer({"status": status})


@bp.post("/payments/<imp_uid>/naver/point")
@bp.post("/payments/<imp_uid>/naver/confirm")
def settle(imp_uid: str) -> Response:
    """Give the buyer their points, or call the order final. Nothing comes back but that it went well."""
    paid_with(imp_uid, "naver")
    return answer(None)


@bp.get("/payments/<imp_uid>/naver/cash-amount")
def cash_amount(imp_uid: str) -> Response:
    """How much of a payment a cash receipt could be made out for; none of play money was points."""
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
    """A payment whose PG knows this call. Raises `Refused`: HTTP 404 for nobody's payment."""
    payment = entries.get(merchant(), imp_uid)
    if call not in payment.profile.own_calls or not payment.charged:
        raise Refused(-1, NOT_ITS, ours=True)
    return payment
