"""Bodies and queries of requests: a shop sends JSON or form fields under the same names."""

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from flask import g, request

from ..wire.parameters import Malformed
from . import limits

DEEPEST = 4
"""Levels a form may nest: `schedules[0][extra][naverUseCfm]`."""

DEEPEST_JSON = 100
"""Levels JSON may nest. Python can read some hundreds more, but cannot write them again."""

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_INDEX = re.compile(r"[0-9]{1,4}")


def fields() -> dict[str, Any]:
    """Return the body as a dict, its texts within their limits.

    Raises:
        Malformed: when JSON is invalid or not an object, JSON or a form nests too deep, or a text is too long.
    """
    body = json_object(parse_float=Decimal) if request.is_json else unfold(request.form.items(multi=True))
    return limits.apply(g.merchant, body) if "merchant" in g else body


def json_object(parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return the JSON object of the body.

    Raises:
        Malformed: when the body is not a JSON object, or nests deeper than `DEEPEST_JSON`.
    """
    try:
        body = json.loads(request.get_data(), parse_float=parse_float)
    except (ValueError, ArithmeticError, RecursionError):  # a Decimal's exponent has bounds
        raise Malformed("요청 본문이 올바른 JSON이 아닙니다.") from None
    if not isinstance(body, dict):
        raise Malformed("요청 본문은 JSON 객체여야 합니다.")
    if _depth(body) > DEEPEST_JSON:
        raise Malformed(f"요청 본문은 {DEEPEST_JSON}단계까지만 중첩할 수 있습니다.")
    return body


def query() -> dict[str, Any]:
    """Return the query as a dict, nested like a form: `imp_uid[]=a&imp_uid[]=b`, `extra[requester]=admin`."""
    return unfold(request.args.items(multi=True))


def unfold(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the lists and objects that names with brackets mean. The last value of a repeated plain name counts.

    `a[]=1&a[]=2` and `a[0]=1&a[1]=2` → `{"a": ["1", "2"]}`; `a[0][b]=1` → `{"a": [{"b": "1"}]}`

    Raises:
        Malformed: when a name nests deeper than `DEEPEST`.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        outer, bracket, _ = name.partition("[")
        path = [outer, *(_BRACKETS.findall(name) if bracket else [])]
        if len(path) > DEEPEST:
            raise Malformed(f"{name} 파라메터가 너무 깊습니다.")
        _put(tree, path, value)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    """Put `value` at `path`. An empty name is the next index. A value replaces an object, but not the reverse."""
    name, *inner = path
    name = name or str(len(tree))
    if not inner:
        tree[name] = value
        return
    under = tree.setdefault(name, {})
    if isinstance(under, dict):
        _put(under, inner, value)


def _listed(value: Any) -> Any:
    """Turn a dict whose names are all indices into a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(under) for name, under in value.items()}
    if all(_INDEX.fullmatch(name) for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _depth(body: dict[str, Any]) -> int:
    """Count the levels of objects and lists, without recursion, which a deep body would exhaust."""
    depth = 0
    level: list[Any] = [body]
    while level:
        depth += 1
        inner = (under for one in level for under in (one.values() if isinstance(one, dict) else one))
        level = [under for under in inner if isinstance(under, dict | list)]
    return depth
