"""``/escrows/logis``: shipments of goods whose price is held until they arrive."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import escrows, ledger
from sandbox.api.access import authenticate, merchant
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import shipment_object
from sandbox.clock import of

bp = Blueprint("escrows", __name__, url_prefix="/escrows/logis")
bp.before_request(authenticate)


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    return answer(shipment_object(escrows.get(ledger.get(merchant(), imp_uid))))


@bp.post("/<imp_uid>")
def register(imp_uid: str) -> Response:
    return answer(shipment_object(escrows.register(ledger.get(merchant(), imp_uid), fields(), of(merchant()))))


@bp.put("/<imp_uid>")
def change(imp_uid: str) -> Response:
    return answer(shipment_object(escrows.change(ledger.get(merchant(), imp_uid), fields(), of(merchant()))))
