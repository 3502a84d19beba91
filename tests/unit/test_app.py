"""When the shop starts, and when it refuses to start."""

from dataclasses import replace

import pytest

from app import create_app
from config import PUBLISHED_STAFF, ConfigError
from tests.factories import make_user


def test_a_shop_does_not_start_where_a_demonstration_left_its_staff(app, config, payments):
    make_user(PUBLISHED_STAFF, is_staff=True)

    with pytest.raises(ConfigError, match="Name a database of the shop's own"):
        create_app(config, payments)


def test_the_shop_offers_no_sample_people_whatever_its_settings(config, payments):
    shop = create_app(replace(config, DEMO=True), payments)

    assert "demo" not in shop.blueprints


def test_nobody_keeps_a_shop_from_starting_by_signing_up_under_that_name(app, config, payments):
    make_user(PUBLISHED_STAFF)

    assert create_app(config, payments)


def test_a_shop_starts_before_it_has_tables(config, payments, tmp_path):
    empty = replace(config, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/empty.db")

    assert create_app(empty, payments)
