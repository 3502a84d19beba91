"""What the console's templates say, and how: the menu, filters, times, bodies."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from ..merchants.clock import SEOUL

FILTERS: Mapping[str, tuple[str, ...]] = {
    "payments": ("ready", "paid", "failed", "cancelled"),
    "schedules": ("scheduled", "executed", "revoked"),
    "webhooks": ("queued", "answered", "unreachable", "lost"),
    "wire": ("rest", "sdk", "window", "control"),
    "certainties": ("documented", "observed", "assumed"),
}
"""What a section's rows can be narrowed to, in the words of the wire."""


TONES: Mapping[str, str] = {
    **dict.fromkeys(("paid", "answered", "executed", "documented"), "good"),
    **dict.fromkeys(("failed", "unreachable", "lost"), "bad"),
    **dict.fromkeys(("ready", "queued", "sending", "scheduled", "cancelled", "assumed"), "warn"),
}
"""How a word of the wire looks; others are `calm`."""


def menu() -> list[tuple[str, str]]:
    """The sections: endpoint, and name in the reader's language."""
    return [
        ("overview", _("Overview")),
        ("payments", _("Payments")),
        ("keys", _("Billing keys")),
        ("schedules", _("Schedules")),
        ("webhooks", _("Webhooks")),
        ("wire", _("Wire log")),
        ("time", _("Clock")),
        ("pulled", _("Levers")),
        ("certainties", _("Fidelity")),
        ("shops", _("Merchants")),
    ]


SECTION_OF = {
    "payment": "payments",
    "key": "keys",
    "schedule": "schedules",
    "webhook": "webhooks",
    "call": "wire",
    "add": "shops",
}
"""Endpoint of a page that is no section → that of the section it belongs to."""


def steps() -> list[tuple[int, str]]:
    """By how many seconds a button advances the clock, and what it says."""
    return [
        (60, _("1 minute")),
        (3600, _("1 hour")),
        (86_400, _("1 day")),
        (7 * 86_400, _("1 week")),
        (31 * 86_400, _("31 days")),
    ]


def seoul_time(at: float) -> str:
    """Unix seconds as a Korean shop's clock shows them; a dash for what has not happened."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(SEOUL):%Y-%m-%d %H:%M:%S}" if at else "–"


def duration(seconds: int) -> str:
    """`90061` → `+1d 1h 1m 1s`, `0` → `+0s`."""
    left, parts = abs(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if seconds < 0 else "+") + (" ".join(parts) or "0s")


def pretty(body: str | None) -> str:
    """A body as people read it: JSON indented, anything else as it is."""
    try:
        return json.dumps(json.loads(body or ""), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body or ""


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def link_here(**changes: Any) -> str:
    """This page with some of its query changed; None takes a part of it away."""
    query = {**request.args.to_dict(), **changes}
    return f"{request.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def as_text(value: bool | float | str) -> str:
    """A lever's value as its field has it: `true`, `0.5`, `json`."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


WORDS: Mapping[str, Any] = {
    "TONES": TONES,
    **{word.__name__: word for word in (seoul_time, duration, pretty, as_json, as_text, link_here)},
}
