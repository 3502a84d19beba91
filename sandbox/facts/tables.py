"""Read the TOML files beside the modules: data that no code should repeat."""

import tomllib
from pathlib import Path
from typing import Any


def load(file: Path) -> dict[str, Any]:
    """The tables of a TOML file; the lists within its entries are tuples, as a frozen dataclass wants them."""
    return {
        key: [_frozen(entry) for entry in table] if isinstance(table, list) else table
        for key, table in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
