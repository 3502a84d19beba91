"""Ids in addresses: a slash spelt `%2F` belongs to an id, and is no border between two segments of the path.

WSGI hands a path over unquoted, where the two look alike. What came over the wire is in `RAW_URI`, which gunicorn and
werkzeug add; a server that does not, or that has changed the path since, is believed as it is.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes

from flask import Flask
from werkzeug.routing import UnicodeConverter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEPT = re.compile(r"%(2f|25)", re.IGNORECASE)
"""What stays quoted until the path is in segments: the slash, and the sign by which that is told."""


def init_app(app: Flask) -> None:
    """Before the first route is added, which asks for its converter then."""
    app.url_map.converters["default"] = Segment
    app.url_map.merge_slashes = False
    app.wsgi_app = QuotedSlashes(app.wsgi_app)  # type: ignore[method-assign]


class Segment(UnicodeConverter):
    """A segment of a path: any text but none."""

    def to_python(self, value: str) -> str:
        return unquote(value)

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


class QuotedSlashes:
    """Hands a path on with its slashes and percent signs quoted as they came, for `Segment` to unquote."""

    def __init__(self, wsgi: "WSGIApplication") -> None:
        self._wsgi = wsgi

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("RAW_URI", "").partition("?")[0]
        if _unquoted(path) == environ["PATH_INFO"]:
            environ["PATH_INFO"] = _unquoted(_KEPT.sub(r"%25\1", path))
        # A shop may be told an address of ours that ends in a slash, and add a path that begins with one.
        environ["PATH_INFO"] = "/" + environ["PATH_INFO"].lstrip("/")
        return self._wsgi(environ, start_response)


def _unquoted(path: str) -> str:
    """As WSGI has it: a character for each byte."""
    return unquote_to_bytes(path).decode("latin-1")
