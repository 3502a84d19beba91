"""Mobile carriers: REST and the browser script each have their own list of values. `carriers.toml` holds both."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

REST: tuple[str, ...] = tuple(_TABLE["rest"])
"""The values that the REST API and the window's form accept."""

WINDOW: Mapping[str, Mapping[str, Any]] = _TABLE["window"]
"""A value that `IMP.certification` accepts → the fields of the window's form that it fills."""
