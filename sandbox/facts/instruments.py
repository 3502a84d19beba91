"""Test cards, accounts, phones and wallets: the number that a payer types decides what happens.

`instruments.toml` lists them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import tables

Family = Literal["card", "account", "phone", "wallet"]

CARD_DIGITS = 16
"""The service cuts the digits of a card number after this many, before its PG receives them."""


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One test instrument. The top of `instruments.toml` explains the fields."""

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
    declined_charges: int = 0
    plays: str | None = None
    plays_at: tuple[str, ...] = ("charge", "window")

    def declines_charge(self, approved_before: int, declined_before: int) -> bool:
        """Whether the next charge is declined, after this many approved and declined charges of the key."""
        exhausted = self.approved_charges is not None and approved_before >= self.approved_charges
        return exhausted or declined_before < self.declined_charges

    @property
    def is_fault(self) -> bool:
        """Whether it plays an outcome, or declines only its first charges. Pages show it in a collapsed section."""
        return self.plays is not None or self.declined_charges > 0

    @property
    def masked(self) -> str:
        """The number in a record: `424242******4242` (digits 7 to 12 starred), `110******4242` for an account."""
        plain = digits(self.number)
        shown = 6 if self.family == "card" else 3
        return plain[:shown] + "******" + plain[shown + 6 :]


def _load() -> tuple[Instrument, ...]:
    listed = tables.load(Path(__file__).with_suffix(".toml"))
    own = [Instrument(**entry) for entry in listed["instrument"]]
    return (*own, *_in_every_family(listed["everywhere"], listed["numbers"], own))


def _in_every_family(
    entries: list[dict[str, Any]], numbers: dict[Family, str], own: list[Instrument]
) -> list[Instrument]:
    """Return each entry once per family, under the issuer of that family's approving instrument."""
    issuers = {i.family: (i.issuer_code, i.issuer) for i in own if i.outcome == "approved"}
    return [
        Instrument(
            number=number.format(entry["digits"]),
            family=family,
            issuer_code=issuers[family][0],
            issuer=issuers[family][1],
            **{name: value for name, value in entry.items() if name != "digits"},
        )
        for family, number in numbers.items()
        for entry in entries
    ]


INSTRUMENTS = _load()


def find(number: str, family: str) -> Instrument | None:
    """Return the instrument with the digits of `number`, or None when the list has none in this family.

    Of a card number only the first `CARD_DIGITS` count.
    """
    wanted = digits(number)[: CARD_DIGITS if family == "card" else None]
    return next((i for i in INSTRUMENTS if i.family == family and digits(i.number) == wanted), None)


def digits(number: str) -> str:
    """Return the ASCII digits of `number`, without spaces and hyphens."""
    return "".join(character for character in number if character in "0123456789")
