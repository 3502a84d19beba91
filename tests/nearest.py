"""The test files nearest to what has changed: `make quick` runs them.

`python -m tests.nearest` prints the files on stdout, and the reason for each choice on stderr. A file has changed if it
differs from HEAD. If no file differs, the files of the last commit count as changed.

The nearest tests of a file bear its name or that of a folder it lies in (`services/refunds.py`: `test_refunds.py`), or
import it. The nearest tests of a data file may also import the module beside it. A module without such tests takes
those of the modules that import it. Tests in a browser are never chosen.
"""

import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tests.imports import targets_of
from tests.source import ROOT

ALWAYS = "tests/test_architecture.py"

MOST = 5
"""The most test files chosen for one changed file because they import it, or import what imports it."""

MOST_IN_ALL = 16
"""The most test files in one run, which must end within a minute."""

TAKE_LONG = {
    "tests/contract/test_published_clients.py",
    "tests/sandbox/openapi/test_fuzz.py",
    "tests/sandbox/test_crash.py",
    "tests/test_concurrency.py",
}
"""Slow test files, chosen only when they have changed themselves."""


class Choice(NamedTuple):
    """The tests nearest to one changed file, and the reason why these or why none."""

    tests: list[str]
    why: str


@dataclass(frozen=True)
class Neighbourhood:
    """All Python files of the repository, each with the files that import it, and which tests need a browser."""

    importers: Mapping[str, Collection[str]]
    in_a_browser: Collection[str] = ()

    def nearest(self, path: str) -> Choice:
        """Return the tests to run when this file has changed."""
        if is_test(path):
            needs_browser = path in self.in_a_browser
            return Choice([], "runs in a browser, as in `make test`") if needs_browser else Choice([path], "a test")
        if "static" in path.split("/"):
            return Choice([], "only tests in a browser see it, as in `make test`")
        module = str(PurePosixPath(path).with_suffix(".py"))
        named = self._named_like(path)
        importing = self._chosen(file for file in self.importers.get(module, ()) if is_test(file))
        if named and len(importing) > MOST:
            return Choice(named, f"its name; {len(importing)} import it")
        if named:
            return Choice(sorted({*named, *importing}), "its name" + " or import" * bool(importing))
        return self._by_import(module)

    def _by_import(self, path: str) -> Choice:
        """Return the tests that import a module, else those nearest to the modules that import it, and so on."""
        layer, seen, why = [path], {path}, "import it"
        while layer:
            above = list(dict.fromkeys(file for module in layer for file in self.importers.get(module, ())))
            near = self._chosen(file for file in above if is_test(file))
            near = near or self._chosen(test for file in above for test in self._named_like(file))
            if near:
                return Choice(near[:MOST], why + f", {MOST} of {len(near)}" * (len(near) > MOST))
            layer = [file for file in above if file not in seen]
            seen |= set(layer)
            why = "near to what imports it"
        return Choice([], "no test bears its name, imports it or is near to what imports it")

    def _named_like(self, path: str) -> list[str]:
        """Return the tests that bear the name of the file, else of the nearest folder above it that has any."""
        parts = PurePosixPath(path).with_suffix("").parts
        tests = self._chosen(file for file in self.importers if is_test(file) and same_half(file, path))
        for depth in range(len(parts), 0, -1):
            name, folder = parts[depth - 1].replace("-", "_").lower(), "/".join(("tests", *parts[: depth - 1]))
            alike = [test for test in tests if is_named(test, name)]
            mirrored = [test for test in alike if str(PurePosixPath(test).parent) == folder]
            if alike:
                return mirrored or alike
        return []

    def _chosen(self, tests: Iterable[str]) -> list[str]:
        return sorted(set(tests) - set(self.in_a_browser) - TAKE_LONG)


def is_test(path: str) -> bool:
    """Whether pytest collects this file."""
    return path.startswith("tests/") and PurePosixPath(path).match("test_*.py")


def is_named(test: str, name: str) -> bool:
    """Whether this is `test_name.py` or `test_name_….py`."""
    return f"{PurePosixPath(test).stem}_".startswith(f"test_{name}_")


def same_half(test: str, path: str) -> bool:
    """Whether both belong to the sandbox, or neither: they have modules of the same name."""
    return test.startswith("tests/sandbox/") is path.removeprefix("tests/").startswith("sandbox/")


def changed_files(root: Path) -> list[str]:
    """Return the files, without removed ones, that differ from HEAD or are new, else those of the last commit."""
    changed = git(root, "diff", "--name-only", "HEAD") + git(root, "ls-files", "--others", "--exclude-standard")
    changed = changed or git(root, "show", "--name-only", "--first-parent", "--format=", "HEAD")
    return [path for path in changed if (root / path).is_file()]


def neighbourhood(root: Path) -> Neighbourhood:
    """Build the neighbourhood from every Python file that git tracks or does not ignore."""
    files = git(root, "ls-files", "--cached", "--others", "--exclude-standard", "*.py")
    importers: dict[str, list[str]] = {path: [] for path in files if (root / path).is_file()}
    for path in importers:
        for target in targets_of(root / path):
            importers.setdefault(str(target.relative_to(root)), []).append(path)
    in_a_browser = [
        path for path in importers if "\npytestmark = pytest.mark.e2e\n" in (root / path).read_text("utf-8")
    ]
    return Neighbourhood(importers, in_a_browser)


def git(root: Path, *arguments: str) -> list[str]:
    """Run git and return the lines it prints."""
    answer = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments], cwd=root, check=True, capture_output=True
    )
    return answer.stdout.decode().splitlines()


def main() -> None:
    """Print the test files to run for the present working tree."""
    chosen, near = [ALWAYS], neighbourhood(ROOT)
    for path in changed_files(ROOT):
        tests, why = near.nearest(path)
        chosen += [test for test in tests if test not in chosen]
        print(f"{path}: {why}{': ' * bool(tests)}{', '.join(tests)}", file=sys.stderr)
    for left_out in chosen[MOST_IN_ALL:]:
        print(f"{left_out}: left to `make test`, since {MOST_IN_ALL} other test files run", file=sys.stderr)
    print(*chosen[:MOST_IN_ALL])


if __name__ == "__main__":
    main()
