"""Money as whole minor units (won, cents) with an ISO 4217 code. Never a float.

The payment service uses major units (`49.99`), so its client passes `Decimal`. Only `from_major`, `to_major` and
`to_json` convert between the two.
"""

from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency

EXPONENTS = {"KRW": 0, "JPY": 0, "USD": 2, "EUR": 2}


class CurrencyError(ValueError):
    """Two currencies in one sum, a currency this shop does not sell in, or a fraction of a minor unit."""


@dataclass(frozen=True, slots=True)
class Money:
    """`Money(4900, "KRW")` is 4,900 won; `Money(4900, "USD")` is 49 dollars."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._refuse_other(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._refuse_other(other)
        return Money(self.minor - other.minor, self.currency)

    def _refuse_other(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise CurrencyError(f"{self.currency} and {other.currency} cannot be added")

    def to_major(self) -> Decimal:
        """Return the amount in major units, as the payment service writes it: 4900 cents are `49.00`."""
        return Decimal(self.minor).scaleb(-_exponent(self.currency))

    def to_json(self) -> int | float:
        """Return the amount in major units as a JSON number. A double keeps two decimals exactly as written."""
        major = self.to_major()
        return int(major) if major == int(major) else float(major)

    @classmethod
    def from_major(cls, amount: Decimal, currency: str) -> "Money":
        """Return the money for an amount in major units.

        Raises:
            CurrencyError: when the amount is not a whole number of minor units, or the currency is unknown.
        """
        minor = amount.scaleb(_exponent(currency))
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise CurrencyError(f"{amount} {currency} is not a whole number of minor units")
        return cls(int(minor), currency)

    def split(self, parts: int) -> list["Money"]:
        """Return parts that add up to the whole and differ by at most one minor unit, the larger parts first."""
        share, rest = divmod(self.minor, parts)
        return [Money(share + (1 if n < rest else 0), self.currency) for n in range(parts)]

    def format(self, locale: str) -> str:
        """Return the amount as the locale writes it: 19,900 won is `19,900원` in Korean, `₩19,900` in English."""
        pattern = "#,##0원" if (locale, self.currency) == ("ko", "KRW") else None
        return str(format_currency(self.to_major(), self.currency, pattern, locale=locale))


def _exponent(currency: str) -> int:
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise CurrencyError(f"{currency} is not a currency this shop sells in") from None
