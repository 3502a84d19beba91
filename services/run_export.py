"""A timeline as files: curl lines and a HAR. Neither contains a token, a secret or a card number.

A curl line needs a token: it takes the one in the variable `TOKEN`.
"""

import json
import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.iamport import TOKEN_PATH
from services.journal import SHOP
from services.timeline import Row

HEAD = """\
#!/bin/sh
# {count} requests of {title}, in the order in which they were sent. Repeating them charges again.
# TOKEN: a token of the REST API. {api} issues it for your key and secret at POST {token_path}.
: "${{TOKEN:?set TOKEN first}}"
"""


def curl(row: Row, bases: Mapping[str, str]) -> str:
    """Return the row's request as a curl line; empty if it is none, or the one for a token, which needs the secret."""
    if not row.method or row.path.partition("?")[0] == TOKEN_PATH:
        return ""
    parts = ["curl", "-sS"]
    if row.method != "GET":
        parts += ["-X", row.method]
    if row.base == "service" and row.lane == SHOP:
        parts += ["--oauth2-bearer", '"$TOKEN"']
    if row.request is not None:
        body = row.request if isinstance(row.request, str) else json.dumps(row.request, ensure_ascii=False)
        parts += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(body)]
    return " ".join([*parts, shlex.quote(bases[row.base] + row.path)])


def shell(rows: Iterable[Row], bases: Mapping[str, str], *, title: str) -> str:
    """Return the requests as a shell script. Each line stands below a comment that says what came back."""
    lines = [(row, curl(row, bases)) for row in rows]
    sent = [f"\n# {row.at.isoformat(timespec='milliseconds')} → {row.status}\n{line}\n" for row, line in lines if line]
    return HEAD.format(count=len(sent), title=title, api=bases["service"], token_path=TOKEN_PATH) + "".join(sent)


def har(rows: Iterable[Row], bases: Mapping[str, str], *, title: str, version: str) -> dict[str, Any]:
    """Return the requests as an HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "Maedal", "version": version},
            "comment": title,
            "entries": [_entry(row, bases) for row in rows if row.method],
        }
    }


def _entry(row: Row, bases: Mapping[str, str]) -> dict[str, Any]:
    sent, answered = _text(row.request), _text(row.response)
    status = int(row.status[:3]) if row.status[:3].isdecimal() else 0
    query = parse_qsl(urlsplit(row.path).query)
    request: dict[str, Any] = {
        "method": row.method,
        "url": bases[row.base] + row.path,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": len(sent.encode()),
    }
    if sent:
        request["postData"] = {"mimeType": "application/json", "text": sent}
    took = row.ms or 0
    return {
        "startedDateTime": _iso(row.at),
        "time": took,
        "request": request,
        "response": {
            "status": status,
            "statusText": "" if status else row.status,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": len(answered.encode()), "mimeType": "application/json", "text": answered},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(answered.encode()),
        },
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "comment": row.merchant_uid or "",
    }


def _text(body: Any) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
