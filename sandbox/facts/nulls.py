"""The fields of answers that the sandbox never fills, each with the reason. `nulls.toml` lists them."""

from collections.abc import Mapping
from pathlib import Path

from . import tables

NULLS: Mapping[str, Mapping[str, str]] = tables.load(Path(__file__).with_suffix(".toml"))
"""Object of `sandbox/openapi/objects.toml` → field → reason."""


def of(name: str) -> dict[str, None]:
    """Return the fields of an object that are always null."""
    return dict.fromkeys(NULLS[name])
