"""Escrow: shipments of goods whose price is held until they arrive."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ..ledger.models import Model, Payment, db
from ..ledger.transactions import exclusive
from ..rules import pg_checks
from ..wire.errors import Refused
from ..wire.parameters import Fields, Malformed, nested, required_integer, required_text

NOT_FOUND = "등록된 배송정보가 존재하지 않습니다."
REGISTERED_ALREADY = "이미 배송정보가 등록된 거래입니다."
NO_ESCROW = "배송정보를 등록할 수 없는 거래입니다."


class Shipment(Model):
    """The parcel of one payment."""

    __tablename__ = "shipments"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    company: Mapped[str]
    invoice: Mapped[str]
    sent_at: Mapped[int]
    applied_at: Mapped[int]


def register(payment: Payment, fields: Fields, now: int) -> Shipment:
    """Register the shipment of a payment's goods.

    Raises:
        Malformed: when a field is missing.
        Refused: when the payment is without escrow, not paid, or has a shipment already (HTTP 409).
    """
    shipment = _shipment(payment, "POST", fields)
    with exclusive(payment):
        if not payment.escrow or payment.status != "paid":
            raise Refused(-1, NO_ESCROW, http=409, ours=True)
        if find(payment):
            raise Refused(-1, REGISTERED_ALREADY, http=409, ours=True)
        shipment.payment_id, shipment.applied_at = payment.id, now
        db.session.add(shipment)
    return shipment


def change(payment: Payment, fields: Fields, now: int) -> Shipment:
    """Replace the details of a shipment.

    Raises:
        Malformed: when a field is missing.
        Refused: when no shipment is registered (HTTP 404).
    """
    replacement = _shipment(payment, "PUT", fields)
    with exclusive(payment):
        shipment = get(payment)
        shipment.company, shipment.invoice = replacement.company, replacement.invoice
        shipment.sent_at, shipment.applied_at = replacement.sent_at, now
    return shipment


def get(payment: Payment) -> Shipment:
    """Return the shipment of a payment.

    Raises:
        Refused: with HTTP 404, when no shipment is registered.
    """
    shipment = find(payment)
    if shipment is None:
        raise Refused(-1, NOT_FOUND, http=404, ours=True)
    return shipment


def find(payment: Payment) -> Shipment | None:
    """Return the shipment of a payment, or None."""
    return db.session.get(Shipment, payment.id)


def _shipment(payment: Payment, method: str, fields: Fields) -> Shipment:
    for who in ("sender", "receiver"):
        if not nested(fields, who):
            raise Malformed(f"{who} 파라메터가 누락되었습니다.")
    pg_checks.check_call(payment.merchant, f"{method} /escrows/logis/{{imp_uid}}", fields, payment.profile)
    parcel = nested(fields, "logis")
    return Shipment(
        company=required_text(parcel, "company"),
        invoice=required_text(parcel, "invoice"),
        sent_at=required_integer(parcel, "sent_at"),
    )
