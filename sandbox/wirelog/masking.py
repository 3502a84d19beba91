"""Mask what the log must not keep of a call: the middle of card numbers, secrets, and nearly all of a token."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from ..facts.instruments import digits

CUT = "***"
"""Replaces a value, or the rest of it."""

MIN_CARD = 17
"""Characters of the shortest card number with its dashes."""

_SECRETS = frozenset({"imp_secret", "secret", "pwd_2digit", "cvc", "birth", "expiry"})
_TOKENS = frozenset({"access_token", "_token", "authorization", "k"})
"""Fields whose first four characters stay, so that a reader can distinguish two values."""
_NUMBERS = frozenset({"card_number", "number", "refund_account"})

_CARD = re.compile(r"(?<!\d)\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{2,7}(?!\d)")
_IN_ADDRESS = re.compile(r"([?&](?:k|_token)=)([^&#\s]{4})[^&#\s\"]*")
_NAMED = "|".join(sorted(_SECRETS | _TOKENS - {"k"}))
_IN_PROSE = re.compile(rf"((?:{_NAMED})[\"']?\s*[:=]\s*[\"']?)[^\"'&,\s}}]+")
_DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){13,18}(?!\d)")


def body(raw: bytes, content_type: str) -> Any:
    """Return the masked body of a request or an answer: the value of JSON, the dict of a form, else a string."""
    parsed = parse(raw, content_type)
    try:
        return prose(parsed) if isinstance(parsed, str) else masked(parsed)
    except RecursionError:
        return CUT


def parse(raw: bytes, content_type: str) -> Any:
    """Return the body unmasked: the value of JSON, the dict of a form, else a string."""
    text = raw.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        return _form(text)
    try:
        return json.loads(text) if "json" in content_type else text
    except (ValueError, RecursionError):
        return text


def header(name: str, value: str) -> str:
    """Return the masked value of the header `name`."""
    return token(value) if name == "Authorization" else prose(value)


def masked(value: Any, name: str = "") -> Any:
    """Return `value` with every secret, token, and card or account number masked. `name` is its key in the parent."""
    if isinstance(value, dict):
        return {inner: masked(under, inner) for inner, under in value.items()}
    if isinstance(value, list):
        return [masked(under, name) for under in value]
    if value in (None, "") or isinstance(value, bool):
        return value
    if name in _SECRETS:
        return CUT
    if name in _TOKENS:
        return token(str(value))
    if name in _NUMBERS:
        return number(str(value))
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    # Most values are short and plain. Searching each of them would take longer than all other masking.
    if len(value) >= MIN_CARD:
        value = _CARD.sub(lambda found: number(found[0]), value)
    return address(value) if "=" in value else value


def prose(text: str) -> str:
    """Return a text of unknown shape, with everything masked that looks like a secret or a card number."""
    return _DIGITS.sub(lambda found: number(found[0]), _IN_PROSE.sub(rf"\g<1>{CUT}", address(text)))


def address(text: str) -> str:
    """Return a text with the secrets masked in the queries of the addresses in it."""
    return _IN_ADDRESS.sub(rf"\g<1>\g<2>{CUT}", text)


def token(text: str) -> str:
    """Return the token with all but its first four characters masked: `Bearer 0123456789…` → `Bearer 0123***`."""
    scheme, space, value = text.rpartition(" ")
    return f"{scheme}{space}{value[:4]}{CUT}"


def number(text: str) -> str:
    """Return the number with six digits masked.

    A card's `4242-4242-4242-4242` → `424242******4242`, an account's `110-4242-424242` → `110******2424`. A number
    that is masked already stays as it is.
    """
    plain = digits(text)
    if "*" in text or not plain:
        return text
    shown = 6 if len(plain) > 13 else 3
    return plain[:shown] + "******" + plain[shown + 6 :]


def _form(text: str) -> dict[str, Any]:
    """Return `a=1&b=2` as a dict. A name that occurs more than once has a list."""
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        before = fields.get(name)
        fields[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return fields
