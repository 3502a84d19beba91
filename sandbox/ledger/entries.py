"""Read and fill in payment records, for windows and charges alike. Call these inside a rule's transaction."""

import secrets

from sqlalchemy import Select, select

from ..facts.instruments import Instrument
from ..wire.errors import Refused
from .models import Merchant, Payment, Schedule, db
from .transactions import exists

_WITH_MERCHANT_UID = "merchant_id = :merchant_id AND merchant_uid = :merchant_uid"
_SETTLED = f"SELECT 1 FROM payments WHERE {_WITH_MERCHANT_UID} AND status IN ('paid', 'cancelled')"
_SCHEDULED = f"SELECT 1 FROM schedules WHERE {_WITH_MERCHANT_UID} AND status = 'scheduled'"
_IMP_UID = "SELECT 1 FROM payments WHERE imp_uid = :imp_uid"

BUYER = ("buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode")
"""The buyer's fields in a record, named as on the wire."""

NOT_FOUND = "존재하지 않는 결제정보입니다."


def get(merchant: Merchant, imp_uid: str) -> Payment:
    """Return the merchant's payment with this id.

    Raises:
        Refused: with HTTP 404, when the merchant has no such payment.
    """
    wanted = select(Payment).where(Payment.merchant_id == merchant.id, Payment.imp_uid == imp_uid)
    payment = db.session.scalar(wanted)
    if payment is None:
        raise Refused(-1, NOT_FOUND, http=404)
    return payment


def is_settled(merchant: Merchant, merchant_uid: str) -> bool:
    """Whether a payment with this `merchant_uid` is paid or cancelled, so that it cannot be used again."""
    return exists(_SETTLED, merchant_id=merchant.id, merchant_uid=merchant_uid)


def settled(merchant: Merchant, merchant_uid: str) -> Payment | None:
    """Return the only payment with this `merchant_uid` that is paid or cancelled, or None."""
    own = select(Payment).where(Payment.merchant_id == merchant.id, Payment.merchant_uid == merchant_uid)
    return db.session.scalar(own.where(Payment.status.in_(("paid", "cancelled"))))


def is_scheduled(merchant: Merchant, merchant_uid: str) -> bool:
    """Whether a schedule with this `merchant_uid` has yet to run."""
    return exists(_SCHEDULED, merchant_id=merchant.id, merchant_uid=merchant_uid)


def open_schedules(merchant: Merchant) -> Select[Schedule]:
    """Return a query for the merchant's schedules that have yet to run, in no order."""
    return select(Schedule).where(Schedule.merchant_id == merchant.id, Schedule.status == "scheduled")


def show_instrument(payment: Payment, instrument: Instrument) -> None:
    """Record what `payment` shows of `instrument`: all of a card or account, little of a wallet, nothing of a phone."""
    if not payment.profile.instrument_shown:
        return
    if instrument.family == "account":
        payment.bank_code, payment.bank_name = instrument.issuer_code, instrument.issuer
    if instrument.family in ("card", "wallet"):
        payment.card_code, payment.card_name = instrument.issuer_code, instrument.issuer
    if instrument.family == "card":
        payment.card_number = instrument.masked
        payment.card_type = 0 if payment.profile.card_type_known else None


def new_imp_uid(prefix: str = "imp_") -> str:
    """Return a new id: `imp_` (`imps_` for a schedule) and 12 digits that no payment has yet."""
    while True:
        imp_uid = f"{prefix}{secrets.randbelow(10**12):012d}"
        if not exists(_IMP_UID, imp_uid=imp_uid):
            return imp_uid


def new_pg_tid(payment: Payment, now: int) -> str:
    """Return a transaction id as the payment's PG would give it, at most 64 characters."""
    prefix = payment.profile.issue_tid_prefix if payment.issues_key else ""
    return f"{prefix}{payment.pg_id}{now}{secrets.randbelow(10**8):08d}"[:64]


def new_apply_num() -> str:
    """Return a card company's approval number. Only a payment that moved money has one."""
    return f"{secrets.randbelow(10**8):08d}"
