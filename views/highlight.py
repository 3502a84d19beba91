"""Code in the five colours of `components/guide-code.css`.

Pygments marks some eighty kinds of words. This module keeps the kinds that have a colour and leaves the rest plain, so
that neighbours of one colour are one element. A guide page then has a third of the elements for a browser to render.
"""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

import pygments
from markupsafe import Markup
from pygments.filter import Filter
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text, _TokenType

COLOURS = {
    Comment: Comment,
    String.Doc: Comment,
    Keyword: Keyword,
    Operator.Word: Keyword,
    Name.Builtin: Keyword,
    Name.Tag: Keyword,
    String: String,
    Name.Class: Name.Function,
    Name.Decorator: Name.Function,
    Name.Function: Name.Function,
    Name.Attribute: Number,
    Name.Variable: Number,
    Number: Number,
}
"""Each kind of word → the kind whose colour it has. A kind that is not listed has its parent's colour."""


@lru_cache(maxsize=64)
def highlight(code: str, language: str) -> Markup:
    """Return code as spans with classes.

    The result is cached: it is most of the work for a page, and the longest code hardly ever changes.
    """
    lexer = get_lexer_by_name(language)
    lexer.add_filter(_OurColours())
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
    return Markup(pygments.highlight(code, lexer, formatter))


class _OurColours(Filter):
    def filter(self, lexer: Any, stream: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[_TokenType, str]]:
        return ((_colour(kind), text) for kind, text in stream)


@cache
def _colour(kind: _TokenType) -> _TokenType:
    known = (COLOURS[one] for one in reversed(kind.split()) if one in COLOURS)
    return next(known, Text)
