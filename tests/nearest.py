"""The test files nearest to what has changed: `make quick` runs them.

`python -m tests.nearest` prints the files on stdout, and the reason for each choice on stderr. A file has changed if it
differs from HEAD, is new or is removed. If there is none, the files of the last commit count as changed.

The nearest tests of a file bear its name or that of a folder it lies in (`services/refunds.py`: `test_refunds.py`), or
import it. The nearest tests of a data file may also import the module beside it. A module without such tests takes
those of the modules that import it. A template takes those of the modules that render it, directly or through the
templates that use it. `ELSEWHERE` names the tests of files that nothing imports. Tests in a browser are never chosen.
"""

import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tests import templates
from tests.imports import imports_of, targets_of
from tests.source import ROOT

ALWAYS = "tests/test_architecture.py"

MOST = 5
"""The most test files chosen for one changed file because they import it, or import what imports it, or render it."""

MOST_IN_ALL = 12
"""The most test files in one run, which must end within a minute."""

TAKE_LONG = {
    "tests/contract/test_published_clients.py",
    "tests/crash/test_changes.py",
    "tests/crash/test_matrix.py",
    "tests/crash/test_pay_now.py",
    "tests/crash/test_service.py",
    "tests/crash/test_webhooks.py",
    "tests/drill/test_drill.py",
    "tests/sandbox/openapi/test_fuzz.py",
    "tests/sandbox/test_crash.py",
    "tests/test_concurrency.py",
}
"""Slow test files, chosen only when they have changed themselves."""

ELSEWHERE = {
    "docs/*.md": (["tests/unit/test_docs.py"], "its names and links are checked"),
    "README.md": (["tests/unit/test_docs.py"], "its names and links are checked"),
    "translations/*": (["tests/views/test_language.py"], "the shop's languages"),
    "babel.cfg": (["tests/views/test_language.py"], "the shop's languages"),
    "sandbox/translations/*": (["tests/sandbox/windows/test_windows.py"], "its messages are checked"),
    "Makefile": ([], "tests/e2e/test_serve.py runs it, as in `make test`"),
    "Procfile": ([], "tests/e2e/test_serve.py runs it, as in `make test`"),
}
"""Files that nothing imports, as patterns whose `*` also matches a slash → their tests, and the reason."""


class Choice(NamedTuple):
    """The tests nearest to one changed file, and the reason why these or why none."""

    tests: list[str]
    why: str


@dataclass(frozen=True)
class Neighbourhood:
    """All modules and templates, each with the files that import or render it, and which tests need a browser."""

    importers: Mapping[str, Collection[str]]
    in_a_browser: Collection[str] = ()

    def nearest(self, path: str) -> Choice:
        """Return the tests to run when this file has changed."""
        if is_test(path):
            if path not in self.importers:
                return Choice([], "a test that was removed")
            needs_browser = path in self.in_a_browser
            return Choice([], "runs in a browser, as in `make test`") if needs_browser else Choice([path], "a test")
        if "static" in path.split("/"):
            return Choice([], "only tests in a browser see it, as in `make test`")
        for pattern, (tests, why) in ELSEWHERE.items():
            if fnmatchcase(path, pattern):
                return Choice(self._chosen(test for test in tests if test in self.importers), why)
        if "templates" in path.split("/"):
            return self._by_page(path)
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

    def _by_page(self, template: str) -> Choice:
        """Return the tests nearest to the modules that render a template or another that uses it, the closest first."""
        using, modules = [template], []
        for path in using:  # the loop also visits what it appends
            users = list(self.importers.get(path, ()))
            modules += [user for user in users if user.endswith(".py")]
            using += [user for user in users if not user.endswith(".py") and user not in using]
        near = list(dict.fromkeys(test for module in modules for test in self.nearest(module).tests))
        if not near:
            return Choice([], "no test is near to what renders it")
        return Choice(near[:MOST], "near to what renders it" + f", {MOST} of {len(near)}" * (len(near) > MOST))

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
    """Return the files that differ from HEAD, are new or are removed, else those of the last commit.

    An untracked link counts as no file: a checkout may share another's `.venv`.
    """
    new = git(root, "ls-files", "--others", "--exclude-standard")
    changed = git(root, "diff", "--name-only", "--no-renames", "HEAD") + [p for p in new if not (root / p).is_symlink()]
    return changed or git(root, "show", "--name-only", "--no-renames", "--first-parent", "--format=", "HEAD")


def neighbourhood(root: Path, removed: Collection[str] = ()) -> Neighbourhood:
    """Build the neighbourhood from every module and template that git tracks or does not ignore.

    The importers of `removed` modules are those that still import them.
    """
    files = git(root, "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.html", "*.j2")
    files = [path for path in files if (root / path).is_file()]
    modules, tests = [path for path in files if path.endswith(".py")], [path for path in files if is_test(path)]
    importers: dict[str, list[str]] = {path: [] for path in modules}
    for path in modules:
        targets = [str(target.relative_to(root)) for target in targets_of(root / path)]
        for target in [*targets, *(gone for gone in removed if imports_removed(root / path, gone))]:
            importers.setdefault(target, []).append(path)
    shown = [path for path in (*files, *removed) if "templates" in path.split("/") and not path.endswith(".py")]
    importers |= templates.users_of(shown, root, [path for path in files if not path.startswith("tests/")])
    in_a_browser = [path for path in tests if "\npytestmark = pytest.mark.e2e\n" in (root / path).read_text("utf-8")]
    return Neighbourhood(importers, in_a_browser)


def imports_removed(path: Path, removed: str) -> bool:
    """Whether a file still imports a module that was removed."""
    module = removed.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    is_module = removed.endswith(".py") and not is_test(removed)
    return is_module and any(f"{imported.name}.".startswith(f"{module}.") for imported in imports_of(path))


def git(root: Path, *arguments: str) -> list[str]:
    """Run git and return the lines it prints."""
    answer = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments], cwd=root, check=True, capture_output=True
    )
    return answer.stdout.decode().splitlines()


def main() -> None:
    """Print the test files to run for the present working tree."""
    changed = changed_files(ROOT)
    chosen, near = [ALWAYS], neighbourhood(ROOT, [path for path in changed if not (ROOT / path).is_file()])
    for path in changed:
        tests, why = near.nearest(path)
        chosen += [test for test in tests if test not in chosen]
        print(f"{path}: {why}{': ' * bool(tests)}{', '.join(tests)}", file=sys.stderr)
    for left_out in chosen[MOST_IN_ALL:]:
        print(f"{left_out}: left to `make test`, since {MOST_IN_ALL} other test files run", file=sys.stderr)
    print(*chosen[:MOST_IN_ALL])


if __name__ == "__main__":
    main()
