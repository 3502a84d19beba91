"""Billing keys: what a `customer_uid` stands for."""

import re
import secrets

from sqlalchemy import bindparam, delete, select

from ..facts import instruments, pgs
from ..facts.instruments import Instrument
from ..ledger import entries
from ..ledger.models import BillingKey, Merchant, Payment, Schedule, db
from ..ledger.transactions import exclusive
from ..merchants import channels, clock, levers
from ..wire.errors import Refused
from ..wire.parameters import (
    CURRENCY,
    CUSTOMER_UID_LIMIT,
    Fields,
    Malformed,
    currency,
    nested,
    required_text,
    text,
    word,
)

NO_PG = "등록 된 PG 설정 정보를 찾을 수 없습니다."
UNKNOWN_INSTRUMENT = (
    "등록되지 않은 테스트 결제수단입니다. 결제창에 안내된 테스트 번호를 입력하세요. (unknown test instrument)"
)

INVALID_CARD = "유효하지않은 카드번호를 입력하셨습니다."

REQUESTERS = ("customer", "admin")
"""`extra.requester`: who wants a key deleted, or a payment cancelled."""

_EXPIRY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")

_BY_UID = select(BillingKey).where(
    BillingKey.merchant_id == bindparam("merchant_id"), BillingKey.customer_uid == bindparam("customer_uid")
)

_CUSTOMER = ("customer_id", "customer_name", "customer_tel", "customer_email", "customer_addr", "customer_postcode")


def get(merchant: Merchant, customer_uid: str) -> BillingKey:
    """The key behind `customer_uid`.

    Raises:
        Refused: there is none. HTTP 404 as in the schema, or as the lever `unknown_key_http` says; `code` 1 and
            the text as clients have seen them.
    """
    key = find(merchant, customer_uid)
    if key is None:
        http = int(levers.get(merchant, "unknown_key_http"))
        raise Refused(1, f"요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.", http=http)
    return key


def issue_by_card(merchant: Merchant, customer_uid: str, fields: Fields, now: int) -> BillingKey:
    """Issue a key without a window. Also takes `currency`, which the window would have known.

    Raises:
        Refused: the instrument is turned down at issue, or the PG issues keys for no cards.
        Malformed: a field is missing or of the wrong shape.
    """
    if len(customer_uid) > CUSTOMER_UID_LIMIT:
        raise Malformed(f"customer_uid 파라메터는 {CUSTOMER_UID_LIMIT}자를 넘을 수 없습니다.")
    channel, instrument = card_of(merchant, fields)
    refusal = f"{INVALID_CARD} {UNKNOWN_INSTRUMENT}" if instrument is None else instrument.issue_refusal
    if instrument is None or refusal:
        raise Refused(-1, f"카드정보 인증 및 빌키 발급에 실패하였습니다. {refusal}")
    key = of_card(merchant, customer_uid, channel, instrument, now)
    for field in _CUSTOMER:
        setattr(key, field, text(fields, field))
    key.currency, key.buyer_email = currency(fields), key.customer_email
    with exclusive(merchant):
        store(key)
    return key


def card_of(merchant: Merchant, fields: Fields) -> tuple[channels.Channel, Instrument | None]:
    """The channel that `channel_key` or `pg` names, and the test card with `card_number`, None if it is none.

    Raises:
        Refused: the merchant has no such channel.
        Malformed: the card's number or expiry is missing or is none.
    """
    number, expiry = required_text(fields, "card_number"), required_text(fields, "expiry")
    if not _EXPIRY.fullmatch(expiry):
        raise Malformed("expiry 파라메터는 YYYY-MM 형식이어야 합니다.")
    channel = channel_of(merchant, fields)
    takes_cards = pgs.profile_for(channel.pg_provider).family == "card"
    return channel, instruments.find(number, "card") if takes_cards else None


def channel_of(merchant: Merchant, fields: Fields) -> channels.Channel:
    """The channel that `channel_key` or `pg` names, the default without either.

    Raises:
        Refused: the merchant has none such, unless the lever `unknown_pg` says that the default stands in for it.
    """
    try:
        return channels.channel_of(merchant, text(fields, "pg"), text(fields, "channel_key"))
    except pgs.UnknownPG:
        if levers.get(merchant, "unknown_pg") == "default":
            return channels.channel_of(merchant, None)
        raise Refused(-1, NO_PG) from None


