"""The repository's files, and what stands in them as far as its syntax shows it. Nothing is imported for it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_OURS = {".venv", ".git", "node_modules", "instance", "migrations", "__pycache__"}
"""Folders that tools make, and the migrations, which stay as they were written."""

BOTTOM = {"money", "clock", "errors"}
ROOT_MODULES = BOTTOM | {"app", "config", "models", "forms", "cli"}
SHOP = ROOT_MODULES | {"services", "views"}


def sources(*folders: str, suffix: str = ".py") -> list[Path]:
    """The files of the shop (no folder given) or of these folders."""
    if not folders:
        return sorted([*(ROOT / f"{name}.py" for name in ROOT_MODULES), *sources("services", "views", suffix=suffix)])
    found = (path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))
    return sorted(path for path in found if not NOT_OURS & set(path.relative_to(ROOT).parts))


def named(path: Path) -> str:
    """The path from the top folder on."""
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All of a file's syntax. To walk it takes long, and most laws ask for it."""
    return list(ast.walk(tree_of(path)))


@cache
def attributes(path: Path) -> list[str]:
    """`db.session.commit` and the like, as far as it is written in one chain of names."""
    return [ast.unparse(node) for node in nodes_of(path) if isinstance(node, ast.Attribute)]


@cache
def strings(path: Path) -> list[str]:
    """String constants that are not docstrings."""
    docs = {id(node.value) for node in nodes_of(path) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
