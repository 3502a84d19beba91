"""The repository's files, and what their syntax shows. Reading them imports none of them."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_OURS = {".venv", ".git", "node_modules", "instance", "migrations", "__pycache__"}
"""Folders that tools make, and the migrations, which stay as they were written."""

BOTTOM = {"money", "clock", "errors", "texts", "columns"}
STARTS = {"app", "cli", "schema", "rounds", "progress", "follow_up"}
ROOT_MODULES = BOTTOM | STARTS | {"states", "config", "models", "forms"}
ROUTE = re.compile(r"\w+\.(?:get|post|put|patch|delete|route)\(")
SHOP = ROOT_MODULES | {"services", "views"}


def sources(*folders: str, suffix: str = ".py") -> list[Path]:
    """Return the files of these folders, or of the shop if no folder is given."""
    if not folders:
        return sorted([*(ROOT / f"{name}.py" for name in ROOT_MODULES), *sources("services", "views", suffix=suffix)])
    found = (path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))
    return sorted(path for path in found if not NOT_OURS & set(path.relative_to(ROOT).parts))


def named(path: Path) -> str:
    """Return the path relative to the top folder."""
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse the file and return its syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Return every syntax node of a file. Walking the tree is slow, and most laws need it."""
    return list(ast.walk(tree_of(path)))


@cache
def attributes(path: Path) -> list[str]:
    """Return each chain of attributes that is written in one piece, such as `db.session.commit`."""
    return [ast.unparse(node) for node in nodes_of(path) if isinstance(node, ast.Attribute)]


@cache
def strings(path: Path) -> list[str]:
    """Return the string constants that are not docstrings."""
    docs = {id(node.value) for node in nodes_of(path) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def public(node: ast.Module | ast.ClassDef, prefix: str = "") -> dict[str, str | None]:
    """Return each public class, function and method of a module or class, with its docstring or None."""
    found: dict[str, str | None] = {}
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and not inner.name.startswith("_"):
            found[prefix + inner.name] = ast.get_docstring(inner)
            if isinstance(inner, ast.ClassDef):
                found |= public(inner, f"{inner.name}.")
    return found


def views_of(path: Path) -> list[ast.FunctionDef]:
    """Return the functions that answer requests: those marked, as by `@bp.get(…)`, or passed to `add_url_rule`."""
    added = set()
    for call in nodes_of(path):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".add_url_rule"):
            named_view = [keyword.value for keyword in call.keywords if keyword.arg == "view_func"]
            added |= {ast.unparse(view) for view in [*call.args[2:3], *named_view]}
    return [
        node
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef)
        and (node.name in added or any(ROUTE.match(ast.unparse(mark)) for mark in node.decorator_list))
    ]


def postponed(path: Path) -> set[str]:
    """Return the names that annotations use before they are defined: the enclosing class, a name from further down, or
    one imported only for types. For these a file needs `from __future__ import annotations`."""
    tree, defined = tree_of(path), {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            defined[node.name] = node.end_lineno or node.lineno
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            names = (alias for inner in ast.walk(node) if isinstance(inner, ast.ImportFrom) for alias in inner.names)
            defined |= {alias.asname or alias.name: 10**9 for alias in names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id: node.lineno for target in targets if isinstance(target, ast.Name)}
    return {
        name.id
        for annotation in _annotations(tree)
        for name in ast.walk(annotation)
        if isinstance(name, ast.Name) and defined.get(name.id, 0) >= name.lineno
    }


def _annotations(tree: ast.Module) -> list[ast.expr]:
    """Return the annotations that Python evaluates: all but those of a function's local variables."""
    found: list[ast.expr | None] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            found += [node.returns, *(argument.annotation for argument in every if argument)]
            waiting += [inner for inner in ast.walk(node) if isinstance(inner, ast.FunctionDef) and inner is not node]
        elif isinstance(node, ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.ClassDef | ast.Module | ast.If | ast.Try | ast.With | ast.For):
            waiting += ast.iter_child_nodes(node)
    return [annotation for annotation in found if annotation is not None]
