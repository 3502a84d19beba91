"""Mask what the log must not keep of a call: the middle of card numbers, secrets, and nearly all of a token.

The name of a field decides, however it is spelt: `card_number`, `cardNumber`, `Card-No`. So does the look of a value
in any field (see `card_numbers`), because a shop may send a card number where the service expects none.
"""

import json
import math
import re
from io import BytesIO
from typing import Any
from urllib.parse import unquote_plus

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from . import card_numbers
from .card_numbers import masked as number

CUT = "***"
"""Replaces a value, or the rest of it."""

SECRETS = (
    *("secret", "password", "passwd", "pwd", "pwd2digit", "pwd2digits", "pin", "cvc", "cvv", "cvc2", "cvv2"),
    *("birth", "expiry", "expirydate", "expirymonth", "expiryyear"),
)
"""How the names of fields end whose values are not kept, without case, dashes and underscores."""
TOKENS = ("token", "tokenheader", "authorization", "apikey")
"""The same of fields whose first four characters stay, so that a reader can distinguish two values."""
NUMBERS = ("cardnumber", "cardno", "cardnum", "accountnumber", "accountno", "refundaccount")
"""The same of fields that hold the number of a card or an account."""

_NO_LETTER = re.compile(r"[^a-z0-9]")
_INNERMOST = re.compile(r"\[([^\[\]]+)\](?:\[\d*\])*$")
_IN_ADDRESS = re.compile(r"([?&])([^?&=#\s\"]+)=([^&#\s\"]*)")
_IN_PROSE = re.compile(
    r"(?<![\w\-])([\w\-]{1,60})(\\*[\"']?\s*[:=]\s*\\*[\"']?(?:(?:Bearer|Basic)\s+)?)([^\"'&,;\s}\]\\]+)", re.I
)


def body(raw: bytes, content_type: str) -> Any:
    """Return the masked body of a request or an answer: the value of JSON, the dict of a form, else a string."""
    parsed = parse(raw, content_type)
    try:
        return prose(parsed) if isinstance(parsed, str) else masked(parsed)
    except RecursionError:
        return CUT


def parse(raw: bytes, content_type: str) -> Any:
    """Return the body unmasked, as the views read it: the value of JSON, the dict of a form, else a string."""
    mimetype, options = parse_options_header(content_type)
    _stream, form, _files = FormDataParser().parse(BytesIO(raw), mimetype.lower(), len(raw), options)
    if form:
        return _collected(list(form.items(multi=True)))
    text = raw.decode(json.detect_encoding(raw), "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    # The script's calls are read as JSON whatever their type says.
    return value if "json" in mimetype.lower() or isinstance(value, dict | list) else text


def header(name: str, value: str) -> str:
    """Return the masked value of the header `name`."""
    return str(masked(value, name)) if _rule(name) else prose(value)


def masked(value: Any, name: str = "") -> Any:
    """Return `value` with every secret, token, and card or account number masked. `name` is its key in the parent."""
    if value in (None, "") or isinstance(value, bool):
        return value
    rule = _rule(name)
    if rule == "secret":
        return CUT
    if isinstance(value, dict):
        return {_text(inner): masked(under, inner) for inner, under in value.items()}
    if isinstance(value, list):
        return [masked(under, name) for under in value]
    if rule == "token":
        return token(str(value))
    if rule == "number":
        return number(_written(value))
    if isinstance(value, str):
        return _text(value)
    written = card_numbers.hide(_written(value))
    return written if "*" in written else value


def prose(text: str) -> str:
    """Return a text of unknown shape, with everything masked that looks like a secret or a card number."""
    return card_numbers.hide(_IN_PROSE.sub(_named, address(text)))


def address(text: str) -> str:
    """Return a text with the secrets and card numbers masked in the queries of the addresses in it."""
    return _IN_ADDRESS.sub(_queried, text)


def token(text: str) -> str:
    """Return the token with all but its first four characters masked: `Bearer 0123456789…` → `Bearer 0123***`."""
    scheme, space, value = text.strip().rpartition(" ")
    return f"{scheme}{space}{value[:4]}{CUT}"


def _rule(name: str) -> str:
    """Return `secret`, `token` or `number`: how the values of the field `name` are masked; '' when by their look."""
    if not name:
        return ""
    innermost = _INNERMOST.search(name)
    plain = _NO_LETTER.sub("", (innermost[1] if innermost else name).lower())
    if plain.endswith(SECRETS):
        return "secret"
    if plain == "k" or plain.endswith(TOKENS):
        return "token"
    return "number" if plain == "number" or plain.endswith(NUMBERS) else ""


def _text(value: str) -> str:
    # Most values are short and plain. Searching each of them would take longer than all other masking.
    if "=" in value or '"' in value:
        return prose(value)
    return card_numbers.hide(value) if len(value) >= 13 else value


def _written(value: Any) -> str:
    """Return a number as its digits: JSON may write a card number as 4242424242424242 or as 4.242e15."""
    is_whole = isinstance(value, float) and math.isfinite(value) and value.is_integer()
    return str(int(value) if is_whole else value)


def _named(found: re.Match[str]) -> str:
    """Return `name: value` in a text, masked. Only an address has a `k`; in a text it may be anything."""
    name, between, value = found.groups()
    return found[0] if name.lower() == "k" or not _rule(name) else f"{name}{between}{masked(value, name)}"


def _queried(found: re.Match[str]) -> str:
    before, name, value = found.groups()
    plain = unquote_plus(value)
    kept = masked(plain, unquote_plus(name))
    return found[0] if kept == plain else f"{before}{name}={kept}"


def _collected(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the fields of a form as a dict. A name that occurs more than once has a list."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        before = fields.get(name)
        fields[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return fields
