"""``/users``: exchanging credentials for a token."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import tokens
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.clock import now
from sandbox.errors import Refused
from sandbox.parameters import text

bp = Blueprint("users", __name__, url_prefix="/users")

CREDENTIALS_MISSING = "imp_key, imp_secret 파라메터가 누락되었습니다."


@bp.post("/getToken")
def get_token() -> Response:
    """The remaining life is ``expired_at - now`` by our clock; the client's own may be wrong."""
    body = fields()
    key, secret = text(body, "imp_key"), text(body, "imp_secret")
    if key is None or secret is None:
        raise Refused(-1, CREDENTIALS_MISSING, http=400)
    at = now()
    merchant = tokens.token_for(key, secret, at)
    return answer({"access_token": merchant.token, "expired_at": merchant.token_expires_at, "now": at})