def remove(merchant: Merchant, customer_uid: str, fields: Fields) -> BillingKey:
    """Forget a key for good; the deleted one is returned, no longer part of the session.

    Raises:
        Refused: there is none.
        Malformed: `extra.requester` is nobody, or its PG needs a field that was not sent.
    """
    word(nested(fields, "extra"), "requester", REQUESTERS)
    with exclusive(merchant):
        key = get(merchant, customer_uid)
        for field in key.profile.required_at_delete:
            outer, _, inner = field.rpartition(".")
            required_text(nested(fields, outer) if outer else fields, inner)
        db.session.delete(key)
        if levers.get(merchant, "delete_revokes"):
            _revoke_schedules(merchant, customer_uid)
    return key


def _revoke_schedules(merchant: Merchant, customer_uid: str) -> None:
    """Left alone, they fail when they are due."""
    for schedule in db.session.scalars(entries.open_schedules(merchant).where(Schedule.customer_uid == customer_uid)):
        schedule.mark_revoked(at=clock.of(merchant, customer_uid))


def find(merchant: Merchant, customer_uid: str) -> BillingKey | None:
    return db.session.scalar(_BY_UID, {"merchant_id": merchant.id, "customer_uid": customer_uid})


def store(key: BillingKey) -> None:
    """A `customer_uid` used again stands for the new card from now on."""
    db.session.execute(
        delete(BillingKey).where(BillingKey.merchant_id == key.merchant_id, BillingKey.customer_uid == key.customer_uid)
    )
    db.session.add(key)


def issue_by_window(payment: Payment, instrument: Instrument, now: int) -> None:
    """Store the key for which a window was opened, inside the caller's transaction.

    A merchant id without billing rights gets none, and its record becomes one of an ordinary payment.
    """
    profile = payment.profile
    if payment.pg_id == profile.keyless_mid:
        payment.customer_uid = payment.customer_uid_usage = None
        return
    store(_of_window(payment, instrument, now))
    if profile.probe_amount and not payment.charged:
        payment.probe_until = now + profile.probe_seconds


def _new_key(merchant_id: int, customer_uid: str, profile: pgs.Profile, instrument: Instrument, now: int) -> BillingKey:
    is_card = instrument.family == "card"
    shown = profile.instrument_shown
    return BillingKey(
        merchant_id=merchant_id,
        customer_uid=customer_uid,
        pg_code=profile.code,
        pay_method=profile.methods[0],
        instrument=instrument.number,
        card_code=instrument.issuer_code if shown else None,
        card_name=instrument.issuer if shown else None,
        card_number=instrument.masked if shown and instrument.family in ("card", "account") else None,
        card_type=0 if shown and is_card and profile.card_type_known else None,
        approved_charges=0,
        declined_charges=0,
        inserted_at=now,
        updated_at=now,
    )


def of_card(
    merchant: Merchant, customer_uid: str, channel: channels.Channel, instrument: Instrument, now: int
) -> BillingKey:
    """The key of a card whose number the shop has sent."""
    key = _new_key(merchant.id, customer_uid, pgs.profile_for(channel.pg_provider), instrument, now)
    key.merchant, key.pg_id, key.currency = merchant, channel.pg_id, CURRENCY
    return key


def _of_window(payment: Payment, instrument: Instrument, now: int) -> BillingKey:
    key = _new_key(payment.merchant_id, str(payment.customer_uid), payment.profile, instrument, now)
    key.pg_id = payment.pg_id
    key.pay_method, key.amount, key.approved_charges = payment.pay_method, payment.amount, int(payment.charged)
    key.customer_id = payment.customer_id or (secrets.token_hex(8) if payment.profile.customer_id_made_up else None)
    remember_buyer(key, payment)
    return key


def remember_buyer(key: BillingKey, payment: Payment) -> None:
    """The buyer of the payment that issues a key becomes its customer."""
    key.buyer_email, key.currency = payment.buyer_email, payment.currency
    key.customer_name, key.customer_tel = payment.buyer_name, payment.buyer_tel
    key.customer_email, key.customer_addr = payment.buyer_email, payment.buyer_addr
    key.customer_postcode = payment.buyer_postcode
