"""Test cards and accounts: the number a payer types decides what happens. The list is ``instruments.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Family = Literal["card", "account"]


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One test card or account; the fields are explained at the top of ``instruments.toml``."""

    number: str
    family: Family
    outcome: str
    issuer_code: str
    issuer: str
    label_ko: str
    label_en: str
    explanation_ko: str
    explanation_en: str
    issue_refusal: str | None = None
    approved_charges: int | None = None
    charge_refusal: str | None = None

    def declines_charge(self, approved_before: int) -> bool:
        """Whether a key that was charged ``approved_before`` times is declined now."""
        return self.approved_charges is not None and approved_before >= self.approved_charges

    @property
    def masked(self) -> str:
        """As a record shows it: ``424242******4242`` (digits 7 to 12 starred), ``110******4242`` for an account."""
        plain = digits(self.number)
        shown = 6 if self.family == "card" else 3
        return plain[:shown] + "******" + plain[shown + 6 :]


def _load() -> tuple[Instrument, ...]:
    text = Path(__file__).with_name("instruments.toml").read_text(encoding="utf-8")
    return tuple(Instrument(**entry) for entry in tomllib.loads(text)["instrument"])


INSTRUMENTS = _load()


def find(number: str, family: str) -> Instrument | None:
    """The instrument with this number, however it is spaced; None when it is not on the list."""
    wanted = digits(number)
    return next((i for i in INSTRUMENTS if i.family == family and digits(i.number) == wanted), None)


def digits(number: str) -> str:
    """The ASCII digits alone."""
    return "".join(character for character in number if character in "0123456789")
