"""The browser scripts that a page may load, and the parameters that they take. `scripts.toml` lists them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from . import tables

Kind = Literal["payments", "certifications"]


@dataclass(frozen=True, kw_only=True)
class Script:
    """How one generation of the browser script reads the parameters of a payment."""

    path: str
    """A regular expression that matches the whole path of its address."""
    takes_text: bool = False
    """An amount may be text, and a `merchant_uid` a number. The present script refuses both."""
    makes_merchant_uid: bool = False
    """It makes a `merchant_uid` when the page sends none."""


class Unplayed(NamedTuple):
    """The parameters of a call that have no effect in the sandbox, by name."""

    ignored: list[str]
    """Those that the documents explain."""
    unknown: list[str]


_FACTS = tables.load(Path(__file__).with_suffix(".toml"))

SCRIPTS = tuple(Script(**script) for script in _FACTS["script"])

NAMED = 20
"""Parameters that `unplayed` names at most of each sort."""


def script_at(path: object) -> Script:
    """Return the script at this path of an address, and the present one for a path of the page's own."""
    own = path if isinstance(path, str) else ""
    return next((script for script in SCRIPTS if re.fullmatch(script.path, own)), SCRIPTS[0])


def unplayed(kind: Kind, names: Iterable[str]) -> Unplayed:
    """Return which of the parameters that a page sent have no effect in the sandbox."""
    known = _FACTS["parameters"][kind]
    others = sorted(set(names) - set(known["played"]))
    ignored = [name for name in others if name in known["ignored"]]
    return Unplayed(ignored[:NAMED], [name[:40] for name in others if name not in ignored][:NAMED])
