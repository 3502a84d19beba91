"""Billing keys, each behind a `customer_uid`: how they are issued, found and deleted."""

import secrets
from typing import Any

from sqlalchemy import bindparam, delete, select

from ..facts import instruments, pgs
from ..facts.instruments import Instrument
from ..ledger import entries
from ..ledger.models import BillingKey, Merchant, Payment, Schedule, db
from ..ledger.transactions import exclusive
from ..merchants import channels, clock, levers
from ..wire.errors import NotConfigured, Refused
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
from . import expiry, pg_checks

ISSUE = "POST /subscribe/customers/{customer_uid}"

NO_API_BILLING = "비인증결제모듈 사용정보를 찾을 수 없습니다."
"""A setting of the merchant is missing; the card is not at fault."""
NO_PG = "등록 된 PG 설정 정보를 찾을 수 없습니다."
UNKNOWN_INSTRUMENT = (
    "등록되지 않은 테스트 결제수단입니다. 결제창에 안내된 테스트 번호를 입력하세요. (unknown test instrument)"
)

INVALID_CARD = "유효하지않은 카드번호를 입력하셨습니다."

REQUESTERS = ("customer", "admin")
"""`extra.requester`: who requests to delete a key or cancel a payment."""

_BY_UID = select(BillingKey).where(
    BillingKey.merchant_id == bindparam("merchant_id"), BillingKey.customer_uid == bindparam("customer_uid")
)

_CUSTOMER = ("customer_id", "customer_name", "customer_tel", "customer_email", "customer_addr", "customer_postcode")


def get(merchant: Merchant, customer_uid: str) -> BillingKey:
    """Return the key behind `customer_uid`.

    Raises:
        Refused: when there is no such key. The lever `unknown_key_http` decides about the HTTP status; 404 is the
            schema's. Clients have seen the `code` 1 and the text.
    """
    key = find(merchant, customer_uid)
    if key is None:
        http = int(levers.get(merchant, "unknown_key_http"))
        raise Refused(1, f"요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.", http=http)
    return key


def issue_by_card(merchant: Merchant, customer_uid: str, fields: Fields, now: int, call: str = ISSUE) -> BillingKey:
    """Issue a key for a card number, without a window. `fields` may have a `currency`, which a window would know.

    `call` is the call that requests it.

    Raises:
        Refused: when the card is turned down at issue, the PG issues no keys for cards, or the merchant has no such
            channel.
        Malformed: when a field is missing or of the wrong shape.
    """
    if len(customer_uid) > CUSTOMER_UID_LIMIT:
        raise Malformed(f"customer_uid 파라메터는 {CUSTOMER_UID_LIMIT}자를 넘을 수 없습니다.")
    channel, instrument, expires = read_card(merchant, fields)
    pg_checks.check_call(merchant, call, fields, pgs.profile_for(channel.pg_provider))
    refusal = f"{INVALID_CARD} {UNKNOWN_INSTRUMENT}"
    if instrument is not None:
        refusal = expiry.refusal(merchant, expires, now) or instrument.issue_refusal or ""
    if instrument is None or refusal:
        raise Refused(-1, f"카드정보 인증 및 빌키 발급에 실패하였습니다. {refusal}", detail=refusal)
    key = key_for_card(merchant, customer_uid, channel, instrument, now)
    key.expiry = expires
    for field in _CUSTOMER:
        setattr(key, field, text(fields, field))
    key.currency, key.buyer_email = currency(fields), key.customer_email
    with exclusive(merchant):
        store(key)
    return key


def read_card(merchant: Merchant, fields: Fields) -> tuple[channels.Channel, Instrument | None, str]:
    """Return the requested channel, the test card with `card_number` (None if there is no such card), and its expiry.

    Raises:
        Refused: when the merchant has no such channel, or its PG takes no card numbers.
        Malformed: when the card's number or expiry is missing, or the expiry is not `YYYY-MM`.
    """
    number, expires = required_text(fields, "card_number"), expiry.of_shop(required_text(fields, "expiry"))
    return _card_channel(merchant, fields), instruments.find(number, "card"), expires


def _card_channel(merchant: Merchant, fields: Fields) -> channels.Channel:
    """Return the channel that the fields name, or the first that takes card numbers. Raises `Refused`."""
    named = text(fields, "pg") or text(fields, "channel_key")
    listed = [channel_of(merchant, fields)] if named else channels.channels(merchant)
    billing = [channel for channel in listed if pgs.profile_for(channel.pg_provider).family == "card"]
    if not billing:
        raise NotConfigured(1, NO_API_BILLING)
    return billing[0]


