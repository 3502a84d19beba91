"""Grant access to the REST API: one token at a time for each merchant."""

import hmac
import secrets

from sqlalchemy import bindparam, select

from ..ledger.models import Merchant, db
from ..ledger.transactions import exclusive
from ..wire.errors import Refused

LIFE = 1800
"""Seconds for which a new token is valid."""

EXTEND_BELOW = 60
"""Seconds. A token with less time left is extended on the next request for one."""

EXTENSION = 300
"""Seconds by which a token is extended."""

# Build each statement once, because building takes longer than SQLite's answer.
_BY_KEY = select(Merchant).where(Merchant.key == bindparam("key"))
_BY_TOKEN = select(Merchant).where(Merchant.token == bindparam("token"))

UNKNOWN_CREDENTIALS = "인증에 실패하였습니다. API키와 secret을 확인하세요."


def token_for(key: str, secret: str, now: int) -> Merchant:
    """Return the merchant with these credentials, holding a valid token: the old one until it expires.

    Raises:
        Refused: with HTTP 401, when no merchant has this key and secret.
    """
    merchant = db.session.scalar(_BY_KEY, {"key": key})
    if merchant is None or not hmac.compare_digest(merchant.secret.encode(), secret.encode()):
        raise Refused(-1, UNKNOWN_CREDENTIALS, http=401)
    if merchant.token is not None and merchant.token_expires_at - now >= EXTEND_BELOW:
        return merchant
    with exclusive(merchant):  # read again, because another worker may have changed the token
        left = merchant.token_expires_at - now
        if merchant.token is None or left <= 0:
            merchant.token, merchant.token_expires_at = secrets.token_hex(20), now + LIFE
        elif left < EXTEND_BELOW:
            merchant.token_expires_at += EXTENSION
    return merchant


def merchant_of(token: str, now: int) -> Merchant:
    """Return the merchant that holds this token.

    Raises:
        Refused: with HTTP 401, when no merchant holds it or it has expired.
    """
    merchant = db.session.scalar(_BY_TOKEN, {"token": token}) if token else None
    if merchant is None or now >= merchant.token_expires_at:
        raise Refused(-1, "Unauthorized", http=401)
    return merchant
