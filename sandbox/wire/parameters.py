"""Read the fields that a shop sends: JSON from the browser, JSON or form fields over REST.

'' and null count as not sent, as in the real service. Every reader raises `Malformed` for a value of the wrong shape;
a `required_` reader also raises it when the field was not sent.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from .link_local import is_link_local

Fields = Mapping[str, Any]

MERCHANT_UID_LIMIT = 40
CUSTOMER_UID_LIMIT = 80

CURRENCY = "KRW"
"""The currency of an amount when the shop sends none."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
"""A number as JSON writes it. `Decimal` alone also accepts NaN, 1_000 and the digits of every script."""


class Malformed(ValueError):
    """A field is missing or has the wrong shape. The message addresses the developer of the shop."""


def text(fields: Fields, name: str, *, limit: int | None = None) -> str | None:
    """Return a string of at most `limit` characters, or None when it was not sent."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool | dict | list):
        raise Malformed(f"{name} 파라메터는 문자열이어야 합니다.")
    value = str(value)
    if not _is_storable(value):
        raise Malformed(f"{name} 파라메터에 사용할 수 없는 문자가 있습니다.")
    if limit is not None and len(value) > limit:
        raise Malformed(f"{name} 파라메터는 {limit}자를 넘을 수 없습니다.")
    return value


def required_text(fields: Fields, name: str, *, limit: int | None = None) -> str:
    """Return a string of at most `limit` characters."""
    value = text(fields, name, limit=limit)
    if value is None:
        raise missing(name)
    return value


def number(fields: Fields, name: str) -> Decimal | None:
    """Return a number in major units, from JSON or from a form's text; None when it was not sent."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    try:
        # Convert through text: the double 49.99 means 49.99, not the nearest binary fraction.
        if isinstance(value, int | float | str | Decimal) and _NUMBER.fullmatch(str(value)):
            return Decimal(str(value))
    except InvalidOperation:
        pass  # the exponent has twenty digits
    raise Malformed(f"{name} 파라메터는 숫자여야 합니다.")


def required_number(fields: Fields, name: str) -> Decimal:
    """Return a number in major units, from JSON or from a form's text."""
    value = number(fields, name)
    if value is None:
        raise missing(name)
    return value


def integer(fields: Fields, name: str, *, least: int = 0, most: int = 10**12) -> int | None:
    """Return a whole number from `least` to `most`, from JSON, a form or a query; None when it was not sent."""
    value = number(fields, name)
    if value is None:
        return None
    # Check the bounds first: 1e999999 is a whole number, but too long to write out.
    if not value.is_finite() or not least <= value <= most or value != value.to_integral_value():
        raise Malformed(f"{name} 파라메터는 {least} 이상 {most} 이하의 정수여야 합니다.")
    return int(value)


def required_integer(fields: Fields, name: str, *, least: int = 0, most: int = 10**12) -> int:
    """Return a whole number from `least` to `most`, from JSON, a form or a query."""
    value = integer(fields, name, least=least, most=most)
    if value is None:
        raise missing(name)
    return value


def flag(fields: Fields, name: str) -> bool:
    """Return a boolean from JSON, or from a form's `true`, `false`, `1` or `0`; False when it was not sent."""
    value = fields.get(name)
    meant = {"": False, "false": False, "0": False, "true": True, "1": True}.get(str(value).lower())
    if value is not None and (meant is None or isinstance(value, float | Decimal | dict | list)):
        raise Malformed(f"{name} 파라메터는 true 또는 false여야 합니다.")
    return bool(meant)


def word(fields: Fields, name: str, choices: tuple[str, ...]) -> str | None:
    """Return one of `choices`, or None when it was not sent."""
    value = text(fields, name)
    if value is not None and value not in choices:
        raise Malformed(f"{name} 파라메터는 {', '.join(choices)} 중 하나여야 합니다.")
    return value


def nested(fields: Fields, name: str) -> Fields:
    """Return the fields under `name`: a JSON object, or `name[inner]=…` of a form. Empty when it was not sent."""
    value = fields.get(name)
    if value is None or value == "" or value == []:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{name} 파라메터는 객체여야 합니다.")
    return value


def texts(fields: Fields, name: str) -> list[str]:
    """Return the strings under `name`, sent as one or as a list. Empty when it was not sent."""
    value = fields.get(name)
    listed = value if isinstance(value, list) else [value]
    return [found for one in listed if (found := text({name: one}, name)) is not None]


def currency(fields: Fields) -> str:
    """Return the ISO 4217 code in `currency`; `KRW` when it was not sent."""
    code = text(fields, "currency") or CURRENCY
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise Malformed("currency 파라메터는 ISO 4217 통화 코드여야 합니다.")
    return code


def urls(fields: Fields, name: str) -> list[str]:
    """Return the absolute http(s) URLs under `name`, sent as one or as a list. Empty when it was not sent.

    None of them may be link-local (see `link_local`).
    """
    value = fields.get(name) or []
    addresses = value if isinstance(value, list) else [value]
    if not all(isinstance(address, str) and _is_web_address(address) for address in addresses):
        raise Malformed(f"{name} 파라메터는 http(s) URL이어야 합니다.")
    if any(is_link_local(urlsplit(address).hostname or "") for address in addresses):
        raise Malformed(f"{name} 파라메터는 링크 로컬 주소(169.254.0.0/16, fe80::/10)일 수 없습니다.")
    return addresses


def as_json(fields: Fields, name: str) -> str | None:
    """Return a value of any shape as a record stores it: text unchanged, any other value as a JSON string."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    stored = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=float)
    if not _is_storable(stored):
        raise Malformed(f"{name} 파라메터에 사용할 수 없는 문자가 있습니다.")
    return stored


def required_objects(fields: Fields, name: str) -> list[dict[str, Any]]:
    """Return the objects in the list under `name`, which has at least one."""
    value = fields.get(name)
    if not value:
        raise missing(name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Malformed(f"{name} 파라메터는 객체의 배열이어야 합니다.")
    return value


def missing(name: str) -> Malformed:
    """Return the error for a required field that was not sent."""
    return Malformed(f"{name} 파라메터가 누락되었습니다.")


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and _is_storable(address)


def _is_storable(value: str) -> bool:
    """Whether UTF-8 can store `value`: without NUL and without half a surrogate pair, which JSON can spell."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
