"""Access to the REST API: one token at a time for each merchant."""

import hmac
import secrets

from sqlalchemy import bindparam, select

from ..ledger.models import Merchant, db
from ..ledger.transactions import exclusive
from ..wire.errors import Refused

LIFE = 1800
"""Seconds a new token lives."""

NEARLY_OVER = 60
"""Seconds. With less than that left, asking again pushes the end out."""

EXTENSION = 300
"""Seconds by which it is pushed out."""

# Built once: putting a statement together takes longer than SQLite does to answer it.
_BY_KEY = select(Merchant).where(Merchant.key == bindparam("key"))
_BY_TOKEN = select(Merchant).where(Merchant.token == bindparam("token"))

UNKNOWN_CREDENTIALS = "인증에 실패하였습니다. API키와 secret을 확인하세요."


def token_for(key: str, secret: str, now: int) -> Merchant:
    """The merchant with these credentials, holding a token that is valid now: the old one as long as it lives.

    Raises:
        Refused: nobody has this key with this secret.
    """
    merchant = db.session.scalar(_BY_KEY, {"key": key})
    if merchant is None or not hmac.compare_digest(merchant.secret.encode(), secret.encode()):
        raise Refused(-1, UNKNOWN_CREDENTIALS, http=401)
    if merchant.token is not None and merchant.token_expires_at - now >= NEARLY_OVER:
        return merchant
    with exclusive(merchant):  # another worker may have been quicker: look again
        left = merchant.token_expires_at - now
        if merchant.token is None or left <= 0:
            merchant.token, merchant.token_expires_at = secrets.token_hex(20), now + LIFE
        elif left < NEARLY_OVER:
            merchant.token_expires_at += EXTENSION
    return merchant


def merchant_of(token: str, now: int) -> Merchant:
    """Who calls with this token. Raises `Refused` when nobody does, or no longer."""
    merchant = db.session.scalar(_BY_TOKEN, {"token": token}) if token else None
    if merchant is None or now >= merchant.token_expires_at:
        raise Refused(-1, "Unauthorized", http=401)
    return merchant