def channel_of(merchant: Merchant, fields: Fields) -> channels.Channel:
    """Return the channel that `channel_key` or `pg` names, or without either the default channel.

    Raises:
        Refused: when the merchant has no such channel, unless the lever `unknown_pg` replaces it by the default.
    """
    try:
        return channels.channel_of(merchant, text(fields, "pg"), text(fields, "channel_key"))
    except pgs.UnknownPG as err:
        if levers.get(merchant, "unknown_pg") == "default" and (configured := channels.channels(merchant)):
            return configured[0]
        raise NotConfigured(-1, NO_PG, sent=str(err)) from None


def remove(merchant: Merchant, customer_uid: str, fields: Fields) -> BillingKey:
    """Delete a key permanently. Return it, detached from the session.

    Raises:
        Refused: when there is no such key.
        Malformed: when `extra.requester` is not one of `REQUESTERS`, or a field that the PG needs is missing.
    """
    word(nested(fields, "extra"), "requester", REQUESTERS)
    with exclusive(merchant):
        key = get(merchant, customer_uid)
        pg_checks.check_call(merchant, "DELETE /subscribe/customers/{customer_uid}", fields, key.profile)
        db.session.delete(key)
        if levers.get(merchant, "delete_revokes"):
            _revoke_schedules(merchant, customer_uid)
    return key


def _revoke_schedules(merchant: Merchant, customer_uid: str) -> None:
    """Revoke the schedules of a deleted key, which would otherwise fail when they are due."""
    for schedule in db.session.scalars(entries.open_schedules(merchant).where(Schedule.customer_uid == customer_uid)):
        schedule.mark_revoked(at=clock.of(merchant, customer_uid))


def find(merchant: Merchant, customer_uid: str) -> BillingKey | None:
    """Return the key behind `customer_uid`, or None."""
    return db.session.scalar(_BY_UID, {"merchant_id": merchant.id, "customer_uid": customer_uid})


def store(key: BillingKey) -> None:
    """Store the key. It replaces an earlier key with the same `customer_uid`."""
    db.session.execute(
        delete(BillingKey).where(BillingKey.merchant_id == key.merchant_id, BillingKey.customer_uid == key.customer_uid)
    )
    db.session.add(key)


def issue_by_window(payment: Payment, instrument: Instrument, now: int) -> None:
    """Store the key that a window was opened for, inside the caller's transaction.

    A merchant id without billing rights gets no key, and its payment becomes an ordinary one.
    """
    profile = payment.profile
    if payment.pg_id == profile.keyless_mid:
        payment.customer_uid = payment.customer_uid_usage = None
        return
    store(_key_for_window(payment, instrument, now))
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


def key_for_card(
    merchant: Merchant, customer_uid: str, channel: channels.Channel, instrument: Instrument, now: int
) -> BillingKey:
    """Return a key for a card whose number the shop has sent; it is not stored yet."""
    key = _new_key(merchant.id, customer_uid, pgs.profile_for(channel.pg_provider), instrument, now)
    key.merchant, key.pg_id, key.currency = merchant, channel.pg_id, CURRENCY
    return key


def _key_for_window(payment: Payment, instrument: Instrument, now: int) -> BillingKey:
    key = _new_key(payment.merchant_id, str(payment.customer_uid), payment.profile, instrument, now)
    key.pg_id, key.expiry = payment.pg_id, payment.expiry
    key.pay_method, key.amount, key.approved_charges = payment.pay_method, payment.amount, int(payment.charged)
    key.customer_id = payment.customer_id or (secrets.token_hex(8) if payment.profile.customer_id_made_up else None)
    copy_buyer(key, payment)
    return key


def charged_by(key: BillingKey, fields: Fields) -> dict[str, Any]:
    """Return the fields of a charge of this key, whose customer replaces what they lack of the buyer."""
    lacking = [name for name in entries.BUYER if text(fields, name) is None]
    customer = {name: getattr(key, name.replace("buyer", "customer")) for name in lacking}
    return {**fields, **customer, "customer_uid": key.customer_uid}


def copy_buyer(key: BillingKey, payment: Payment) -> None:
    """Copy the buyer of the payment that issues the key into the key, as its customer."""
    key.buyer_email, key.currency = payment.buyer_email, payment.currency
    key.customer_name, key.customer_tel = payment.buyer_name, payment.buyer_tel
    key.customer_email, key.customer_addr = payment.buyer_email, payment.buyer_addr
    key.customer_postcode = payment.buyer_postcode
