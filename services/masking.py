"""Masking: what the journal may keep of a request or an answer. Secrets and card numbers are replaced, length bounded.

The payment service masks card numbers itself. This module does not rely on that, nor on what a browser sends.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

CUT = "***"
SECRETS = (
    *("impkey", "secret", "token", "tokenheader", "authorization", "apikey", "password", "passwd", "pwd"),
    *("pwd2digit", "pwd2digits", "pin", "cvc", "cvv", "cvc2", "cvv2", "birth"),
    *("expiry", "expirydate", "expirymonth", "expiryyear"),
)
"""How the names of fields end whose values are never kept: without case, dashes, dots and underscores."""
NUMBERS = ("cardnumber", "cardno", "cardnum", "accountnumber", "accountno", "vbanknum", "refundaccount")
"""The same of fields that hold the number of a card or an account."""
LONGEST_TEXT = 500
MOST_ITEMS = 60
DEEPEST = 6

_GAP = r"[\s.\-\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufe58\ufe63\uff0d\ufeff]{1,3}"
"""Spaces, dashes and dots of every width, also the invisible ones that a copied text may contain."""
_RUN = re.compile(rf"(?<![A-Za-z0-9_])\d(?:(?:{_GAP})?\d){{12,}}(?![A-Za-z0-9_])")
"""13 digits or more, in groups or not. The ids of shop and service begin with letters, so they are no match."""
_AS_ON_A_CARD = re.compile(r"(?<!\d)(?:\d{4}(_|\W{1,3})\d{4}\1\d{4}\1\d{1,7}|3\d{3}(_|\W{1,3})\d{6}\2\d{5})(?!\d)")
"""Groups as on a card, whatever stands between them."""
_ISSUER = re.compile(r"[34569]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720")
_NAMED = re.compile(r"(?<![\w\-])([\w\-]{1,60})([\"']?\s*[:=]\s*[\"']?(?:Bearer\s+)?)([^\"'&,\s}]+)", re.IGNORECASE)


def masked(value: Any, name: str = "", *, depth: int = 0) -> Any:
    """Return `value`, of JSON types, without secrets and card numbers. `name` is its key in the parent.

    Long texts are cut, and so are long lists and what is nested deeply: anyone may send anything.
    """
    if isinstance(value, dict | list) and (depth >= DEEPEST or _is(name, SECRETS)):
        return CUT
    if isinstance(value, dict):
        items = list(value.items())[:MOST_ITEMS]
        return {_text(str(key))[:80]: masked(inner, str(key), depth=depth + 1) for key, inner in items}
    if isinstance(value, list):
        return [masked(inner, name, depth=depth + 1) for inner in value[:MOST_ITEMS]]
    if value in (None, "") or isinstance(value, bool):
        return value
    if _is(name, SECRETS):
        return CUT
    if _is(name, NUMBERS) or name.lower() == "number":
        return number(str(value))
    if isinstance(value, str):
        return _text(value)
    hidden = without_numbers(str(value) if isinstance(value, int) else f"{value:.0f}")  # 4.242e15 may be a card number
    return hidden if "*" in hidden else value


def masked_json(text: str, *, limit: int) -> Any:
    """Return the masked value of a JSON text, or a masked text if it is not JSON. None for an empty one.

    If the result has more than `limit` characters as JSON, return only its beginning, as a text.
    """
    if not text:
        return None
    try:
        value = masked(json.loads(text))
    except (ValueError, RecursionError):
        value = _text(text)
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(written) <= limit else f"{written[:limit]}…"


def number(text: str) -> str:
    """Return a card or account number with its middle digits masked. One that is masked already stays as it is."""
    digits = re.sub(r"\D", "", text)
    if "*" in text or len(digits) < 8:
        return text[:LONGEST_TEXT]
    shown = 6 if len(digits) > 13 else 2
    return f"{digits[:shown]}{'*' * (len(digits) - shown - 4)}{digits[-4:]}"


def without_numbers(text: str) -> str:
    """Return `text` with every card number in it masked, however its digits are grouped.

    14 to 19 digits that stand alone are one. Among others, and of 13, the Luhn check decides and how issuers begin.
    """
    return _AS_ON_A_CARD.sub(lambda run: number(run[0]), _RUN.sub(lambda run: _hidden(run[0]), text))


def _hidden(run: str) -> str:
    groups = list(re.finditer(r"\d+", run))
    if 13 < sum(len(group[0]) for group in groups) <= 19:
        return number(run)
    shown, kept_to, first = "", 0, 0
    while first < len(groups):
        count = next((n for n in range(19, 0, -1) if _is_card(groups[first : first + n])), 0)
        if count:
            last = groups[min(first + count, len(groups)) - 1]
            shown += run[kept_to : groups[first].start()] + number(run[groups[first].start() : last.end()])
            kept_to = last.end()
        first += count or 1
    return shown + run[kept_to:]


def _is_card(groups: Sequence[re.Match[str]]) -> bool:
    """Whether these groups are a card's number together: one begins as issuers number, and passes the Luhn check."""
    plain = "".join(group[0] for group in groups)
    if [len(group[0]) for group in groups[:3]] == [4, 4, 4] and 13 <= len(plain) <= 19:
        return True
    plain = plain[:16] if len(groups) == 1 and len(plain) > 19 else plain
    if not 13 <= len(plain) <= 19 or not _ISSUER.match(plain):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in plain[-2::-2])
    return (sum(int(digit) for digit in plain[-1::-2]) + sum(doubled)) % 10 == 0


def _is(name: str, endings: tuple[str, ...]) -> bool:
    """Whether a field's name ends so, however it is spelt: `card_number`, `cardNumber`, `card[Card-Number]`."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).endswith(endings)


def _text(text: str) -> str:
    """Return a text that every database can store, cut, and without what looks like a secret or a card number."""
    storable = text[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()
    return without_numbers(_NAMED.sub(_credential, storable))


def _credential(found: re.Match[str]) -> str:
    name, between, _value = found.groups()
    return f"{name}{between}{CUT}" if _is(name, SECRETS) else found[0]
