"""What a request carries: JSON or form fields under the same names, whichever the shop's client prefers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flask import request

from sandbox.parameters import Malformed


def fields() -> dict[str, Any]:
    """The body as a dict. Form names nest: ``extra[requester]=admin``, ``merchant_uid[]=a&merchant_uid[]=b``.

    Raises:
        Malformed: JSON that is none, or that is not an object.
    """
    return _json() if request.is_json else _form()


def _json() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(), parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Malformed("요청 본문이 올바른 JSON이 아닙니다.") from None
    if not isinstance(body, dict):
        raise Malformed("요청 본문은 JSON 객체여야 합니다.")
    return body


def _form() -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, values in request.form.lists():
        outer, bracket, inner = name.removesuffix("[]").partition("[")
        value = values if name.endswith("[]") else values[-1]
        if not bracket:
            body[outer] = value
            continue
        nested = body.setdefault(outer, {})
        if isinstance(nested, dict):
            nested[inner.removesuffix("]")] = value
    return body
