"""The bulkhead: the threads of one process that may wait for the payment service are few, and the others go on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from services.iamport import Busy, IamportClient
from tests.wire import PAID, Wire

SECONDS = 20
"""How long a test waits for another thread. Only a failing test waits that long."""


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def client(wire) -> IamportClient:
    session = requests.Session()
    session.mount("https://api.test", wire)
    return IamportClient(base_url="https://api.test", key="key", secret="secret", session=session, places=1)


def test_when_all_places_are_taken_a_call_fails_immediately_and_sends_nothing(client, wire):
    begun, end = threading.Event(), threading.Event()
    wire.before_token = lambda: (begun.set(), end.wait(SECONDS))  # type: ignore[assignment, return-value]
    wire.answer(PAID)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.payment, "imp_1")
        assert begun.wait(SECONDS)
        sent = len(wire.requests)
        assert not client.can_charge

        with pytest.raises(Busy) as caught:
            client.ping()

        assert not caught.value.sent
        assert len(wire.requests) == sent
        assert client.breaker_state == "closed"
        assert client.patient(places=1).can_charge
        end.set()
        assert waiting.result(SECONDS).imp_uid == "imp_1"

    assert client.can_charge


def test_a_call_that_fails_gives_its_place_back(client, wire):
    for _ in range(3):
        wire.answer(None, code=1, message="no")
        with pytest.raises(Exception, match="no"):
            client.payment("imp_1")

    assert client.can_charge
