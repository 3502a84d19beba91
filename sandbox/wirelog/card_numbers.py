"""Recognise card numbers by their look, wherever a caller writes them.

A number is a card's when it has 13 to 19 digits, begins as issuers number their cards, and passes the Luhn check. Its
digits may stand in groups, with spaces, dashes or dots between them. Groups as on a card are masked even if the check
fails, because a payer mistypes, and whatever stands between them.

So an id of digits stays readable: one that begins with 0, 1, 7, 8 or a year of this century is no card's, and the check
excludes nine in ten of all others. An id that passes is masked; losing it in the log is better than keeping a card.

Source: ISO/IEC 7812-1, annex B (the check). Cards that Korean companies issue for use in Korea begin with 9.
"""

import re

SHORTEST, LONGEST = 13, 19
SENT = 16
"""Digits of a longer number that the service reads."""

_GAP = r"[\s.\-\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufe58\ufe63\uff0d\ufeff]{1,3}"
"""Spaces, dashes and dots of every width, also the invisible ones that a copied text may contain."""
_RUN = re.compile(rf"\d(?:(?:{_GAP})?\d){{12,}}")
_AS_ON_A_CARD = re.compile(r"(?<!\d)(?:\d{4}(_|\W{1,3})\d{4}\1\d{4}\1\d{1,7}|3\d{3}(_|\W{1,3})\d{6}\2\d{5})(?!\d)")
_GROUP = re.compile(r"\d+")
_ISSUER = re.compile(r"[34569]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720")


def hide(text: str) -> str:
    """Return `text` with every card number in it masked."""
    return _AS_ON_A_CARD.sub(lambda run: masked(run[0]), _RUN.sub(lambda run: _hidden(run[0]), text))


def masked(number: str) -> str:
    """Return a number of a card or an account with its middle digits starred; one with stars stays as it is.

    A card's `4242-4242-4242-4242` → `424242******4242`, an account's `110-4242-424242` → `110******4242`.
    """
    plain = plain_digits(number)
    if "*" in number or not plain:
        return number
    return f"{plain[:6]}******{plain[-4:]}" if len(plain) > 13 else f"{plain[:3]}******{plain[9:]}"


def is_card(plain: str) -> bool:
    """Whether these digits are a card's number. Of a longer number, only the digits that the service reads count."""
    plain = plain if len(plain) <= LONGEST else plain[:SENT]
    return len(plain) >= SHORTEST and bool(_ISSUER.match(plain)) and _passes_check(plain)


def plain_digits(text: str) -> str:
    """Return the digits of `text`, of any script, as ASCII."""
    if text.isascii() and text.isdecimal():
        return text
    return "".join(str(int(character)) for character in text if character.isdecimal())


def _hidden(run: str) -> str:
    """Return a run of groups of digits with the card numbers in it masked: other numbers may stand beside them."""
    groups = list(_GROUP.finditer(run))
    shown, kept_to, first = "", 0, 0
    while first < len(groups):
        count = _groups_of_card(groups, first)
        if count:
            begin, end = groups[first].start(), groups[first + count - 1].end()
            shown += run[kept_to:begin] + masked(run[begin:end])
            kept_to = end
        first += count or 1
    return shown + run[kept_to:]


def _groups_of_card(groups: list[re.Match[str]], first: int) -> int:
    """Return how many groups, from the one at `first`, are a card's number together: as many as possible, or 0."""
    found, plain = 0, ""
    for count in range(1, min(LONGEST, len(groups) - first) + 1):
        plain += plain_digits(groups[first + count - 1][0])
        if count > 1 and len(plain) > LONGEST:
            break
        if is_card(plain) or (count == 4 and _is_written_as_card(groups[first : first + 3])):
            found = count
    return found


def _is_written_as_card(groups: list[re.Match[str]]) -> bool:
    return all(len(group[0]) == 4 for group in groups)


def _passes_check(plain: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in plain[-2::-2])
    return (sum(map(int, plain[-1::-2])) + sum(doubled)) % 10 == 0
