"""The sign of life is fresh enough to be believed."""

from datetime import timedelta

from services.health import FRESH, Pulse
from tests.factories import NOW
from tests.fakes import FakeIamport


def test_a_service_that_falls_silent_is_noticed_a_moment_later():
    service = FakeIamport()
    pulse = Pulse(service)  # type: ignore[arg-type]  # the fake answers to the same calls
    assert pulse.problem(now=NOW) == ""

    service.silent = True

    assert pulse.problem(now=NOW + FRESH) == ""
    assert pulse.problem(now=NOW + FRESH + timedelta(milliseconds=1)) == "Unknown"
