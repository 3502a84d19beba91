"""A shop that follows the guide of one PG, which the test names with `shops`."""

import pytest

from tests.sandbox.guides import GUIDES, Follower


@pytest.fixture
def shop(long_lived, request) -> Follower:
    return Follower(long_lived, GUIDES[request.param])


def shops(*ids: str):
    """Run a test once for each of these guides."""
    return pytest.mark.parametrize("shop", ids, indirect=True)
