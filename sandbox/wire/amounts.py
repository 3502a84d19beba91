"""Read the amounts that a shop sends, and split each into its tax parts. Every result is in whole minor units."""

from dataclasses import dataclass
from decimal import Decimal

from .money import minor_units
from .parameters import Fields, Malformed, currency, flag, integer, number, required_number

VAT_DIVISOR = 11
"""The value-added tax in a taxed amount is the amount divided by this, unless the shop sends `vat_amount`."""

MIN_INSTALMENT_AMOUNT = 50_000
"""The smallest amount, in KRW, that can be paid in instalments."""

MAX_INSTALMENTS = 36
"""Months."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """An amount split by tax, in minor units: `tax_free`, and the taxed part as `supply` and `vat`."""

    tax_free: int
    supply: int
    vat: int

    @property
    def taxed(self) -> int:
        """The supply value plus its VAT."""
        return self.supply + self.vat

    @property
    def total(self) -> int:
        """The whole amount, taxed and tax-free."""
        return self.tax_free + self.taxed

    def __sub__(self, other: "Split") -> "Split":
        return Split(
            tax_free=self.tax_free - other.tax_free, supply=self.supply - other.supply, vat=self.vat - other.vat
        )

    def holds(self, other: "Split") -> bool:
        """Whether each part of `other` is at most the same part of this split."""
        rest = self - other
        return min(rest.tax_free, rest.supply, rest.vat) >= 0


def required_amount(fields: Fields, *, above_zero: bool = False) -> int:
    """Return `amount` in minor units of the `currency` field.

    Raises:
        Malformed: when it is missing, not an amount of that currency, or 0 where `above_zero` is set.
    """
    amount = _minor("amount", required_number(fields, "amount"), currency(fields))
    if above_zero and amount == 0:
        raise Malformed("amount 파라메터는 0보다 커야 합니다.")
    return amount


def part(fields: Fields, name: str, currency_code: str, whole: int | None = None) -> int | None:
    """Return the amount in field `name` in minor units, or None when it was not sent.

    Raises:
        Malformed: when it is not an amount of this currency, or exceeds `whole` (minor units).
    """
    value = number(fields, name)
    if value is None:
        return None
    minor = _minor(name, value, currency_code)
    if whole is not None and minor > whole:
        raise Malformed(f"{name} 파라메터는 결제금액을 넘을 수 없습니다.")
    return minor


def taxes(fields: Fields, amount: int, currency_code: str) -> dict[str, int | None]:
    """Return `tax_free` and `vat_amount` of `amount`, in minor units.

    Unless sent, `tax_free` is 0 and `vat_amount` is None. `vat` is the old name of `vat_amount`.

    Raises:
        Malformed: when one is not an amount of this currency, or both together exceed `amount`.
    """
    tax_free = part(fields, "tax_free", currency_code, amount) or 0
    return {"tax_free": tax_free, "vat_amount": _vat(fields, amount - tax_free, currency_code)}


def cancelled_parts(fields: Fields, amount: int, left: Split, currency_code: str) -> Split:
    """Return the tax parts of a cancel of `amount`, all in minor units. `left` is the part not yet cancelled.

    Unless sent, `tax_free` is the part of `amount` that exceeds `left.taxed`, usually 0, and the VAT is
    proportional to `left.vat`. The result may exceed `left` in one of its parts; the caller checks that.

    Raises:
        Malformed: when one is not an amount of this currency, or both together exceed `amount`.
    """
    tax_free = part(fields, "tax_free", currency_code, amount)
    if tax_free is None:
        tax_free = max(0, amount - left.taxed)
    taxed = amount - tax_free
    vat = _vat(fields, taxed, currency_code)
    if vat is None:
        vat = left.vat - round(left.vat * (left.taxed - taxed) / left.taxed) if left.taxed else 0
    return Split(tax_free=tax_free, supply=taxed - vat, vat=vat)


def instalments(fields: Fields, amount: int, currency_code: str) -> int:
    """Return `card_quota` in months, 0 for a lump sum.

    Raises:
        Malformed: when it is not from 0 to `MAX_INSTALMENTS`, when instalments are requested for a currency other than
            KRW or for less than `MIN_INSTALMENT_AMOUNT`, or when a flag beside it is not a boolean.
    """
    months = integer(fields, "card_quota", most=MAX_INSTALMENTS) or 0
    if months >= 2 and not (currency_code == "KRW" and amount >= MIN_INSTALMENT_AMOUNT):
        raise Malformed(f"card_quota 파라메터는 {MIN_INSTALMENT_AMOUNT:,}원 이상 결제에만 사용할 수 있습니다.")
    for name in ("interest_free_by_merchant", "use_card_point"):
        flag(fields, name)
    return months


def split(amount: int, tax_free: int, vat_amount: int | None) -> Split:
    """Split `amount` by tax, in minor units. Supply and VAT are ten to one unless `vat_amount` is set."""
    taxed = amount - tax_free
    vat = round(taxed / VAT_DIVISOR) if vat_amount is None else vat_amount
    return Split(tax_free=tax_free, supply=taxed - vat, vat=vat)


def _vat(fields: Fields, taxed: int, currency_code: str) -> int | None:
    vat_amount = part(fields, "vat_amount", currency_code, taxed)
    return part(fields, "vat", currency_code, taxed) if vat_amount is None else vat_amount


def _minor(name: str, value: Decimal, currency_code: str) -> int:
    try:
        return minor_units(value, currency_code)
    except ValueError:
        raise Malformed(f"{name} 파라메터가 올바르지 않습니다.") from None
