"""How often one IP address and one account may try to sign in or up: enough for people, too little to guess passwords.

`RATELIMIT_ENABLED` decides whether attempts are counted, `RATELIMIT_STORAGE_URI` where. An attempt above the limit is
answered with 429 and `Retry-After`.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

View = Callable[..., Any]

limiter = Limiter(
    key_func=get_remote_address,
    strategy="moving-window",
    headers_enabled=True,
    in_memory_fallback_enabled=True,  # while the storage is down, guessing stays limited and users can sign in
)


def sign_in_attempts(view: View) -> View:
    """Limit failed attempts. An office shares one IP address, so an address may fail more often than an account."""
    for limit, key in (("50 per 15 minutes", get_remote_address), ("10 per 15 minutes", _account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_was_refused)(view)
    return view


def sign_up_attempts(view: View) -> View:
    """Limit all attempts: each success creates an account, and each refusal may reveal who has one."""
    for limit, key in (("60 per hour", get_remote_address), ("10 per hour", _account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
    return view


def _account() -> str:
    return f"account {request.form.get('email', '').strip().lower()[:64]}"


def _was_refused(response: Response) -> bool:
    """Whether signing in failed: success redirects, and a failure shows the form again with status 200."""
    return response.status_code == 200
