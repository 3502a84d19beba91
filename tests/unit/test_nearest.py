"""Which tests `make quick` runs for a changed file."""

import subprocess

import pytest

from tests.nearest import MOST, TAKE_LONG, Neighbourhood, changed_files, is_named
from tests.source import ROOT

IMPORTERS = {
    "services/refunds.py": ["views/orders.py", "tests/unit/test_settle.py"],
    "services/locks.py": ["services/refunds.py"],
    "services/unused.py": [],
    "services/first.py": ["services/second.py"],
    "services/second.py": ["services/first.py"],
    "models.py": [f"tests/unit/test_{n}.py" for n in range(MOST + 1)],
    "sandbox/clock.py": ["tests/sandbox/test_start.py"],
    "sandbox/facts/codes.py": ["tests/sandbox/test_pgs.py", "tests/sandbox/test_browser.py"],
    "views/orders.py": [],
    **dict.fromkeys(
        [
            *("tests/unit/test_refunds.py", "tests/unit/test_settle.py", "tests/unit/test_models.py"),
            *("tests/unit/test_clock.py", "tests/unit/test_guides.py", "tests/views/test_guides.py"),
            *("tests/sandbox/test_clock.py", "tests/sandbox/test_pgs.py", "tests/sandbox/test_browser.py"),
            *("tests/sandbox/api/test_codes.py", "tests/sandbox/control/test_codes.py"),
            "tests/sandbox/test_readme.py",
        ],
        (),
    ),
}

NEAR = Neighbourhood(IMPORTERS, in_a_browser=["tests/sandbox/test_browser.py"])


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("tests/unit/test_refunds.py", ["tests/unit/test_refunds.py"]),
        ("services/refunds.py", ["tests/unit/test_refunds.py", "tests/unit/test_settle.py"]),
        ("models.py", ["tests/unit/test_models.py"]),
        ("services/locks.py", ["tests/unit/test_refunds.py"]),
        ("guides/inicis.toml", ["tests/unit/test_guides.py", "tests/views/test_guides.py"]),
        ("sandbox/clock.py", ["tests/sandbox/test_clock.py"]),
        ("sandbox/README.md", ["tests/sandbox/test_readme.py"]),
        ("sandbox/control/codes.py", ["tests/sandbox/control/test_codes.py"]),
        ("sandbox/facts/codes.toml", ["tests/sandbox/api/test_codes.py", "tests/sandbox/control/test_codes.py"]),
    ],
)
def test_the_nearest_tests_bear_the_name_of_a_file_or_import_it(path, tests):
    chosen = NEAR.nearest(path).tests

    assert chosen[: len(tests)] == tests


def test_a_module_and_its_data_have_the_same_tests():
    near = Neighbourhood({"sandbox/facts/cards.py": ["tests/sandbox/test_pgs.py"]})

    assert near.nearest("sandbox/facts/cards.toml").tests == ["tests/sandbox/test_pgs.py"]


def test_of_many_tests_that_import_a_module_without_a_name_some_are_run():
    near = Neighbourhood({"models.py": IMPORTERS["models.py"]}).nearest("models.py")

    assert len(near.tests) == MOST
    assert near.why == f"import it, {MOST} of {MOST + 1}"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("Procfile", "no test bears its name"),
        ("services/unused.py", "no test bears its name, imports it or is near to what imports it"),
        ("services/first.py", "no test bears its name, imports it or is near to what imports it"),
        ("static/css/base.css", "only tests in a browser see it"),
        ("tests/sandbox/test_browser.py", "runs in a browser"),
    ],
)
def test_nothing_near_is_said_with_its_reason(path, why):
    choice = NEAR.nearest(path)

    assert choice.tests == []
    assert choice.why.startswith(why)


def test_what_takes_long_is_there():
    """A folder may be missing: the shop is complete without `tests/sandbox` and `tests/contract`."""
    there = [ROOT / test for test in TAKE_LONG if (ROOT / test).parent.is_dir()]

    assert [test for test in there if not test.is_file()] == []


def test_a_name_is_a_whole_word():
    assert is_named("tests/unit/test_money_is_safe.py", "money")
    assert not is_named("tests/unit/test_moneys.py", "money")


def test_changed_is_what_differs_from_the_last_commit_or_what_that_has_changed(tmp_path):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=n@example.com", *arguments], cwd=tmp_path, check=True
        )

    def write(**files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)

    git("init", "--quiet")
    write(old="1", removed="1", later="1")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    write(old="2")
    (tmp_path / "removed").unlink()
    git("commit", "--quiet", "-am", "second")
    after_a_commit = changed_files(tmp_path)
    write(later="2", new="1")

    assert after_a_commit == ["old"]
    assert changed_files(tmp_path) == ["later", "new"]
