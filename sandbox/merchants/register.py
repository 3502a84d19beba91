"""The shops of the sandbox: making one, finding one, forgetting what one has done.

Each has its own data, clock and levers, so parallel tests, or two people at a demonstration, never meet.
"""

import re
import secrets
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Table, delete, select

from ..config import Config
from ..facts import pgs
from ..ledger.models import Merchant, db
from ..ledger.transactions import exclusive
from ..wire.errors import Refused
from ..wire.parameters import Fields, Malformed, required_text, text, texts, urls
from . import channels, levers

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""It stands in addresses."""

KEY_LIMIT = 80
"""Also of a secret."""


def find(code: str) -> Merchant:
    """The merchant with this code. Raises `Refused` (404)."""
    merchant = db.session.scalar(select(Merchant).where(Merchant.code == code))
    if merchant is None:
        raise Refused(-1, "no merchant has this code", http=404)
    return merchant


def everyone() -> list[Merchant]:
    """Oldest first; the one of the configuration is among them."""
    return list(db.session.scalars(select(Merchant).order_by(Merchant.id)))


def add(fields: Fields) -> Merchant:
    """Make a merchant. What is not sent of `code`, `key` and `secret` is made up; the rest as in `change`.

    Raises:
        Refused: the code or the key is somebody else's (409).
        Malformed: a PG that does not exist, an address that is none, or a text of the wrong shape.
    """
    merchant = Merchant(
        code=text(fields, "code") or f"imp{secrets.randbelow(10**8):08d}",
        key=text(fields, "key", limit=KEY_LIMIT) or secrets.token_hex(8),
        secret=text(fields, "secret", limit=KEY_LIMIT) or secrets.token_hex(32),
    )
    _check_code(merchant.code)
    _set(merchant, fields)
    taken = select(Merchant.id).where((Merchant.code == merchant.code) | (Merchant.key == merchant.key))
    with exclusive():
        if db.session.scalar(taken.limit(1)) is not None:
            raise Refused(-1, "another merchant already uses this code or key", http=409)
        db.session.add(merchant)
    return merchant


def change(merchant: Merchant, fields: Fields) -> None:
    """Set `webhook_url` ('' is nowhere), `content_type` of webhooks (`json`, `form`), `channels` (a list of
    `pg`, the first the default; empty: every PG). What is not sent stays. Raises `Malformed`."""
    with exclusive(merchant):
        _set(merchant, fields)


def content_type(merchant: Merchant) -> str:
    """In which shape its webhooks go: `json` or `form`."""
    return str(levers.get(merchant, "webhook_format"))


def add_default(config: Config) -> None:
    """Make the merchant of `config`, or give its code, key and secret to who had its code or key before. A webhook
    URL and a latency that `config` does not name stay as they are.

    Raises:
        Malformed: a code, key, secret, address or latency that cannot be, or the key of another merchant.
    """
    _check_code(config.MERCHANT_CODE)
    credentials = {"key": config.KEY, "secret": config.SECRET}
    for name in credentials:
        required_text(credentials, name, limit=KEY_LIMIT)
    with exclusive():
        merchant = _default_before(config) or Merchant()
        db.session.add(merchant)
        merchant.code, merchant.key, merchant.secret = config.MERCHANT_CODE, config.KEY, config.SECRET
        merchant.webhook_url = merchant.webhook_url or ""
        if config.WEBHOOK_URL:
            _set(merchant, {"webhook_url": config.WEBHOOK_URL})
        _set_latency(merchant, config)


def reset(merchant: Merchant) -> None:
    """Forget all its data and its token, put its clock and its levers back. Credentials, address and PGs stay."""
    kept_type, config = content_type(merchant), current_app.extensions["sandbox_config"]
    with exclusive(merchant):
        _erase(merchant)
        merchant.token, merchant.token_expires_at = None, 0
        merchant.clock_offset, merchant.customer_offsets, merchant.switches = 0, {}, {}
        levers.set(merchant, "webhook_format", kept_type)
        if merchant.code == config.MERCHANT_CODE:
            _set_latency(merchant, config)


def remove(merchant: Merchant) -> None:
    """Forget a merchant altogether."""
    with exclusive(merchant):
        _erase(merchant)
        db.session.delete(merchant)


def _set(merchant: Merchant, fields: Fields) -> None:
    if "webhook_url" in fields:
        merchant.webhook_url = next(iter(urls(fields, "webhook_url")), "")
    if text(fields, "content_type"):
        levers.set(merchant, "webhook_format", fields["content_type"])
    if "channels" in fields:
        merchant.pg_channels = _existing(texts(fields, "channels"))


def _check_code(code: str) -> None:
    if not CODE.fullmatch(code):
        raise Malformed("code must be 1 to 40 letters, digits, _ or -")


def _default_before(config: Config) -> Merchant | None:
    """Who has the code, or else the key, of `config`. Raises `Malformed` where those are two."""
    by_code, by_key = (
        db.session.scalar(select(Merchant).where(column == value))
        for column, value in ((Merchant.code, config.MERCHANT_CODE), (Merchant.key, config.KEY))
    )
    if by_code and by_key and by_code is not by_key:
        raise Malformed(f"the merchant {by_key.code} already uses the key {config.KEY}")
    return by_code or by_key


def _set_latency(merchant: Merchant, config: Config) -> None:
    if config.LATENCY:
        levers.set(merchant, "latency", config.LATENCY)


def _existing(wanted: list[str]) -> list[str]:
    try:
        return [channel for channel in wanted if channels.with_windows(channel)]
    except pgs.UnknownPG as err:
        raise Malformed(f"unknown PG {err}") from None


def _erase(merchant: Merchant) -> None:
    """Delete every row that belongs to the merchant, directly or through another row."""
    for table in reversed(db.metadata.sorted_tables):
        owned = _owned(table, merchant)
        if owned is not None:
            db.session.execute(delete(table).where(owned))


def _owned(table: Table, merchant: Merchant) -> ColumnElement[bool] | None:
    if "merchant_id" in table.c:
        return table.c.merchant_id == merchant.id
    for key in table.foreign_keys:
        parent: Any = key.column.table
        owned = _owned(parent, merchant) if parent is not table else None
        if owned is not None:
            return key.parent.in_(select(key.column).where(owned))
    return None
