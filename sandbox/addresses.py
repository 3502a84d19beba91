"""Route ids that contain a slash: `%2F` belongs to an id and does not separate two segments of the path.

WSGI passes a path unquoted, so both look the same there. gunicorn and werkzeug add the path as sent in `RAW_URI`.
When a server does not, or has changed the path since, the unquoted path is used unchanged.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes

from flask import Flask
from werkzeug.routing import UnicodeConverter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEEP_QUOTED = re.compile(r"%(2f|25)", re.IGNORECASE)
"""A quoted slash or percent sign. Both stay quoted until the path is split; otherwise `%252F` would become a slash."""


def init_app(app: Flask) -> None:
    """Set up `app`. Call it before adding the first route, because each route takes its converter then."""
    app.url_map.converters["default"] = Segment
    app.url_map.merge_slashes = False
    app.wsgi_app = QuotedSlashes(app.wsgi_app)  # type: ignore[method-assign]


class Segment(UnicodeConverter):
    """A non-empty segment of a path. Unquote it for the view, and quote it in a URL."""

    def to_python(self, value: str) -> str:
        return unquote(value)

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


class QuotedSlashes:
    """Pass a path on with its slashes and percent signs quoted as sent, so that `Segment` unquotes them."""

    def __init__(self, wsgi: "WSGIApplication") -> None:
        self._wsgi = wsgi

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("RAW_URI", "").partition("?")[0]
        if _unquoted(path) == environ["PATH_INFO"]:
            environ["PATH_INFO"] = _unquoted(_KEEP_QUOTED.sub(r"%25\1", path))
        # A shop may know our address with a slash at the end, and append a path that begins with one.
        environ["PATH_INFO"] = "/" + environ["PATH_INFO"].lstrip("/")
        return self._wsgi(environ, start_response)


def _unquoted(path: str) -> str:
    """Unquote `path` as WSGI does: each byte becomes one character."""
    return unquote_to_bytes(path).decode("latin-1")
