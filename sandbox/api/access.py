"""Recognise the calling shop by its token: in `Authorization`, bare or after `Bearer`, or in the query as `_token`."""

from flask import g, request

from ..ledger.models import Merchant
from ..merchants import levers, tokens
from ..merchants.clock import now
from . import answers


def authenticate() -> None:
    """Recognise the calling shop before every request of a resource.

    Raises:
        Refused: with HTTP 401, when no shop holds the token or it has expired; or when the lever `service` plays an
            outage.
    """
    header = request.headers.get("Authorization", "")
    recognise(tokens.merchant_of(header.removeprefix("Bearer ").strip() or request.args.get("_token", ""), now()))


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
