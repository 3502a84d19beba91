"""Provide what the console's templates say, and how: the menu, filters, times, bodies."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from ..merchants.clock import SEOUL
from ..pages import with_query

FEW = 8
"""Rows of a table on a page that shows several tables."""

FILTERS: Mapping[str, tuple[str, ...]] = {
    "payments": ("ready", "paid", "failed", "cancelled"),
    "schedules": ("scheduled", "executed", "revoked"),
    "webhooks": ("queued", "answered", "unreachable", "lost"),
    "wire": ("rest", "sdk", "window", "control"),
    "fidelity": ("documented", "recorded", "assumed", "ignored", "empty", "not_served"),
}
"""Endpoint of a section → the values that its rows can be filtered by, spelt as the API or the database does."""


TONES: Mapping[str, str] = {
    **dict.fromkeys(("paid", "answered", "executed", "documented"), "good"),
    **dict.fromkeys(("failed", "unreachable", "lost", "not_served"), "bad"),
    **dict.fromkeys(("ready", "queued", "sending", "scheduled", "cancelled", "assumed", "ignored"), "warn"),
}
"""A value of the API or the database → how the page shows it. Other values are `calm`."""


def menu() -> list[tuple[str, str]]:
    """Return the sections: endpoint, and name in the reader's language."""
    return [
        ("overview", _("Overview")),
        ("payments", _("Payments")),
        ("keys", _("Billing keys")),
        ("schedules", _("Schedules")),
        ("checks", _("Identity checks")),
        ("webhooks", _("Webhooks")),
        ("wire", _("Wire log")),
        ("time", _("Clock")),
        ("pulled", _("Levers")),
        ("fidelity", _("Fidelity")),
        ("shops", _("Merchants")),
    ]


SECTION_OF = {
    "payment": "payments",
    "order": "payments",
    "check": "checks",
    "key": "keys",
    "schedule": "schedules",
    "webhook": "webhooks",
    "call": "wire",
    "add": "shops",
}
"""Endpoint of a page inside a section → endpoint of that section."""


def steps() -> list[tuple[int, str]]:
    """Return the buttons that advance the clock: by how many seconds, and the label."""
    return [
        (60, _("1 minute")),
        (3600, _("1 hour")),
        (86_400, _("1 day")),
        (7 * 86_400, _("1 week")),
        (31 * 86_400, _("31 days")),
    ]


def seoul_time(at: float) -> str:
    """Format Unix seconds as the time in Seoul; a dash for 0, which means that it has not happened."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(SEOUL):%Y-%m-%d %H:%M:%S}" if at else "–"


def kinds() -> dict[str, str]:
    """Return kind of a record beside a payment → its name in the reader's language."""
    return {
        "prepared": _("Prepared amount"),
        "vbank": _("Virtual account"),
        "receipt": _("Cash receipt"),
        "escrow": _("Escrow delivery"),
        "product_order": _("Product order"),
        "pending_cancel": _("Cancel in progress"),
    }


def duration(seconds: int) -> str:
    """Format seconds with their sign: `90061` → `+1d 1h 1m 1s`, `0` → `+0s`."""
    left, parts = abs(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if seconds < 0 else "+") + (" ".join(parts) or "0s")


def pretty(body: str | None) -> str:
    """Format a body for reading: JSON indented, anything else unchanged."""
    try:
        return json.dumps(json.loads(body or ""), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body or ""


def as_json(value: object) -> str:
    """Format a record as indented JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def link_here(**changes: Any) -> str:
    """Return the address of this page with `changes` to its query; None removes a parameter."""
    return with_query(request.path, **changes)


def as_text(value: bool | float | str) -> str:
    """Format a lever's value as its form field contains it: `true`, `0.5`, `json`."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


WORDS: Mapping[str, Any] = {
    "TONES": TONES,
    **{word.__name__: word for word in (seoul_time, kinds, duration, pretty, as_json, as_text, link_here)},
}
