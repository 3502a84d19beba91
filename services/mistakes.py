"""Deliberate mistakes and presets: changes to the request of the browser that a guide's page offers to try.

They change only what the browser passes to `IMP.request_pay`. The server has already created the order with its ids
and its price, so a changed amount is tampering, and a check of the server or of the payment service answers it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Text = Mapping[str, str]


class Effect(StrEnum):
    """What a mistake does to the request."""

    SET = "set"
    """Sends `value` in the field."""
    TEXT = "text"
    """Sends the field's number as text."""
    UNSET = "unset"
    """Leaves the field out."""
    USED = "used"
    """Sends the `merchant_uid` of a payment that this person has already made."""
    NO_INIT = "no_init"
    """Does not call `IMP.init` before `IMP.request_pay`."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Values that replace some of the guide's, e.g. the channel of a shop with several merchant ids."""

    id: str
    name: Text
    note: Text
    set: Mapping[str, Any]
    """Values by dotted name."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One deliberate mistake, as it plays out at one PG."""

    id: str
    name: Text
    effect: Effect
    expect: Text
    """What happens, and which check catches the mistake."""
    field: str = ""
    """The changed field; empty if the request itself stays the same."""
    value: Any = None
    needs: Text | None = None
    """What must have happened before the mistake can be made."""


def at_guide(entries: Iterable[Mapping[str, Any]], guide_id: str, variant_id: str) -> tuple[Mistake, ...]:
    """Return the mistakes of a guide's variant. `at` of an entry holds what differs at a guide or at one variant.

    Raises:
        TypeError: when an entry has a key that no mistake has, or lacks one.
        ValueError: when an effect does not exist.
    """
    found = []
    for entry in entries:
        shared = {key: value for key, value in entry.items() if key != "at"}
        special = entry.get("at", {})
        merged = {**shared, **special.get(guide_id, {}), **special.get(f"{guide_id}/{variant_id}", {})}
        found.append(Mistake(**{**merged, "effect": Effect(merged["effect"])}))
    return tuple(found)
