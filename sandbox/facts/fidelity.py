"""How sure we are of what the sandbox does: every behaviour a shop may rely on, and where it is known from.

The list is `fidelity.toml`. What is only assumed has a switch: a lever of `/control/levers` that turns it around.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from . import tables

Certainty = Literal["documented", "observed", "assumed"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One behaviour; the fields are explained at the top of `fidelity.toml`."""

    id: str
    title_ko: str
    title_en: str
    certainty: Certainty
    source: str
    switch: str | None = None


def _load() -> tuple[Behaviour, ...]:
    return tuple(Behaviour(**entry) for entry in tables.load(Path(__file__).with_suffix(".toml"))["behaviour"])


BEHAVIOURS = _load()


def as_json() -> list[dict[str, Any]]:
    """The list as `GET /control/fidelity` serves it."""
    return [asdict(behaviour) for behaviour in BEHAVIOURS]
