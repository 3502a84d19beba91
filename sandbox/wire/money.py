"""Amounts: whole minor units (won, cents) inside, major units on the wire."""

from decimal import Decimal

WHOLE_CURRENCIES = frozenset({"KRW", "JPY", "VND", "CLP", "ISK"})
"""ISO 4217 currencies without a minor unit; all others of the service's list have two decimals."""

LARGEST = 10**12
"""Major units. Above it a number is a slip of the keyboard, and a database integer is not far."""


def minor_units(amount: Decimal, currency: str) -> int:
    """`Decimal("49.99"), "USD"` → `4999`.

    Raises:
        ValueError: finer than the currency's smallest coin, negative, not finite, or absurdly large.
    """
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise ValueError("not an amount of money")
    decimals = _decimals(currency)
    coins = round(amount, decimals)
    # Compared before they are counted: to scale a number cuts what is beyond its 28th digit.
    if coins != amount:
        raise ValueError(f"not an amount of {currency}")
    return int(coins.scaleb(decimals))


def major_units(minor: int, currency: str) -> int | float:
    """`4999, "USD"` → `49.99`: a number for JSON, and only for that.

    A double prints two decimals back exactly as they were, so nothing is lost between here and the client.
    """
    amount = Decimal(minor).scaleb(-_decimals(currency))
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _decimals(currency: str) -> int:
    return 0 if currency in WHOLE_CURRENCIES else 2
