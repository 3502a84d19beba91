"""Find what belongs to a record, so that each page of the console links to all others about the same matter."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import g
from sqlalchemy import ColumnElement, Select, or_, select

from ..api.objects import prepared_object, product_order_object, receipt_object, shipment_object
from ..ledger.models import Delivery, Payment, PendingCancel, Prepared, Schedule, db
from ..products.certifications import Certification
from ..products.escrows import Shipment
from ..products.naver_orders import ProductOrder
from ..products.receipts import Receipt
from ..products.vbanks import VirtualAccount
from ..wire.money import major_units
from . import lists

Record = tuple[str, dict[str, Any]]
"""Kind of a record, in the words of the API, and its fields."""


def of_payment(payment: Payment) -> list[Record]:
    """Return what the service keeps about a payment beside it: its amount prepared, account, receipts, parcels, …"""
    pending = _all(PendingCancel, PendingCancel.payment_id == payment.id)
    accounts = _all(VirtualAccount, VirtualAccount.payment_id == payment.id)
    return [
        *prepared(payment.merchant_uid),
        *(("vbank", _account(account)) for account in accounts),
        *(("receipt", receipt_object(one)) for one in _all(Receipt, Receipt.payment_id == payment.id)),
        *(("escrow", shipment_object(one)) for one in _all(Shipment, Shipment.payment_id == payment.id)),
        *(
            ("product_order", product_order_object(one))
            for one in _all(ProductOrder, ProductOrder.payment_id == payment.id)
        ),
        *(
            ("pending_cancel", {"amount": major_units(one.amount, payment.currency), "due_at": one.due_at})
            for one in pending
        ),
    ]


def of_order(merchant_uid: str) -> list[Record]:
    """Return what the shop registered under this `merchant_uid` without a payment."""
    elsewhere = (
        Receipt.merchant_id == g.console.id,
        Receipt.merchant_uid == merchant_uid,
        Receipt.payment_id.is_(None),
    )
    return [*prepared(merchant_uid), *(("receipt", receipt_object(one)) for one in _all(Receipt, *elsewhere))]


def prepared(merchant_uid: str) -> list[Record]:
    """Return the amount that the shop prepared for this `merchant_uid`, in a list; [] when there is none."""
    own = (Prepared.merchant_id == g.console.id, Prepared.merchant_uid == merchant_uid)
    return [("prepared", prepared_object(one)) for one in _all(Prepared, *own)]


def checks(merchant_uid: str) -> Sequence[Certification]:
    """Return the identity checks with this `merchant_uid`, newest first."""
    return lists.page(lists.checks(g.console).where(Certification.merchant_uid == merchant_uid), Certification).rows


def payments_with(ids: Iterable[str]) -> Select[Any]:
    """Return the query for the payments whose `imp_uid` or `merchant_uid` is one of `ids`."""
    listed = list(ids)
    return lists.payments(g.console).where(or_(Payment.imp_uid.in_(listed), Payment.merchant_uid.in_(listed)))


def schedules_with(ids: Iterable[str]) -> Select[Any]:
    """Return the query for the schedules whose `merchant_uid` is one of `ids`."""
    return lists.schedules(g.console).where(Schedule.merchant_uid.in_(list(ids)))


def deliveries_of(payments: Select[Any]) -> Select[Any]:
    """Return the query for the webhooks about the payments that a query finds."""
    return lists.deliveries(g.console).where(Delivery.payment_id.in_(payments.with_only_columns(Payment.id)))


def _all(model: type[Any], *conditions: ColumnElement[bool]) -> Sequence[Any]:
    key = model.__table__.primary_key.columns
    return db.session.scalars(select(model).where(*conditions).order_by(*key).limit(lists.ROWS)).all()


def _account(account: VirtualAccount) -> dict[str, Any]:
    return {
        "vbank_code": account.bank_code,
        "vbank_num": account.number,
        "vbank_holder": account.holder,
        "issued_at": account.issued_at,
        "due_at": account.due_at,
        "revoked_at": account.revoked_at,
    }
