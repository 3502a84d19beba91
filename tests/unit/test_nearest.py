"""Which tests `make quick` runs for a changed file."""

import subprocess

import pytest

from tests.nearest import ELSEWHERE, MOST, TAKE_LONG, Neighbourhood, changed_files, imports_removed, is_named
from tests.source import ROOT
from tests.templates import users_of

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
    "templates/macros/ui.html": ["templates/macros/buy.html", "templates/orders/show.html"],
    "templates/macros/buy.html": ["templates/checkout/new.html"],
    "templates/orders/show.html": ["views/orders.py"],
    "templates/checkout/new.html": ["views/checkout.py"],
    "views/checkout.py": ["app.py"],
    "app.py": ["tests/unit/test_app.py"],
    **dict.fromkeys(
        [
            *("tests/unit/test_refunds.py", "tests/unit/test_settle.py", "tests/unit/test_models.py"),
            *("tests/unit/test_clock.py", "tests/unit/test_guides.py", "tests/views/test_guides.py"),
            *("tests/sandbox/test_clock.py", "tests/sandbox/test_pgs.py", "tests/sandbox/test_browser.py"),
            *("tests/sandbox/api/test_codes.py", "tests/sandbox/control/test_codes.py"),
            *("tests/sandbox/test_readme.py", "tests/sandbox/windows/test_windows.py"),
            *("tests/views/test_orders.py", "tests/views/test_checkout.py", "tests/views/test_language.py"),
            *("tests/unit/test_app.py", "tests/unit/test_docs.py"),
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
        ("README.md", ["tests/unit/test_docs.py"]),
        ("docs/flows/renewal.md", ["tests/unit/test_docs.py"]),
        ("translations/ko/LC_MESSAGES/messages.po", ["tests/views/test_language.py"]),
        ("sandbox/translations/babel.cfg", ["tests/sandbox/windows/test_windows.py"]),
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


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("templates/orders/show.html", ["tests/views/test_orders.py"]),
        ("templates/macros/buy.html", ["tests/views/test_checkout.py"]),
        ("templates/macros/ui.html", ["tests/views/test_orders.py", "tests/views/test_checkout.py"]),
    ],
)
def test_a_template_has_the_tests_of_the_views_that_show_it(path, tests):
    assert NEAR.nearest(path).tests == tests


def test_of_the_views_that_show_a_template_some_are_tested():
    views = {f"views/page{n}.py": [f"tests/unit/test_{n}.py"] for n in range(MOST + 1)}
    near = Neighbourhood({"templates/base.html": list(views), **views}).nearest("templates/base.html")

    assert len(near.tests) == MOST
    assert near.why == f"near to what renders it, {MOST} of {MOST + 1}"


def test_who_uses_a_template_is_read_from_tags_and_names(tmp_path):
    files = {
        "templates/base.html": "",
        "templates/pay/card.html": '{% extends "base.html" %}{%- from "macros/ui.html" import money -%}',
        "templates/macros/ui.html": "{#- {% extends of nothing %} -#}",
        "views/pay.py": 'render_template("pay/card.html")',
        "sandbox/windows.py": 'render_template(f"pay/{kind}.html")',
        "sandbox/templates/pay/card.html": "{% include 'base.html' %}",
        "sandbox/templates/base.html": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert users_of([name for name in files if name.endswith(".html")], tmp_path, list(files)) == {
        "templates/base.html": ["templates/pay/card.html"],
        "templates/pay/card.html": ["views/pay.py"],
        "templates/macros/ui.html": ["templates/pay/card.html"],
        "sandbox/templates/pay/card.html": ["sandbox/windows.py"],
        "sandbox/templates/base.html": ["sandbox/templates/pay/card.html"],
    }


def test_of_many_tests_that_import_a_module_without_a_name_some_are_run():
    near = Neighbourhood({"models.py": IMPORTERS["models.py"]}).nearest("models.py")

    assert len(near.tests) == MOST
    assert near.why == f"import it, {MOST} of {MOST + 1}"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("Procfile", "tests/e2e/test_serve.py runs it"),
        ("pyproject.toml", "no test bears its name"),
        ("templates/unused.html", "no test is near to what renders it"),
        ("tests/unit/test_removed.py", "a test that was removed"),
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


def test_what_takes_long_or_is_chosen_by_hand_is_there():
    """A folder may be missing: the shop is complete without `tests/sandbox` and `tests/contract`."""
    elsewhere = {test for tests, _ in ELSEWHERE.values() for test in tests}
    there = [ROOT / test for test in TAKE_LONG | elsewhere if (ROOT / test).parent.is_dir()]

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
    (tmp_path / "link").symlink_to("old")
    beside_a_link = changed_files(tmp_path)
    (tmp_path / "old").unlink()
    only_removed = changed_files(tmp_path)
    write(later="2", new="1")

    assert after_a_commit == beside_a_link == ["old", "removed"]
    assert only_removed == ["old"]
    assert changed_files(tmp_path) == ["later", "old", "new"]


def test_what_still_imports_a_removed_module_is_near_to_it():
    path = ROOT / "tests/unit/test_nearest.py"

    assert imports_removed(path, "tests/nearest.py")
    assert not imports_removed(path, "tests/near.py")
    assert not imports_removed(path, "tests/nearest.toml")
