"""Read from the source who imports whom in this repository, without importing anything."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal, NamedTuple

from tests.source import ROOT, tree_of

Place = Literal["top", "inside", "typing", "bottom"]
"""Where an import stands: at the top of its file, inside a function, under `TYPE_CHECKING`, or at module level after a
function or class."""


class Import(NamedTuple):
    """One imported name, spelt in full: `sandbox.rules.charges`, `flask.request`."""

    name: str
    place: Place
    line: int
    dots: int
    """The number of leading dots; 0 for an absolute import."""


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """Return every name that a file imports, anywhere in it, with relative imports resolved."""
    return tuple(_imports(path, tree_of(path).body, "top"))


@cache
def path_of(name: str) -> Path | None:
    """Return the file of an imported name, a module or something in one; None when it is not in this repository."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        beginning = ROOT.joinpath(*parts[:length])
        for path in (beginning.with_suffix(".py"), beginning / "__init__.py"):
            if path.is_file():
                return path
    return None


def targets_of(path: Path) -> dict[Path, Import]:
    """Return the files of this repository that a file imports, each with the first import that leads to it."""
    found: dict[Path, Import] = {}
    for imported in imports_of(path):
        target = path_of(imported.name)
        if target is not None and target != path:
            found.setdefault(target, imported)
    return found


def circle_among(paths: list[Path]) -> list[Path]:
    """Return files that import each other in a circle, with the first repeated at the end; empty without a circle."""
    graph = {path: [target for target in targets_of(path) if target in paths] for path in paths}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _imports(path: Path, body: list[ast.stmt], place: Place) -> Iterator[Import]:
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from _names(path, statement, place)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _imports(path, _inner(statement), "inside")
            place = "bottom" if place == "top" else place
        else:
            guarded = isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test)
            yield from _imports(path, _inner(statement), "typing" if guarded else place)


def _inner(statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements directly inside a statement, those of `else` and `except` included."""
    inner: list[ast.stmt] = []
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            inner.append(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            inner += child.body
    return inner


def _names(path: Path, statement: ast.Import | ast.ImportFrom, place: Place) -> Iterator[Import]:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            yield Import(alias.name, place, statement.lineno, 0)
        return
    package = path.relative_to(ROOT).parent.parts
    start = package[: len(package) - statement.level + 1] if statement.level else ()
    base = ".".join([*start, *([statement.module] if statement.module else [])])
    for alias in statement.names:
        yield Import(f"{base}.{alias.name}" if base else alias.name, place, statement.lineno, statement.level)
