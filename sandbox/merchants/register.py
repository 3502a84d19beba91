"""Add, find, change, reset and remove the sandbox's merchants.

Each merchant has its own data, clock and levers, so parallel tests, or two people at a demonstration, never meet.
"""

import re
import secrets
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update

from ..config import Config
from ..facts import pgs
from ..ledger.models import Merchant, Payment, Prepared, db
from ..ledger.transactions import exclusive
from ..wire.errors import Refused
from ..wire.parameters import Fields, Malformed, required_text, text, texts, urls
from . import channels, levers

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""A merchant code. It is part of URLs."""

KEPT_LEVERS = frozenset({"webhook_format"})
"""Levers that a reset keeps, because they belong to how a shop is connected."""

KEY_LIMIT = 80
"""The longest key or secret, in characters."""


def find(code: str) -> Merchant:
    """Return the merchant with this code.

    Raises:
        Refused: with HTTP 404, when no merchant has this code.
    """
    merchant = db.session.scalar(select(Merchant).where(Merchant.code == code))
    if merchant is None:
        raise Refused(-1, "no merchant has this code", http=404)
    return merchant


def all_merchants() -> list[Merchant]:
    """Return every merchant, the oldest first. They include the default one of the configuration."""
    return list(db.session.scalars(select(Merchant).order_by(Merchant.id)))


def add(fields: Fields) -> Merchant:
    """Add a merchant. Generate `code`, `key` and `secret` when they are not sent; other fields work as in `change`.

    Raises:
        Refused: with HTTP 409, when another merchant uses the code or the key.
        Malformed: when a PG does not exist, an address is not a URL, or a text has the wrong shape.
    """
    merchant = Merchant(
        code=text(fields, "code") or f"imp{secrets.randbelow(10**8):08d}",
        key=text(fields, "key", limit=KEY_LIMIT) or secrets.token_hex(8),
        secret=text(fields, "secret", limit=KEY_LIMIT) or secrets.token_hex(32),
    )
    _check_code(merchant.code)
    _apply(merchant, fields)
    in_use = select(Merchant.id).where((Merchant.code == merchant.code) | (Merchant.key == merchant.key))
    with exclusive():
        if db.session.scalar(in_use.limit(1)) is not None:
            raise Refused(-1, "another merchant already uses this code or key", http=409)
        db.session.add(merchant)
    return merchant


def change(merchant: Merchant, fields: Fields) -> None:
    """Change the fields of a merchant that are sent; the others stay.

    `webhook_url` is a URL, or '' for nowhere. `content_type` of webhooks is `json` or `form`. `channels` is a list of
    `pg`, the default first; an empty list means none.

    Raises:
        Malformed: when a PG does not exist, an address is not a URL, or a text has the wrong shape.
    """
    with exclusive(merchant):
        _apply(merchant, fields)


def content_type(merchant: Merchant) -> str:
    """Return the format of the merchant's webhooks: `json` or `form`."""
    return str(levers.get(merchant, "webhook_format"))


def add_default(config: Config) -> None:
    """Add the merchant of `config`, or give these credentials to the merchant that already has their code or key.

    A webhook URL or a latency that `config` does not set stays as it is.

    Raises:
        Malformed: when a code, key, secret, address or latency is not valid, or another merchant uses the key.
    """
    _check_code(config.MERCHANT_CODE)
    credentials = {"key": config.KEY, "secret": config.SECRET}
    for name in credentials:
        required_text(credentials, name, limit=KEY_LIMIT)
    with exclusive():
        merchant = _existing_default(config) or Merchant()
        db.session.add(merchant)
        merchant.code, merchant.key, merchant.secret = config.MERCHANT_CODE, config.KEY, config.SECRET
        merchant.webhook_url = merchant.webhook_url or ""
        if config.WEBHOOK_URL:
            _apply(merchant, {"webhook_url": config.WEBHOOK_URL})
        _set_latency(merchant, config)


def holdings(merchant: Merchant) -> dict[str, int]:
    """Return how many rows of each table a reset would delete: name of the table → number, without empty tables."""
    counted = {}
    for table in db.metadata.sorted_tables:
        owned = _owned(table, merchant)
        if owned is not None:
            counted[table.name] = db.session.scalar(select(func.count()).select_from(table).where(owned)) or 0
    return {name: number for name, number in counted.items() if number}


