"""Lines of code that show a field of the request. A snippet marks them, so the page lets them follow the field."""

import re
from collections.abc import Mapping

from markupsafe import Markup

MARK = "\x02{}\x03"
_MARK = re.compile(r"\x02(.*?)\x03")


def mark(field: str) -> str:
    """Return what a snippet writes into a line that shows the field. `take` removes it again."""
    return MARK.format(field)


def take(code: str) -> tuple[str, Mapping[int, str]]:
    """Return the code without its marks, and the field of each marked line by number, counted from 0."""
    fields = {number: found[1] for number, line in enumerate(code.split("\n")) if (found := _MARK.search(line))}
    return _MARK.sub("", code), fields


def wrap(code: Markup, fields: Mapping[int, str]) -> Markup:
    """Return highlighted code in which each marked line is an element that names its field.

    Pygments ends its elements with the line, so a line can be wrapped on its own.
    """
    lines = code.split("\n")
    for number, field in fields.items():
        lines[number] = Markup('<span class="line" data-field="{}">{}</span>').format(field, Markup(lines[number]))
    return Markup("\n").join(Markup(line) for line in lines)
