"""Who calls: the token in ``Authorization``, bare or after ``Bearer``, or in the query as ``_token``."""

from __future__ import annotations

from flask import g, request

from sandbox import tokens
from sandbox.clock import now
from sandbox.models import Merchant


def authenticate() -> None:
    """Before every request of a resource: put the calling shop into ``g.merchant``. Raises `Refused` (401)."""
    header = request.headers.get("Authorization", "")
    g.merchant = tokens.merchant_of(header.removeprefix("Bearer ").strip() or request.args.get("_token", ""), now())


def merchant() -> Merchant:
    """The shop that calls."""
    return g.merchant
