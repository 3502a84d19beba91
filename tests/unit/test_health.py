"""The answer of the health check is recent enough to rely on."""

from datetime import timedelta

from services.health import FRESH, ServiceCheck
from tests.factories import NOW
from tests.fakes import FakeIamport


def test_a_service_that_falls_silent_is_noticed_a_moment_later():
    service = FakeIamport()
    check = ServiceCheck(service)  # type: ignore[arg-type]  # the fake has the same methods
    assert check.problem(now=NOW) == ""

    service.silent = True

    assert check.problem(now=NOW + FRESH) == ""
    assert check.problem(now=NOW + FRESH + timedelta(milliseconds=1)) == "Unknown"


def test_a_shop_without_a_free_place_reports_what_it_knew_before():
    service = FakeIamport()
    check = ServiceCheck(service)  # type: ignore[arg-type]  # the fake has the same methods
    assert check.problem(now=NOW) == ""

    service.busy = True

    assert check.problem(now=NOW + 2 * FRESH) == ""
