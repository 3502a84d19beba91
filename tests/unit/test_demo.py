"""When the demonstration starts."""

from dataclasses import replace

import pytest

import demo
from config import PUBLISHED_STAFF, ConfigError
from demo import people
from tests import factories


def test_a_demonstration_starts_with_its_own_staff(app, config, payments):
    factories.make_user(PUBLISHED_STAFF, is_staff=True)

    assert demo.create_app(replace(config, DEMO=True), payments)


def test_a_demonstration_does_not_start_as_a_business(config, payments):
    with pytest.raises(ConfigError, match="needs DEMO=1"):
        demo.create_app(config, payments)


def test_the_only_published_staff_is_the_one_that_is_refused():
    assert [person.email for person in people.PEOPLE if person.is_staff] == [PUBLISHED_STAFF]
