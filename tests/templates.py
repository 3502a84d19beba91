"""Read from the source which templates and modules use a template, without rendering anything."""

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

from tests.source import nodes_of, strings

SUFFIXES = (".html", ".j2")

_NAMED = re.compile(r"{%-?\s*(?:extends|from|import|include)\s+[\"']([^\"']+)[\"']")


def users_of(templates: list[str], root: Path, files: list[str]) -> dict[str, list[str]]:
    """Return for each template those of `files` that use it: templates that name it in a tag, and modules."""
    names = {path: (_in_module if path.endswith(".py") else _in_template)(root / path) for path in files}
    return {
        template: [
            user
            for user, patterns in names.items()
            if _half(user) == _half(template)
            and any(fnmatchcase(template.partition("templates/")[2], pattern) for pattern in patterns)
        ]
        for template in templates
    }


def _half(path: str) -> str:
    """Return `sandbox`, which has templates of its own, or '' for a file of the shop or the demonstration."""
    return "sandbox" if path.startswith("sandbox/") else ""


def _in_template(path: Path) -> list[str]:
    return _NAMED.findall(path.read_text(encoding="utf-8"))


def _in_module(path: Path) -> list[str]:
    """Return the names of templates in a module, as patterns: `f"windows/{family}.html"` is `windows/*.html`."""
    texts = [
        "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
        for node in nodes_of(path)
        if isinstance(node, ast.JoinedStr)
    ]
    return [text for text in [*texts, *strings(path)] if text.endswith(SUFFIXES) and not text.startswith("*")]
