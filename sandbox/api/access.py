"""Recognise the calling shop by its token: in a header, bare or after `Bearer`, or in the query as `_token`.

Source: https://developers.portone.io/api/rest-v1 names both headers; older clients send the query.
"""

import re

from flask import g, request

from ..ledger.models import Merchant
from ..merchants import levers, tokens
from ..merchants.clock import now
from . import answers

HEADERS = ("Authorization", "X-ImpTokenHeader")

_BEARER = re.compile(r"bearer( |$)", re.IGNORECASE)


def authenticate() -> None:
    """Recognise the calling shop before every request of a resource.

    Raises:
        Refused: with HTTP 401, when no shop holds the token or it has expired; or when the lever `service` plays an
            outage.
    """
    in_headers = (_BEARER.sub("", request.headers.get(name, "")).strip() for name in HEADERS)
    token = next(filter(None, in_headers), request.args.get("_token", ""))
    recognise(tokens.merchant_of(token, now()))


def recognise(caller: Merchant) -> None:
    """Keep the calling shop and its lever `latency` for the rest of the request.

    Raises:
        Refused: when the lever `service` plays an outage.
    """
    g.merchant, g.latency = caller, levers.get(caller, "latency")
    answers.fail_if_out(levers.get(caller, "service"))


def merchant() -> Merchant:
    """Return the shop that calls."""
    caller: Merchant = g.merchant
    return caller
