"""Who imports whom in this repository, read from the source: nothing is imported for it."""

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
    """How many dots the import is written with; 0 for an absolute one."""


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """Every name that a file imports, wherever in it; relative imports are resolved."""
    return tuple(_imports(path, tree_of(path).body, "top"))


@cache
def path_of(name: str) -> Path | None:
    """The file that holds an imported name, be it a module or something in one; None where it is not ours."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        beginning = ROOT.joinpath(*parts[:length])
        for path in (beginning.with_suffix(".py"), beginning / "__init__.py"):
            if path.is_file():
                return path
    return None


def targets_of(path: Path) -> dict[Path, Import]:
    """The files of this repository that a file imports, each with the import that says so first."""
    found: dict[Path, Import] = {}
    for imported in imports_of(path):
        target = path_of(imported.name)
        if target is not None and target != path:
            found.setdefault(target, imported)
    return found


def circle_among(paths: list[Path]) -> list[Path]:
    """Files that import each other in a circle, the first one again at the end; empty where there is none."""
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
    """The statements directly inside a statement, those of `else` and `except` too."""
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
