"""Show the code behind a row of a timeline: read-only, and only the files that `services.sources` names."""

import re
from functools import cache
from pathlib import Path

from flask import Blueprint, abort, render_template, url_for

from services.sources import SOURCES
from views.highlight import highlight

bp = Blueprint("demo_source", __name__, url_prefix="/demo/source", template_folder="templates")

ROOT = Path(__file__).parent.parent
LANGUAGES = {".py": "python", ".js": "javascript"}
NAMED = frozenset(SOURCES.values())


def address_of(source: str) -> str:
    """Return the address of the page that shows `file::function`; empty if the map does not name it."""
    file, _, function = source.partition("::")
    return url_for("demo_source.show", file=file, function=function, _anchor="here") if source in NAMED else ""


@bp.get("/<path:file>/<function>")
def show(file: str, function: str) -> str:
    """Show a file with the line of one of its functions marked. Answer 404 for any file that the map does not name."""
    if f"{file}::{function}" not in NAMED:
        abort(404)
    first = line_of(file, function)
    lines = str(highlight(text_of(file), LANGUAGES[Path(file).suffix])).split("\n")
    return render_template("demo/source.html", file=file, function=function, first=first, lines=lines)


@cache
def text_of(file: str) -> str:
    """Return the text of a file of this repository that the map names."""
    return (ROOT / file).read_text(encoding="utf-8").rstrip("\n")


def line_of(file: str, function: str) -> int:
    """Return the number of the line on which the file defines the function; 0 if it does not."""
    defines = re.compile(rf"\s*(?:export )?(?:default )?(?:async )?(?:def|class|function) {re.escape(function)}\b")
    lines = text_of(file).split("\n")
    return next((number for number, line in enumerate(lines, 1) if defines.match(line)), 0)
