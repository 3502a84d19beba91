"""How often one address may try to sign in or up, in all and per account, and how often one order's return is read.

The limits are enough for people, and too little to guess passwords or to keep the payment service busy. No limit counts
an account alone: anyone who knows an e-mail address could use it up, and keep its owner out.
`RATELIMIT_ENABLED` decides whether attempts are counted, `RATELIMIT_STORAGE_URI` where. An attempt to sign in or up
above the limit is answered with 429 and `Retry-After`.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

import texts
from views.incoming import sent_text

View = Callable[..., Any]

limiter = Limiter(
    key_func=get_remote_address,
    strategy="moving-window",
    headers_enabled=True,
    in_memory_fallback_enabled=True,  # while the storage is down, guessing stays limited and users can sign in
)


def sign_in_attempts(view: View) -> View:
    """Limit failed attempts. An office shares one IP address, so an address may fail more often than at one account."""
    for limit, key in (("50 per 15 minutes", _address), ("10 per 15 minutes", _address_and_account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_was_refused)(view)
    return view


def sign_up_attempts(view: View) -> View:
    """Limit all attempts: each success creates an account, and each refusal may reveal who has one."""
    for limit, key in (("60 per hour", _address), ("10 per hour", _address_and_account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
    return view


def returns_of_an_order(above: Callable[[], ResponseReturnValue]) -> Callable[[View], View]:
    """Limit how often a browser makes the shop read one order; `above` answers what exceeds the limit.

    The address is not counted: many buyers may share one, and anyone can type the URL of a landing. Neither the key nor
    `above` may raise: the limiter would take an error for one of its storage, and count again in memory.
    """
    return limiter.shared_limit(
        "20 per minute",
        scope="returns",
        key_func=lambda: f"order {sent_text('merchant_uid')[:40]}",
        on_breach=lambda _limit: make_response(above()),
    )


def _address() -> str:
    """Return the sender's IP address; of IPv6 its first 64 bits, because one customer has all the others."""
    try:
        address = ip_address(get_remote_address())
    except ValueError:
        return get_remote_address()  # a proxy may send a word in place of an address
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def _address_and_account() -> str:
    return f"{_address()} account {texts.email(request.form.get('email', ''))[:64]}"


def _was_refused(response: Response) -> bool:
    """Whether signing in failed: success redirects, and a failure shows the form again with status 200."""
    return response.status_code == 200
