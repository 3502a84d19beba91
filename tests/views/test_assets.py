"""How long a browser may cache the stylesheets and scripts."""

import re

import pytest

from app import create_app
from views import assets


@pytest.fixture
def files(client) -> list[str]:
    """The stylesheet and the script that the first page loads."""
    return re.findall(r"/static/\w+/(?:css|js)/main\.\w+", client.get("/").text)


def test_a_browser_keeps_stylesheets_and_scripts_and_asks_for_them_once(client, files):
    assert len(files) == 2
    for address in [*files, files[0].replace("main", "tokens")]:
        assert client.get(address).cache_control.max_age > 30 * 24 * 60 * 60


def test_it_keeps_them_whoever_signs_in_and_in_whatever_language(shopper, files):
    answer = shopper.get(f"{files[0]}?lang=en")

    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Set-Cookie" not in answer.headers


def test_a_page_from_before_an_update_still_finds_its_files_and_keeps_none(client, files):
    answer = client.get(files[0].replace(assets.address(), "/static/0ld"))

    assert answer.status_code == 200
    assert answer.cache_control.no_cache
    assert client.get("/static/0ld/css/nothing.css").status_code == 404
    assert client.get("/static/0ld/../app.py").status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"a.css": "x{}", "b.css": "z{}"},
        {"a.css": "x{}y{}"},
        {"a.css": "x{}y", "b.css": "{}"},
        {"c.css": "x{}", "b.css": "y{}"},
    ],
    ids=["changed", "joined", "moved", "renamed"],
)
def test_other_files_have_another_address(tmp_path, changed):
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, files in ((before, {"a.css": "x{}", "b.css": "y{}"}), (after, changed)):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)

    assert assets.address(before) != assets.address(after)


def test_what_an_editor_hides_beside_them_changes_nothing(tmp_path):
    shown, hidden = tmp_path / "shown", tmp_path / "hidden"
    for folder in (shown, hidden):
        folder.mkdir()
        (folder / "a.css").write_text("x{}")
    (hidden / ".a.css.swp").write_text("half a word")

    assert assets.address(shown) == assets.address(hidden)


def test_who_works_on_a_stylesheet_sees_each_change(config, payments, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")

    shop = create_app(config, payments)

    assert shop.test_client().get(f"{shop.static_url_path}/css/main.css").cache_control.no_cache
