"""Charging a card whose number the shop has sent: ``POST /subscribe/payments/onetime``."""

from __future__ import annotations

from ..facts import pgs
from ..ledger import entries
from ..ledger.models import Merchant, Payment
from ..ledger.transactions import exclusive
from ..wire.errors import Refused
from ..wire.parameters import Fields, required_text
from . import keys, windows

CARD_REFUSED = "카드정보 인증에 실패하였습니다."


def charge_card(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Charge a card once: ``paid``, or ``failed`` when declined. With ``customer_uid`` its key is stored when paid.

    Raises:
        Refused: a card that is none or that its PG turns down, a ``merchant_uid`` paid or cancelled before;
            HTTP 500 where that was ordered for before the charge.
        Malformed: a field is missing or of the wrong shape.
    """
    payment = windows.asked_charge(merchant, fields, now, by_card=True)
    channel, instrument = keys.card_of(merchant, fields)
    if instrument is None:
        raise Refused(-1, f"{keys.INVALID_CARD} {keys.UNKNOWN_INSTRUMENT}")
    for field in pgs.profile_for(channel.pg_provider).required_at_onetime:
        required_text(fields, field)
    with exclusive(merchant):
        if entries.is_settled(merchant, payment.merchant_uid):
            raise Refused(1, windows.DUPLICATE)
        if instrument.issue_refusal:
            raise Refused(-1, f"{CARD_REFUSED} {instrument.issue_refusal}")
        key = keys.of_card(merchant, payment.customer_uid or "", channel, instrument, now)
        made = windows.put_through(key, payment, now)
        if made and payment.issues_key and payment.status == "paid":
            keys.remember_buyer(key, payment)
            keys.store(key)
    if not made:  # after the commit, which uses up the order for it
        raise Refused(-1, windows.INTERNAL_ERROR, http=500)
    return payment
