"""Billing keys: what a ``customer_uid`` stands for."""

from __future__ import annotations

from sqlalchemy import delete, select

from sandbox import instruments, pgs
from sandbox.errors import Refused
from sandbox.instruments import Instrument
from sandbox.models import BillingKey, Merchant, Payment, db, exclusive
from sandbox.parameters import CUSTOMER_UID_LIMIT, Fields, Malformed, currency, required_text, text

NO_PG = "등록 된 PG 설정 정보를 찾을 수 없습니다."
UNKNOWN_INSTRUMENT = (
    "등록되지 않은 테스트 결제수단입니다. 결제창에 안내된 테스트 번호를 입력하세요. (unknown test instrument)"
)

_CUSTOMER = ("customer_id", "customer_name", "customer_tel", "customer_email", "customer_addr", "customer_postcode")


def get(merchant: Merchant, customer_uid: str) -> BillingKey:
    """The key behind ``customer_uid``.

    Raises:
        Refused: there is none. HTTP 404 as in the schema, ``code`` 1 and the text as clients have seen them.
    """
    key = find(merchant, customer_uid)
    if key is None:
        raise Refused(1, f"요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.", http=404)
    return key


def issue_by_card(merchant: Merchant, customer_uid: str, fields: Fields, now: int) -> BillingKey:
    """Issue a key without a window. Also takes ``currency``, which the window would have known.

    Raises:
        Refused: the instrument is turned down at issue, or the PG issues keys for no cards.
        Malformed: a field is missing or of the wrong shape.
    """
    if len(customer_uid) > CUSTOMER_UID_LIMIT:
        raise Malformed(f"customer_uid 파라메터는 {CUSTOMER_UID_LIMIT}자를 넘을 수 없습니다.")
    pg = text(fields, "pg")
    card_number = required_text(fields, "card_number")
    required_text(fields, "expiry")
    try:
        profile = pgs.profile_for(pg)
    except pgs.UnknownPG:
        raise Refused(-1, NO_PG) from None
    instrument = instruments.find(card_number, "card") if profile.family == "card" else None
    refusal = UNKNOWN_INSTRUMENT if instrument is None else instrument.issue_refusal
    if instrument is None or refusal:
        raise Refused(-1, f"카드정보 인증 및 빌키 발급에 실패하였습니다. {refusal}")
    key = _new_key(merchant.id, customer_uid, profile, instrument, now)
    for field in _CUSTOMER:
        setattr(key, field, text(fields, field))
    key.pg_id, key.currency, key.buyer_email = pgs.mid_of(pg), currency(fields), key.customer_email
    with exclusive(merchant):
        store(key)
    return key


def remove(merchant: Merchant, customer_uid: str) -> BillingKey:
    """Forget a key for good; the deleted one is returned, no longer part of the session. Raises `Refused`."""
    with exclusive(merchant):
        key = get(merchant, customer_uid)
        db.session.delete(key)
    return key


def find(merchant: Merchant, customer_uid: str) -> BillingKey | None:
    return db.session.scalar(
        select(BillingKey).where(BillingKey.merchant_id == merchant.id, BillingKey.customer_uid == customer_uid)
    )


def store(key: BillingKey) -> None:
    """A ``customer_uid`` used again stands for the new card from now on."""
    db.session.execute(
        delete(BillingKey).where(BillingKey.merchant_id == key.merchant_id, BillingKey.customer_uid == key.customer_uid)
    )
    db.session.add(key)


def _new_key(merchant_id: int, customer_uid: str, profile: pgs.Profile, instrument: Instrument, now: int) -> BillingKey:
    return BillingKey(
        merchant_id=merchant_id,
        customer_uid=customer_uid,
        pg_code=profile.code,
        instrument=instrument.number,
        card_code=instrument.issuer_code,
        card_name=instrument.issuer,
        card_number=instrument.masked,
        card_type=0 if profile.card_type_known and instrument.family == "card" else None,
        approved_charges=0,
        inserted_at=now,
        updated_at=now,
    )


def of_window(payment: Payment, instrument: Instrument, now: int) -> BillingKey:
    key = _new_key(payment.merchant_id, str(payment.customer_uid), payment.profile, instrument, now)
    key.pg_id, key.currency, key.buyer_email = payment.pg_id, payment.currency, payment.buyer_email
    key.approved_charges = int(payment.charged)
    key.customer_name, key.customer_tel = payment.buyer_name, payment.buyer_tel
    key.customer_email, key.customer_addr = payment.buyer_email, payment.buyer_addr
    key.customer_postcode = payment.buyer_postcode
    return key
