"""Settings of one merchant that the real service does not offer. `levers.toml` lists them.

`merchant.switches` stores the settings; a lever that was never set has its default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..facts import tables
from ..ledger.models import Merchant
from ..wire.parameters import Malformed


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One setting: a boolean, a number from 0 to `most`, or a word of `choices`. The type of the default decides."""

    name: str
    group: str
    """The name of an entry of `GROUPS`."""
    default: bool | int | float | str
    title_ko: str
    title_en: str
    most: int = 0
    """The largest value of a number."""
    choices: tuple[str, ...] = ()
    """The allowed values of a word."""

    def read(self, value: Any) -> bool | int | float | str:
        """Return `value`, from JSON or a form, as this lever stores it.

        Raises:
            Malformed: when `value` has another type or is out of range.
        """
        if isinstance(self.default, bool):
            return _boolean(self.name, value)
        if isinstance(self.default, str):
            return _word(self.name, value, self.choices)
        number = _number(self.name, value, self.most)
        if isinstance(self.default, float):
            return float(number)
        if number != number.to_integral_value():
            raise Malformed(f"{self.name} must be a whole number")
        return int(number)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The levers of one subject, under one heading."""

    title_ko: str
    title_en: str


_TABLES = tables.load(Path(__file__).with_suffix(".toml"))

LEVERS: Mapping[str, Lever] = {entry["name"]: Lever(**entry) for entry in _TABLES["lever"]}
"""Name → lever, in the order of the file."""

GROUPS: Mapping[str, Group] = {name: Group(**entry) for name, entry in _TABLES["groups"].items()}
"""Name → group, in the order of the file."""


def get(merchant: Merchant, name: str) -> Any:
    """Return the merchant's setting, or the default of a lever that was never set.

    Raises:
        KeyError: when no lever has this name.
    """
    return (merchant.switches or {}).get(name, LEVERS[name].default)


def set(merchant: Merchant, name: str, value: Any) -> None:
    """Set one lever of the merchant, in the caller's transaction.

    Raises:
        Malformed: when no lever has this name, or it cannot have this value. Nothing changes then.
    """
    lever = LEVERS.get(name)
    if lever is None:
        raise Malformed(f"unknown lever {name}; the levers are {', '.join(LEVERS)}")
    # Assign a new dict, because the column does not detect a change inside the old one.
    merchant.switches = {**(merchant.switches or {}), name: lever.read(value)}


def settings(merchant: Merchant) -> dict[str, Any]:
    """Return the present setting of every lever."""
    return {name: get(merchant, name) for name in LEVERS}


def changed(merchant: Merchant) -> dict[str, Any]:
    """Return the present setting of each lever that differs from its default."""
    return {name: value for name, value in settings(merchant).items() if value != LEVERS[name].default}


def _boolean(name: str, value: Any) -> bool:
    # A form has no booleans.
    meant = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
    if not isinstance(meant, bool):
        raise Malformed(f"{name} must be true or false")
    return meant


def _word(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise Malformed(f"{name} must be one of {', '.join(choices)}")
    return str(value)


def _number(name: str, value: Any, most: int) -> Decimal:
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise Malformed(f"{name} must be a number") from None
    if isinstance(value, bool) or not number.is_finite() or not 0 <= number <= most:
        raise Malformed(f"{name} must be between 0 and {most}")
    return number
