"""Read the TOML files beside the modules. They hold the data that no code repeats."""

import tomllib
from pathlib import Path
from typing import Any


def load(file: Path) -> dict[str, Any]:
    """Return the tables of a TOML file. Lists within its entries become tuples, as a frozen dataclass needs."""
    return {
        key: [_frozen(entry) for entry in table] if isinstance(table, list) else table
        for key, table in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
