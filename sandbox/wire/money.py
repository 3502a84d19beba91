"""Convert amounts: whole minor units (won, cents) inside the sandbox, major units on the wire."""

from decimal import Decimal

WHOLE_CURRENCIES = frozenset({"KRW", "JPY", "VND", "CLP", "ISK"})
"""ISO 4217 currencies without a minor unit; all others of the service's list have two decimals."""

MAX_AMOUNT = 10**12
"""Major units. A larger number is a typing mistake and comes near the limit of a database integer."""


def minor_units(amount: Decimal, currency: str) -> int:
    """Return `amount`, in major units, as minor units: `Decimal("49.99"), "USD"` → `4999`.

    Raises:
        ValueError: when `amount` is finer than the smallest coin, negative, not finite or above `MAX_AMOUNT`.
    """
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT:
        raise ValueError("not an amount of money")
    decimals = _decimals(currency)
    coins = round(amount, decimals)
    # Compare before scaling, because `scaleb` drops every digit after the 28th.
    if coins != amount:
        raise ValueError(f"not an amount of {currency}")
    return int(coins.scaleb(decimals))


def major_units(minor: int, currency: str) -> int | float:
    """Return `minor` units as a number for JSON, and only for JSON: `4999, "USD"` → `49.99`.

    A double prints two decimals exactly, so the client receives the same amount.
    """
    amount = Decimal(minor).scaleb(-_decimals(currency))
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _decimals(currency: str) -> int:
    return 0 if currency in WHOLE_CURRENCIES else 2