def reset(merchant: Merchant) -> None:
    """Delete the merchant's data and token, and reset its clock and levers.

    Its credentials, webhook URL and format, and PGs stay. The default merchant gets the configured latency again.
    """
    kept = {name: levers.get(merchant, name) for name in KEPT_LEVERS}
    config = current_app.extensions["sandbox_config"]
    with exclusive(merchant):
        _erase(merchant)
        merchant.token, merchant.token_expires_at = None, 0
        merchant.clock_offset, merchant.customer_offsets, merchant.switches = 0, {}, kept
        if merchant.code == config.MERCHANT_CODE:
            _set_latency(merchant, config)


def reset_customers(merchant: Merchant, customer_uids: Sequence[str]) -> None:
    """Delete what the merchant has of these customers: payments, keys, schedules, webhooks, calls, clocks."""
    with exclusive(merchant):
        for table in reversed(db.metadata.sorted_tables):
            owned = _of_customers(table, merchant, customer_uids)
            if owned is not None:
                _forget_links(table, owned)
                db.session.execute(delete(table).where(owned))
        offsets = merchant.customer_offsets
        merchant.customer_offsets = {uid: offset for uid, offset in offsets.items() if uid not in customer_uids}


def remove(merchant: Merchant) -> None:
    """Delete a merchant with all its data."""
    with exclusive(merchant):
        _erase(merchant)
        db.session.delete(merchant)


def _apply(merchant: Merchant, fields: Fields) -> None:
    if "webhook_url" in fields:
        merchant.webhook_url = next(iter(urls(fields, "webhook_url")), "")
    if text(fields, "content_type"):
        levers.set(merchant, "webhook_format", fields["content_type"])
    if "channels" in fields:
        merchant.pg_channels = _known_channels(texts(fields, "channels"))


def _check_code(code: str) -> None:
    if not CODE.fullmatch(code):
        raise Malformed("code must be 1 to 40 letters, digits, _ or -")


def _existing_default(config: Config) -> Merchant | None:
    """Return the merchant with the code, or else the key, of `config`. Raises `Malformed` when the two differ."""
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


def _known_channels(sent: list[str]) -> list[str]:
    try:
        return [channel for channel in sent if channels.with_windows(channel)]
    except pgs.UnknownPG as err:
        raise Malformed(f"unknown PG {err}") from None


def _erase(merchant: Merchant) -> None:
    """Delete every row that belongs to the merchant, directly or through another row."""
    for table in reversed(db.metadata.sorted_tables):
        owned = _owned(table, merchant)
        if owned is not None:
            db.session.execute(delete(table).where(owned))


def _of_customers(table: Table, merchant: Merchant, customer_uids: Sequence[str]) -> ColumnElement[bool] | None:
    """Return the condition that selects what the merchant has of these customers, directly or through another row."""
    if "merchant_id" in table.c:
        theirs = _names_customers(table, customer_uids)
        return None if theirs is None else and_(table.c.merchant_id == merchant.id, theirs)
    for key in table.foreign_keys:
        parent: Any = key.column.table
        owned = _of_customers(parent, merchant, customer_uids)
        if owned is not None:
            return key.parent.in_(select(key.column).where(owned))
    return None


def _names_customers(table: Table, customer_uids: Sequence[str]) -> ColumnElement[bool] | None:
    if "customer_uid" in table.c:
        return table.c.customer_uid.in_(customer_uids)
    if "ids" in table.c:  # the wire log, which lists the ids of a call between line ends
        return or_(*(func.instr(table.c.ids, f"\n{uid}\n") > 0 for uid in customer_uids))
    if table.name == Prepared.__tablename__:
        return table.c.merchant_uid.in_(select(Payment.merchant_uid).where(Payment.customer_uid.in_(customer_uids)))
    return None


def _forget_links(table: Table, owned: ColumnElement[bool]) -> None:
    """Let the rows that stay wait no longer for those that are deleted from the same table."""
    for key in table.foreign_keys:
        if key.column.table is table:
            gone = select(key.column).where(owned)
            db.session.execute(update(table).where(key.parent.in_(gone)).values({key.parent.name: None}))


def _owned(table: Table, merchant: Merchant) -> ColumnElement[bool] | None:
    if "merchant_id" in table.c:
        return table.c.merchant_id == merchant.id
    for key in table.foreign_keys:
        parent: Any = key.column.table
        owned = _owned(parent, merchant) if parent is not table else None
        if owned is not None:
            return key.parent.in_(select(key.column).where(owned))
    return None
