"""The TOML files beside the modules: data that no code should repeat."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def load(name: str) -> dict[str, Any]:
    """``<name>.toml``; the lists within its entries are tuples, as a frozen dataclass wants them."""
    text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return {
        key: [_frozen(entry) for entry in table] if isinstance(table, list) else table
        for key, table in tomllib.loads(text).items()
    }


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
