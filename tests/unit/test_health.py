"""The sign of life is fresh enough to be believed."""

from datetime import timedelta

from services.health import FRESH, ServiceCheck
from tests.factories import NOW
from tests.fakes import FakeIamport


def test_a_service_that_falls_silent_is_noticed_a_moment_later():
    service = FakeIamport()
    check = ServiceCheck(service)  # type: ignore[arg-type]  # the fake answers to the same calls
    assert check.problem(now=NOW) == ""

    service.silent = True

    assert check.problem(now=NOW + FRESH) == ""
    assert check.problem(now=NOW + FRESH + timedelta(milliseconds=1)) == "Unknown"
