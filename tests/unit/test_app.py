"""Where the shop starts, and where it refuses to."""

import re
from dataclasses import replace

import pytest

from app import _version, create_app
from config import PUBLISHED_STAFF, ConfigError
from demo.people import PEOPLE
from tests.factories import make_user


def test_a_shop_does_not_start_where_a_demonstration_left_its_staff(app, config, payments):
    make_user(PUBLISHED_STAFF, is_staff=True)

    with pytest.raises(ConfigError, match="Name a database of the shop's own"):
        create_app(config, payments)


def test_a_demonstration_starts_with_its_own_staff(app, config, payments):
    make_user(PUBLISHED_STAFF, is_staff=True)

    assert create_app(replace(config, DEMO=True), payments)


def test_nobody_keeps_a_shop_from_starting_by_signing_up_under_that_name(app, config, payments):
    make_user(PUBLISHED_STAFF)

    assert create_app(config, payments)


def test_a_shop_starts_before_it_has_tables(config, payments, tmp_path):
    empty = replace(config, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/empty.db")

    assert create_app(empty, payments)


def test_a_browser_keeps_stylesheets_and_scripts_and_asks_for_them_once(client):
    page = client.get("/").text
    css, js = re.findall(r"/static/\w+/(?:css|js)/main\.\w+", page)

    assert client.get(css).cache_control.max_age > 30 * 24 * 60 * 60
    assert client.get(js).cache_control.max_age > 30 * 24 * 60 * 60
    assert client.get(css.replace("main", "tokens")).status_code == 200


def test_a_file_that_was_changed_has_another_address(tmp_path):
    (tmp_path / "main.css").write_text("a {}")
    before = _version(tmp_path)
    _version.cache_clear()

    (tmp_path / "main.css").write_text("b {}")

    assert _version(tmp_path) != before


def test_who_works_on_a_stylesheet_sees_each_change(config, payments, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")

    shop = create_app(config, payments)

    assert shop.test_client().get(f"{shop.static_url_path}/css/main.css").cache_control.no_cache


def test_the_only_published_staff_is_the_one_that_is_refused():
    assert [person.email for person in PEOPLE if person.is_staff] == [PUBLISHED_STAFF]
