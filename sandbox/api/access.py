"""Who calls: the token in `Authorization`, bare or after `Bearer`, or in the query as `_token`."""

from flask import g, request

from ..ledger.models import Merchant
from ..merchants import levers, tokens
from ..merchants.clock import now


def authenticate() -> None:
    """Before every request of a resource: `recognise` the calling shop by its token. Raises `Refused` (401)."""
    header = request.headers.get("Authorization", "")
    recognise(tokens.merchant_of(header.removeprefix("Bearer ").strip() or request.args.get("_token", ""), now()))


def recognise(caller: Merchant) -> None:
    """Note for the rest of the request whose it is, and how late they want their answers."""
    g.merchant, g.latency = caller, levers.get(caller, "latency")


def merchant() -> Merchant:
    """The shop that calls."""
    caller: Merchant = g.merchant
    return caller
