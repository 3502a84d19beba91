"""How often one address, and one account, may try to get in: enough for people, too little for guessing passwords.

Where attempts are counted, and whether at all, is configured (`RATELIMIT_…`). One too many is answered 429, with
`Retry-After`.
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
    in_memory_fallback_enabled=True,  # a storage that is down lets nobody guess, and keeps nobody out
)


def sign_in_attempts(view: View) -> View:
    """Failures only. An office shares an address, so one address may fail more often than one account."""
    for limit, key in (("50 per 15 minutes", get_remote_address), ("10 per 15 minutes", _account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_was_refused)(view)
    return view


def sign_up_attempts(view: View) -> View:
    """All: each success leaves an account behind, and each refusal may tell who has one."""
    for limit, key in (("60 per hour", get_remote_address), ("10 per hour", _account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
    return view


def _account() -> str:
    return f"account {request.form.get('email', '').strip().lower()[:64]}"


def _was_refused(response: Response) -> bool:
    """Whoever gets in is led on; whoever does not sees the form again."""
    return response.status_code == 200
