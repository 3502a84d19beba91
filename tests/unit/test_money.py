"""Money: whole minor units, one currency at a time."""

from decimal import Decimal

import pytest

from money import CurrencyError, Money

MINOR_AND_MAJOR = [
    (0, "KRW", "0"),
    (4900, "KRW", "4900"),
    (4900, "USD", "49.00"),
    (4999, "USD", "49.99"),
    (1, "USD", "0.01"),
    (500, "JPY", "500"),
    (10**12 + 1, "EUR", "10000000000.01"),
]


@pytest.mark.parametrize(("minor", "currency", "major"), MINOR_AND_MAJOR)
def test_minor_units_become_the_services_major_units_and_come_back(minor, currency, major):
    money = Money(minor, currency)

    assert money.to_major() == Decimal(major)
    assert Money.from_major(Decimal(major), currency) == money


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.5", "KRW"), ("49.999", "USD"), ("NaN", "USD"), ("Infinity", "KRW")]
)
def test_a_fraction_of_a_minor_unit_is_refused(amount, currency):
    with pytest.raises(CurrencyError):
        Money.from_major(Decimal(amount), currency)


@pytest.mark.parametrize("currency", ["", "krw", "BTC"])
def test_a_currency_we_do_not_sell_in_is_refused(currency):
    with pytest.raises(CurrencyError):
        Money.from_major(Decimal(1), currency)
    with pytest.raises(CurrencyError):
        Money(1, currency).to_major()


def test_like_is_added_and_taken_away():
    assert Money(1000, "KRW") + Money(4, "KRW") == Money(1004, "KRW")
    assert Money(1000, "KRW") - Money(1004, "KRW") == Money(-4, "KRW")


def test_two_currencies_are_never_mixed():
    with pytest.raises(CurrencyError, match="KRW and USD"):
        Money(1, "KRW") + Money(1, "USD")
    with pytest.raises(CurrencyError, match="USD and KRW"):
        Money(1, "USD") - Money(1, "KRW")


def test_a_hundred_won_and_a_hundred_cents_differ():
    assert Money(100, "KRW") != Money(100, "USD")


@pytest.mark.parametrize(
    ("minor", "parts", "shares"), [(9900, 3, [3300, 3300, 3300]), (10, 3, [4, 3, 3]), (1, 2, [1, 0]), (7, 1, [7])]
)
def test_parts_add_up_to_the_whole(minor, parts, shares):
    split = Money(minor, "KRW").split(parts)

    assert [share.minor for share in split] == shares


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(9900, "KRW"), "ko", "9,900원"),
        (Money(9900, "KRW"), "en", "₩9,900"),
        (Money(4999, "USD"), "ko", "US$49.99"),
        (Money(4999, "USD"), "en", "$49.99"),
        (Money(5000, "USD"), "en", "$50.00"),
    ],
)
def test_money_reads_as_people_write_it(money, locale, text):
    assert money.format(locale) == text
