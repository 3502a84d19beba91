"""Write the examples: of fields, of webhooks, and of calls as shell lines that run unchanged once `$TOKEN` is set."""

import json
import re
import shlex
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..config import Config
from .description import Field, Operation, Webhook

YOUR_SECRET = "YOUR_SECRET"
"""Stands in an example for a secret that is not the public one."""

DAY = 86_400
JSON_HEADER = ["-H", "'Content-Type: application/json'"]

_PLAIN = re.compile(r"[\w@:/.,-]*", re.ASCII)
"""Text that a form need not encode."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The example values of a sandbox that was started with `config` and whose time is `now`, in Unix seconds."""

    config: Config
    now: int

    def of(self, field: Field, operation: Operation | None = None) -> Any:
        """Return the example that `operation` has for the field, else the field's own; None when there is neither."""
        if operation is not None and field.name in operation.examples:
            return operation.examples[field.name]
        if field.parts:
            return [{name: self.of(Field.listed(name), operation) for name in field.parts}]
        if field.days is not None:
            return (self.now // DAY + field.days) * DAY
        if field.months is not None:
            today = time.gmtime(self.now)
            years, month = divmod(today.tm_year * 12 + today.tm_mon - 1 + field.months, 12)
            return f"{years:04}-{month + 1:02}"
        return self._setting(field.setting) if field.setting else field.example

    def _setting(self, name: str) -> str:
        if name == "SECRET" and self.config.SECRET != Config.SECRET:
            return YOUR_SECRET
        return str(getattr(self.config, name))


def curl(operation: Operation, examples: Examples, server: str) -> str:
    """Return a shell line that makes the call with all the fields it needs, each with its example."""
    path, query, body = (
        _values(fields, operation, examples) for fields in (operation.path_fields, operation.query, operation.body)
    )
    url = server + re.sub(r"{(\w+)}", lambda part: quote(path[part[1]], safe=""), operation.path)
    if query and body:
        url, query = f"{url}?{urlencode(query)}", {}
    parts = ["curl", *([] if operation.method == "GET" else ["-X", operation.method])]
    parts += ["-G"] if query else []
    parts += [] if operation.open else ["-H", '"Authorization: $TOKEN"']
    return " ".join([*parts, shlex.quote(url), *_data({**query, **body})])


def bodies(webhook: Webhook, examples: Examples) -> tuple[str, str]:
    """Return the example body that a shop receives: as JSON, and as a form."""
    values = {field.name: examples.of(field) for field in webhook.body if field.required}
    return json.dumps(values), urlencode(values)


def _values(fields: Iterable[Field], operation: Operation, examples: Examples) -> dict[str, Any]:
    needed = [field for field in fields if field.required or field.shown or field.name in operation.examples]
    return {field.name: examples.of(field, operation) for field in needed}


def _data(values: dict[str, Any]) -> list[str]:
    """Return curl's options for the values: JSON when one of them has parts, else a form.

    A form repeats a name that ends in `[]` for each of its values.
    """
    if any(_has_parts(name, value) for name, value in values.items()):
        return [*JSON_HEADER, "-d", shlex.quote(json.dumps(values, ensure_ascii=False))]
    pairs = [(name, one) for name, value in values.items() for one in (value if isinstance(value, list) else [value])]
    return [word for name, value in pairs for word in _pair(name, value)]


def _has_parts(name: str, value: Any) -> bool:
    return isinstance(value, dict | list) and not name.endswith("[]")


def _pair(name: str, value: Any) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value)
    option = "-d" if _PLAIN.fullmatch(text) else "--data-urlencode"
    return [option, shlex.quote(f"{name}={text}")]
