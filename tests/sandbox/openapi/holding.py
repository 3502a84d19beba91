"""Which tests call which endpoint of the sandbox, read from the code of the tests.

A test calls an endpoint when it, or a function, fixture or table of its module that it names, sends a request to the
endpoint's path. `sandbox/openapi/tests.toml` names a few of them for each endpoint, because the sandbox runs without
its tests. To write that file again, run `python -m tests.sandbox.openapi.holding`.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.openapi.description import SERVICE

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "sandbox" / "openapi" / "tests.toml"

HEADER = """\
# Tests that hold each call: of all that make it, those that say most about it.
#
# Written by tests/sandbox/openapi/holding.py. Do not edit.

"""

MOST = 5
"""Tests named for each call."""

CLOSE = ("api", "rules", "products", "openapi")
"""Folders whose tests are about single calls."""

SENDERS = {"get": "GET", "post": "POST", "put": "PUT", "delete": "DELETE"}
SHORTHANDS = {
    "charge": {"POST /subscribe/payments/again"},
    "issue": {"POST /subscribe/customers/{customer_uid}"},
}
"""Methods of the tests' REST client that send a request without naming its path."""


def holding() -> dict[str, list[str]]:
    """Return the call → all tests that make it, those that say most about it first.

    These stand beside the rules and endpoints, make few other calls, and are in a file with many tests of the call.
    """
    made = dict(_tests())
    held = {operation.call: [test for test, calls in made.items() if operation.call in calls] for operation in SERVICE}
    return {call: sorted(tests, key=_rank(tests, made)) for call, tests in held.items()}


def _rank(tests: list[str], made: dict[str, set[str]]) -> Callable[[str], tuple[bool, int, int, str]]:
    in_file = Counter(test.partition("::")[0] for test in tests)
    return lambda test: (test.split("/")[2] not in CLOSE, len(made[test]), -in_file[test.partition("::")[0]], test)


def toml(held: dict[str, list[str]]) -> str:
    """Return the content of `tests.toml`."""
    parts = [
        f'"{call}" = [\n' + "".join(f'  "{test}",\n' for test in tests[:MOST]) + "]\n" for call, tests in held.items()
    ]
    return HEADER + "".join(parts)


def _tests() -> Iterator[tuple[str, set[str]]]:
    """Yield each test, such as `tests/sandbox/rules/test_keys.py::test_…`, and the calls that it makes."""
    for file in sorted((ROOT / "tests" / "sandbox").rglob("test_*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        parts = {name: node for node in body for name in _names(node)}
        for name in parts:
            if name.startswith("test_"):
                yield f"{file.relative_to(ROOT)}::{name}", _made([parts[one] for one in _used(name, parts)])


def _made(parts: list[ast.stmt]) -> set[str]:
    """Return the calls that a test makes which consists of these parts of its module."""
    nodes = [node for part in parts for node in ast.walk(part)]
    texts = {_text(node) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)}
    direct = {_text(node.args[0]) for node in nodes if isinstance(node, ast.Call) and node.args}
    tables = [text for text in texts - direct if "/" in text]
    calls: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            sender = node.func.attr
            calls |= SHORTHANDS.get(sender, set())
            method = SENDERS.get(sender, "")
            sent = [_text(argument) for argument in node.args[:2]]
            if not any(text.startswith("/") and text.strip("/*") for text in sent):  # the path stands in a table
                sent += tables if sender in SENDERS or sender == "send" else []
            calls |= set(_reached(method, sent, texts))
        elif isinstance(node, ast.Tuple):  # a row of a table: method and path
            calls |= set(_reached("", [_text(element) for element in node.elts], texts))
    return calls


def _names(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _used(name: str, parts: dict[str, ast.stmt]) -> set[str]:
    """Return `name`, and all of its module that it uses, directly or through another."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            nodes = list(ast.walk(parts[one]))
            words = {node.id for node in nodes if isinstance(node, ast.Name)}
            words |= {node.arg for node in nodes if isinstance(node, ast.arg)}
            waiting += [word for word in words if word in parts and not word.startswith("test_")]
    return found


def _reached(method: str, sent: list[str], texts: set[str]) -> Iterator[str]:
    """Yield the calls that requests to the paths in `sent` make, by `method` or the method that `sent` has beside them.

    A part that is only known when the test runs may be a fixed word of an endpoint's path if the test has this word.
    """
    methods = {method} if method else {text.upper() for text in sent} & set(SENDERS.values())
    for path in (f"/{text.lstrip('/')}" for text in sent if "/" in text):
        fitting = [one for one in SERVICE if one.method in methods and _fits(path, one.path, texts)]
        named = [one for one in fitting if path.count("*") <= one.path.count("{")]
        yield from (one.call for one in named or fitting)


def _text(node: ast.expr) -> str:
    """Return a string, with `*` for each part that is only known when the test runs; '' for any other value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"{\w*}", "*", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return ""


def _fits(sent: str, path: str, texts: set[str]) -> bool:
    """Whether a request to `sent` reaches the endpoint at `path`."""
    parts, wanted = sent.partition("?")[0].rstrip("/").split("/"), path.split("/")
    if len(parts) != len(wanted) or (sent != path and any(sent == one.path for one in SERVICE)):
        return False
    return all(
        want.startswith("{") or part == want or (part == "*" and want in texts)
        for part, want in zip(parts, wanted, strict=True)
    )


if __name__ == "__main__":
    TESTS.write_text(toml(holding()), encoding="utf-8")
