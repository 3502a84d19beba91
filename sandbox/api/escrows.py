"""`/escrows/logis`: shipments of goods whose price is held until they arrive."""

from flask import Blueprint, Response

from ..ledger import entries
from ..merchants.clock import of
from ..products import escrows
from .access import authenticate, merchant
from .body import fields
from .envelope import answer
from .objects import shipment_object

bp = Blueprint("escrows", __name__, url_prefix="/escrows/logis")
bp.before_request(authenticate)


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    """Answer with the shipment of a payment; 404 if there is none."""
    return answer(shipment_object(escrows.get(entries.get(merchant(), imp_uid))))


@bp.post("/<imp_uid>")
def register(imp_uid: str) -> Response:
    """Register a shipment, once for each payment."""
    return answer(shipment_object(escrows.register(entries.get(merchant(), imp_uid), fields(), of(merchant()))))


@bp.put("/<imp_uid>")
def change(imp_uid: str) -> Response:
    """Replace the details of a registered shipment."""
    return answer(shipment_object(escrows.change(entries.get(merchant(), imp_uid), fields(), of(merchant()))))
