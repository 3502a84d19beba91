"""`/receipts`: cash receipts for payments, and under `external` for sales made elsewhere."""

from flask import Blueprint, Response

from ..ledger import entries
from ..merchants.clock import of
from ..products import receipts
from ..products.receipts import Receipt
from ..wire.errors import Refused
from .access import authenticate, merchant
from .body import fields
from .envelope import answer
from .objects import receipt_object

bp = Blueprint("receipts", __name__, url_prefix="/receipts")
bp.before_request(authenticate)


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    """Answer with the receipt of a payment; 404 if it has none."""
    return answer(receipt_object(_of(imp_uid), imp_uid=imp_uid))


@bp.post("/<imp_uid>")
def issue(imp_uid: str) -> Response:
    """Issue a receipt for what is left of a payment after its cancels."""
    receipt = receipts.issue(entries.get(merchant(), imp_uid), fields(), of(merchant()))
    return answer(receipt_object(receipt, imp_uid=imp_uid))


@bp.delete("/<imp_uid>")
def revoke(imp_uid: str) -> Response:
    """Revoke the receipt of a payment; 400 if it has none."""
    receipt = receipts.revoke(_of(imp_uid, unknown=400), of(merchant()))
    return answer(receipt_object(receipt, imp_uid=imp_uid))


@bp.get("/external/<merchant_uid>")
def show_external(merchant_uid: str) -> Response:
    """Answer with the receipt of a sale made elsewhere; 404 if it has none."""
    return answer(receipt_object(_of_sale(merchant_uid), merchant_uid=merchant_uid))


@bp.post("/external/<merchant_uid>")
def issue_external(merchant_uid: str) -> Response:
    """Issue a receipt for a sale made elsewhere, under the shop's own number."""
    receipt = receipts.issue_external(merchant(), merchant_uid, fields(), of(merchant()))
    return answer(receipt_object(receipt, merchant_uid=merchant_uid))


@bp.delete("/external/<merchant_uid>")
def revoke_external(merchant_uid: str) -> Response:
    """Revoke the receipt of a sale made elsewhere; 404 if it has none."""
    receipt = receipts.revoke(_of_sale(merchant_uid), of(merchant()))
    return answer(receipt_object(receipt, merchant_uid=merchant_uid))


def _of(imp_uid: str, *, unknown: int = 404) -> Receipt:
    """Return the receipt of a payment. Raises `Refused` with the HTTP status `unknown` if it has none."""
    receipt = receipts.find(entries.get(merchant(), imp_uid))
    if receipt is None:
        raise Refused(-1, receipts.NOT_FOUND, http=unknown, ours=True)
    return receipt


def _of_sale(merchant_uid: str) -> Receipt:
    receipt = receipts.find_external(merchant(), merchant_uid)
    if receipt is None:
        raise Refused(-1, receipts.NOT_FOUND, http=404, ours=True)
    return receipt
