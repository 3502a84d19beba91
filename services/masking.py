"""Masking: what the journal may keep of a request or an answer. Secrets and card numbers are replaced, length bounded.

The payment service masks card numbers itself. This module does not rely on that, nor on what a browser sends.
"""

import json
import re
from typing import Any

CUT = "***"
SECRETS = frozenset(
    {
        "imp_key",
        "imp_secret",
        "access_token",
        "authorization",
        "secret",
        "token",
        "pwd_2digit",
        "cvc",
        "birth",
        "expiry",
    }
)
"""Fields whose values are never kept."""
NUMBERS = frozenset({"card_number", "number", "vbank_num", "refund_account"})
LONGEST_TEXT = 500
MOST_ITEMS = 60
DEEPEST = 6

_CARD = re.compile(r"(?<!\w)\d(?:[ -]?\d){13,18}(?!\w)")
"""14 to 19 digits that stand alone. The ids of shop and service begin with letters, so they are no match."""
_CREDENTIAL = re.compile(rf"(?i)((?:{'|'.join(sorted(SECRETS))})[\"']?\s*[:=]\s*[\"']?(?:Bearer\s+)?)[^\"'&,\s}}]+")


def masked(value: Any, name: str = "", *, depth: int = 0) -> Any:
    """Return `value`, of JSON types, without secrets and card numbers. `name` is its key in the parent.

    Long texts are cut, and so are long lists and what is nested deeply: anyone may send anything.
    """
    if isinstance(value, dict | list) and depth >= DEEPEST:
        return CUT
    if isinstance(value, dict):
        items = list(value.items())[:MOST_ITEMS]
        return {_text(str(key))[:80]: masked(inner, str(key), depth=depth + 1) for key, inner in items}
    if isinstance(value, list):
        return [masked(inner, name, depth=depth + 1) for inner in value[:MOST_ITEMS]]
    if value in (None, "") or isinstance(value, bool):
        return value
    if name.lower() in SECRETS:
        return CUT
    if name.lower() in NUMBERS:
        return number(str(value))
    if isinstance(value, int) and abs(value) >= 10**13:
        return number(str(value))  # a card number without its quotes
    return _text(value) if isinstance(value, str) else value


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


def _text(text: str) -> str:
    """Return a text that every database can store, cut, and without what looks like a secret or a card number."""
    storable = text[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()
    return _CREDENTIAL.sub(rf"\1{CUT}", _CARD.sub(lambda found: number(found[0]), storable))
