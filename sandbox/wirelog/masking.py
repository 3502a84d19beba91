"""What must not be kept of a call: card numbers lose their middle, secrets and tokens nearly everything."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from ..facts.instruments import digits

CUT = "***"
"""What stands for a value, or for the rest of it."""

SHORTEST_CARD = 17
"""Characters of a card number with its dashes."""

_SECRETS = frozenset({"imp_secret", "secret", "pwd_2digit", "cvc", "birth", "expiry"})
_TOKENS = frozenset({"access_token", "_token", "authorization", "k"})
"""Their first characters stay, so that two can be told apart."""
_NUMBERS = frozenset({"card_number", "number", "refund_account"})

_CARD = re.compile(r"(?<!\d)\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{2,7}(?!\d)")
_IN_ADDRESS = re.compile(r"([?&](?:k|_token)=)([^&#\s]{4})[^&#\s\"]*")
_NAMED = "|".join(sorted(_SECRETS | _TOKENS - {"k"}))
_IN_PROSE = re.compile(rf"((?:{_NAMED})[\"']?\s*[:=]\s*[\"']?)[^\"'&,\s}}]+")
_DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){13,18}(?!\d)")


def body(raw: bytes, content_type: str) -> Any:
    """A call's or an answer's body, masked: what JSON or a form says, else a string."""
    parsed = parse(raw, content_type)
    try:
        return prose(parsed) if isinstance(parsed, str) else masked(parsed)
    except RecursionError:
        return CUT


def parse(raw: bytes, content_type: str) -> Any:
    """A body as it was: the value of its JSON, a dict from a form, else its text."""
    text = raw.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        return _form(text)
    try:
        return json.loads(text) if "json" in content_type else text
    except (ValueError, RecursionError):
        return text


def header(name: str, value: str) -> str:
    return token(value) if name == "Authorization" else prose(value)


def masked(value: Any, name: str = "") -> Any:
    """`value` with everything under it masked; `name` is what its parent calls it."""
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
    # Most values are short and plain; looking closer at each would cost more than all else.
    if len(value) >= SHORTEST_CARD:
        value = _CARD.sub(lambda found: number(found[0]), value)
    return address(value) if "=" in value else value


def prose(text: str) -> str:
    """Text of no known shape: what looks like a secret or a card is masked."""
    return _DIGITS.sub(lambda found: number(found[0]), _IN_PROSE.sub(rf"\g<1>{CUT}", address(text)))


def address(text: str) -> str:
    """Text with addresses in it: the secrets in their queries are cut."""
    return _IN_ADDRESS.sub(rf"\g<1>\g<2>{CUT}", text)


def token(text: str) -> str:
    """`Bearer 0123456789…` → `Bearer 0123***`."""
    scheme, space, value = text.rpartition(" ")
    return f"{scheme}{space}{value[:4]}{CUT}"


def number(text: str) -> str:
    """`4242-4242-4242-4242` → `424242******4242`, an account's `110-4242-424242` → `110******2424`.

    A number that is masked already stays as it is.
    """
    plain = digits(text)
    if "*" in text or not plain:
        return text
    shown = 6 if len(plain) > 13 else 3
    return plain[:shown] + "******" + plain[shown + 6 :]


def _form(text: str) -> dict[str, Any]:
    """`a=1&b=2` as a dict; a name that comes more than once holds a list."""
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        before = fields.get(name)
        fields[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return fields
