"""Narrow the wire log to the calls that a test or a reader of the console looks for."""

import re

from sqlalchemy import ColumnElement

from ..wire.parameters import Fields, Malformed, number, text, word
from . import IDS, WireEntry, mentions

KINDS = ("rest", "sdk", "window", "control")

_STATUS = re.compile(r"[1-5](\d\d|xx)", re.ASCII | re.IGNORECASE)
"""One HTTP status, or all that begin with the same digit."""


def conditions(fields: Fields) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters in `fields`. A filter that is empty or absent has none.

    `kind`, `method` and `status` (`404`, or `4xx` for a group) match the whole value, `path` its beginning.
    `merchant_uid`, `imp_uid` and `customer_uid` match a call that contains the id. `since` and `until` are Unix
    seconds of the computer's clock; a call at `until` is left out.

    Raises:
        Malformed: when a filter cannot have this value.
    """
    found = [mentions(value) for name in IDS if (value := text(fields, name))]
    if kind := word(fields, "kind", KINDS):
        found.append(WireEntry.kind == kind)
    if method := text(fields, "method"):
        found.append(WireEntry.method == method.upper())
    if path := text(fields, "path"):
        found.append(WireEntry.path.startswith(path, autoescape=True))
    if status := text(fields, "status"):
        found.append(_with_status(status))
    if (since := _seconds(fields, "since")) is not None:
        found.append(WireEntry.began >= since)
    if (until := _seconds(fields, "until")) is not None:
        found.append(WireEntry.began < until)
    return found


def _with_status(status: str) -> ColumnElement[bool]:
    if not _STATUS.fullmatch(status):
        raise Malformed("status must be an HTTP status such as 404, or a group such as 4xx")
    if status[1:].isdigit():
        return WireEntry.http_status == int(status)
    first = int(status[0]) * 100
    return WireEntry.http_status.between(first, first + 99)


def _seconds(fields: Fields, name: str) -> float | None:
    value = number(fields, name)
    if value is not None and (not value.is_finite() or not 0 <= value < 2**53):
        raise Malformed(f"{name} must be Unix seconds of the computer's clock")
    return None if value is None else float(value)
