"""Sentences that name calls and fields: `prose` sets those in code type."""

import re

from flask import Flask
from markupsafe import Markup, escape

_CODE = re.compile(
    r"""
      (?:GET|POST|DELETE)\s/[\w/{}.-]*[\w}]             # a call of the REST API
    | /(?:again|prepare|payments|subscribe|users)\b[\w/{}]*  # its path alone
    | \bIMP\.\w+                                        # the SDK
    | \bAuthorization:\ Bearer\b
    | \b(?:html5_inicis|jtnet|chai|paymentwall|inicis)\.(?:\{\w+\}|\w+)
    | \b(?:bypass|response)\.\w+
    | \b[a-z0-9]+(?:_[a-z0-9]+)+(?!\w|\.[\w{])          # a field
    | \b(?:channelKey|signKey)\b
    """,
    re.VERBOSE | re.ASCII,
)


def init_app(app: Flask) -> None:
    """Add the filter `prose` to the templates of `app`."""
    app.jinja_env.filters["prose"] = prose


def prose(words: str) -> Markup:
    """Return a sentence with the names of calls and fields in code type."""
    parts, end = [], 0
    for found in _CODE.finditer(words):
        parts += [escape(words[end : found.start()]), Markup("<code>{}</code>").format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(words[end:])])
