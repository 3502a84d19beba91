"""Which fields of its requests each call reads, recorded while the calls are made."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask, Response, request

from sandbox.wire import parameters

READERS = parameters.__file__
"""The functions of this module read all fields of requests; each takes the name of its field as `name`."""


@contextmanager
def recorded(app: Flask) -> Iterator[dict[str, set[str]]]:
    """Yield a dict that fills with the names that each call reads: `POST /vbanks` → `{"amount", …}`.

    The name of a field inside another is recorded without the other's.
    """
    reads: dict[str, set[str]] = defaultdict(set)
    names: set[str] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename == READERS and "name" in frame.f_code.co_varnames:
            names.add(frame.f_locals["name"].removesuffix("[]"))

    def end(response: Response) -> Response:
        if request.url_rule is not None:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", request.url_rule.rule)
            reads[f"{request.method} {path}"] |= names
        names.clear()
        return response

    after = app.after_request_funcs.setdefault(None, [])
    after.append(end)
    sys.setprofile(note)
    try:
        yield reads
    finally:
        sys.setprofile(None)
        after.remove(end)
