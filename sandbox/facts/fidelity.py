"""List the behaviours of the sandbox that a shop may rely on, each with its certainty and its source.

`fidelity.toml` holds the list. Each behaviour that is only assumed has a switch: a lever of `/control/levers` that
reverses it.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from . import tables

Certainty = Literal["documented", "recorded", "assumed"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One behaviour. The top of `fidelity.toml` explains the fields."""

    id: str
    title_ko: str
    title_en: str
    certainty: Certainty
    source: str
    source_ko: str = ""
    switch: str | None = None

    @property
    def source_en(self) -> str:
        """The English source, as `source_ko` is the Korean one."""
        return self.source


def _load() -> tuple[Behaviour, ...]:
    return tuple(Behaviour(**entry) for entry in tables.load(Path(__file__).with_suffix(".toml"))["behaviour"])


BEHAVIOURS = _load()


def as_json() -> list[dict[str, Any]]:
    """Return the list as `GET /control/fidelity` serves it."""
    return [asdict(behaviour) for behaviour in BEHAVIOURS]
