"""`/users`: a token for credentials, and the merchant's PGs."""

from flask import Blueprint, Response

from ..merchants import channels, tokens
from ..merchants.clock import now
from ..wire.errors import Refused
from ..wire.parameters import text
from .access import authenticate, merchant, recognise
from .body import fields
from .envelope import answer
from .objects import pg_settings_of

bp = Blueprint("users", __name__, url_prefix="/users")

CREDENTIALS_MISSING = "imp_key, imp_secret 파라메터가 누락되었습니다."


@bp.get("/pg")
def pg_settings() -> Response:
    """Answer with the merchant's contracts with PGs, listed once for each use: by window, and by card number."""
    authenticate()
    return answer([setting for channel in channels.channels(merchant()) for setting in pg_settings_of(channel)])


@bp.post("/getToken")
def get_token() -> Response:
    """Answer with a token. It lives for `expired_at - now` seconds by our clock, because the client's may be wrong."""
    body = fields()
    key, secret = text(body, "imp_key"), text(body, "imp_secret")
    if key is None or secret is None:
        raise Refused(-1, CREDENTIALS_MISSING, http=400)
    at = now()
    caller = tokens.token_for(key, secret, at)
    recognise(caller)
    return answer({"access_token": caller.token, "expired_at": caller.token_expires_at, "now": at})
