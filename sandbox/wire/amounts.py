"""Amounts as a shop sends them, and what of an amount is tax. Inside they are whole minor units."""

from dataclasses import dataclass
from decimal import Decimal

from .money import minor_units
from .parameters import Fields, Malformed, currency, flag, integer, number, required_number

VAT_PART = 11
"""One of so many parts of a taxed amount is value-added tax, unless `vat_amount` says otherwise."""

INSTALMENTS_FROM = 50_000
"""KRW: the least amount that can be paid in instalments."""

MOST_INSTALMENTS = 36


@dataclass(frozen=True, kw_only=True)
class Split:
    """An amount in the parts that tax knows, in minor units."""

    tax_free: int
    supply: int
    vat: int

    @property
    def taxed(self) -> int:
        return self.supply + self.vat

    @property
    def total(self) -> int:
        return self.tax_free + self.taxed

    def __sub__(self, other: "Split") -> "Split":
        return Split(
            tax_free=self.tax_free - other.tax_free, supply=self.supply - other.supply, vat=self.vat - other.vat
        )

    def holds(self, other: "Split") -> bool:
        """Whether every part of `other` can be taken from it."""
        rest = self - other
        return min(rest.tax_free, rest.supply, rest.vat) >= 0


def required_amount(fields: Fields, *, above_zero: bool = False) -> int:
    """`amount` in minor units of `currency`. Raises `Malformed`."""
    amount = _minor("amount", required_number(fields, "amount"), currency(fields))
    if above_zero and amount == 0:
        raise Malformed("amount 파라메터는 0보다 커야 합니다.")
    return amount


def part(fields: Fields, name: str, currency_code: str, whole: int | None = None) -> int | None:
    """The sum called `name` in minor units, not above `whole`; None when it was not sent. Raises `Malformed`."""
    value = number(fields, name)
    if value is None:
        return None
    minor = _minor(name, value, currency_code)
    if whole is not None and minor > whole:
        raise Malformed(f"{name} 파라메터는 결제금액을 넘을 수 없습니다.")
    return minor


def taxes(fields: Fields, amount: int, currency_code: str) -> dict[str, int | None]:
    """`tax_free` (0 unless sent) and `vat_amount` (None unless sent; `vat` is its old name) of `amount`.

    Raises:
        Malformed: one is no sum of this currency, or together they are more than the amount.
    """
    tax_free = part(fields, "tax_free", currency_code, amount) or 0
    return {"tax_free": tax_free, "vat_amount": _vat(fields, amount - tax_free, currency_code)}


def taken(fields: Fields, amount: int, left: Split, currency_code: str) -> Split:
    """The parts of an `amount` that is given back of what is `left`, which may hold fewer of one than was sent.

    Unless sent, `tax_free` is 0, or what the taxed rest cannot make up, and the VAT in proportion to what is left
    of it. Raises `Malformed` as `taxes` does.
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
    """`card_quota` in months, 0 for a lump sum. Raises `Malformed` where the amount is too small for them."""
    months = integer(fields, "card_quota", most=MOST_INSTALMENTS) or 0
    if months >= 2 and not (currency_code == "KRW" and amount >= INSTALMENTS_FROM):
        raise Malformed(f"card_quota 파라메터는 {INSTALMENTS_FROM:,}원 이상 결제에만 사용할 수 있습니다.")
    for name in ("interest_free_by_merchant", "use_card_point"):
        flag(fields, name)
    return months


def split(amount: int, tax_free: int, vat_amount: int | None) -> Split:
    """`amount` in its parts: what is taxed is supply and VAT, ten to one unless the shop fixed the VAT."""
    taxed = amount - tax_free
    vat = round(taxed / VAT_PART) if vat_amount is None else vat_amount
    return Split(tax_free=tax_free, supply=taxed - vat, vat=vat)


def _vat(fields: Fields, taxed: int, currency_code: str) -> int | None:
    vat_amount = part(fields, "vat_amount", currency_code, taxed)
    return part(fields, "vat", currency_code, taxed) if vat_amount is None else vat_amount


def _minor(name: str, value: Decimal, currency_code: str) -> int:
    try:
        return minor_units(value, currency_code)
    except ValueError:
        raise Malformed(f"{name} 파라메터가 올바르지 않습니다.") from None
