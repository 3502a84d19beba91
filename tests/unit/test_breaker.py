"""The circuit breaker: which errors open it, for how long, and how one probe closes it again."""

import logging
from decimal import Decimal

import pytest
import requests

from services.iamport import Breaker, CircuitOpen, IamportClient, IamportError, NotFound, Refused, Unknown
from services.iamport.breaker import FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WAIT, THRESHOLD
from tests.wire import PAID, Stopwatch, Wire


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def breaker(stopwatch) -> Breaker:
    return Breaker(monotonic=stopwatch, jitter=lambda: 0.0)


@pytest.fixture
def client(wire, breaker, stopwatch) -> IamportClient:
    session = requests.Session()
    session.mount("https://api.test", wire)
    return IamportClient(
        base_url="https://api.test", key="key", secret="secret", session=session, breaker=breaker, monotonic=stopwatch
    )


def fail(client: IamportClient, wire: Wire, times: int = 1, *, status: int = 500, code: int = -1) -> None:
    for _ in range(times):
        wire.answer(None, status=status, code=code, message="no")
        with pytest.raises(IamportError):
            client.find("order-1")


def succeed(client: IamportClient, wire: Wire) -> None:
    wire.answer(PAID)
    client.find("order-1")


def is_open(client: IamportClient, wire: Wire) -> bool:
    sent = len(wire.requests)
    with pytest.raises(IamportError) as caught:
        client.find("order-1")
    return isinstance(caught.value, CircuitOpen) and len(wire.requests) == sent


def test_failures_in_a_row_open_it_and_then_nothing_is_sent(client, wire):
    fail(client, wire, THRESHOLD)

    with pytest.raises(CircuitOpen) as caught:
        client.find("order-1")

    assert not caught.value.sent
    assert not client.can_send
    assert client.breaker_state == "open"
    assert len(wire.requests) == THRESHOLD + 1  # and the token


def test_an_answer_between_failures_keeps_it_closed(client, wire):
    for _ in range(3):
        fail(client, wire, THRESHOLD - 1)
        succeed(client, wire)

    assert client.breaker_state == "closed"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 403])
def test_a_service_that_is_not_working_for_us_is_a_failure(client, wire, status):
    fail(client, wire, THRESHOLD, status=status)

    assert client.breaker_state == "open"


@pytest.mark.parametrize("error", [requests.ReadTimeout("late"), requests.ConnectTimeout("late")], ids=repr)
def test_a_missing_answer_is_a_failure(client, wire, error):
    for _ in range(THRESHOLD):
        wire.answers.append(error)
        with pytest.raises(IamportError):
            client.find("order-1")

    assert client.breaker_state == "open"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_failed_token_is_a_failure_whatever_its_status(client, wire, status):
    wire.refuses_tokens = True
    fail(client, wire, THRESHOLD, status=status)

    assert client.breaker_state == "open"
    assert len(wire.requests) == THRESHOLD


@pytest.mark.parametrize(("status", "code"), [(200, 1), (200, -1), (400, -1), (404, -1), (405, -1)])
def test_a_refusal_is_an_answer(client, wire, status, code):
    fail(client, wire, 3 * THRESHOLD, status=status, code=code)

    assert client.breaker_state == "closed"


def test_a_decline_is_an_answer(client, wire):
    for _ in range(3 * THRESHOLD):
        wire.answer({**PAID, "status": "failed"})
        assert client.find("order-1").status == "failed"

    assert client.breaker_state == "closed"


def test_after_the_pause_one_probe_passes_and_its_answer_closes_it(client, wire, stopwatch):
    fail(client, wire, THRESHOLD)
    stopwatch.seconds = FIRST_PAUSE - 0.1
    assert is_open(client, wire)

    stopwatch.seconds = FIRST_PAUSE
    assert client.can_send
    wire.answer(None, status=404, message="no such payment")
    with pytest.raises(NotFound):
        client.find("order-1")

    assert client.breaker_state == "closed"


def test_no_second_call_passes_beside_the_probe(breaker, client, wire, stopwatch):
    fail(client, wire, THRESHOLD)
    stopwatch.seconds = FIRST_PAUSE

    with breaker.watch():
        assert client.breaker_state == "probing"
        assert is_open(client, wire)

    assert client.breaker_state == "closed"


def test_each_failed_probe_doubles_the_pause_up_to_a_minute(client, wire, stopwatch):
    fail(client, wire, THRESHOLD)
    pauses = []
    for _ in range(8):
        opened_at = stopwatch.seconds
        while not client.can_send:
            stopwatch.seconds += 1
        pauses.append(stopwatch.seconds - opened_at)
        fail(client, wire)

    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_jitter_takes_up_to_half_of_a_pause_away(wire, stopwatch):
    breaker = Breaker(monotonic=stopwatch, jitter=lambda: 1.0)
    for _ in range(THRESHOLD):
        with pytest.raises(Refused), breaker.watch():
            raise Refused("no", status=429)

    stopwatch.seconds = FIRST_PAUSE / 2

    assert breaker.lets_pass


def test_a_service_that_fails_again_soon_continues_the_back_off(client, wire, stopwatch):
    fail(client, wire, THRESHOLD)
    stopwatch.seconds += FIRST_PAUSE
    succeed(client, wire)
    fail(client, wire, THRESHOLD)

    stopwatch.seconds += FIRST_PAUSE
    assert not client.can_send
    stopwatch.seconds += FIRST_PAUSE
    succeed(client, wire)

    stopwatch.seconds += LONGEST_PAUSE
    succeed(client, wire)
    fail(client, wire, THRESHOLD)
    stopwatch.seconds += FIRST_PAUSE
    assert client.can_send


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "86400"}, LONGEST_WAIT),
        ({"Retry-After": "Sat, 31 Jan 2026 03:02:00 GMT", "Date": "Sat, 31 Jan 2026 03:00:00 GMT"}, 120),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_request_to_wait_opens_it_immediately_and_for_that_long(client, wire, stopwatch, status, headers, pause):
    wire.headers = headers
    fail(client, wire, status=status)

    stopwatch.seconds = pause - 1
    assert is_open(client, wire)
    stopwatch.seconds = pause
    assert client.can_send


@pytest.mark.parametrize("asked", ["soon", "-1", "", "Sat, 31 Jan 2026 03:02:00 GMT"])
def test_a_request_to_wait_that_cannot_be_read_is_a_failure_like_any_other(client, wire, asked):
    wire.headers = {"Retry-After": asked}
    fail(client, wire, THRESHOLD - 1, status=429)
    assert client.breaker_state == "closed"

    fail(client, wire, status=429)
    assert client.breaker_state == "open"


def test_an_answer_to_a_call_from_before_it_opened_does_not_close_it(breaker, client, wire):
    with breaker.watch():
        fail(client, wire, THRESHOLD)

    assert client.breaker_state == "open"


def test_an_interrupted_probe_leaves_the_next_call_to_probe(breaker, client, wire, stopwatch):
    fail(client, wire, THRESHOLD)
    stopwatch.seconds = FIRST_PAUSE

    with pytest.raises(KeyboardInterrupt), breaker.watch():
        raise KeyboardInterrupt

    assert client.can_send
    succeed(client, wire)
    assert client.breaker_state == "closed"


def test_the_log_says_why_it_opened_and_when_it_closed(client, wire, stopwatch, caplog):
    with caplog.at_level(logging.WARNING, logger="services.iamport.breaker"):
        fail(client, wire, THRESHOLD, status=503)
        stopwatch.seconds = FIRST_PAUSE
        succeed(client, wire)

    opened, closed = (record.getMessage() for record in caplog.records if record.name.endswith("breaker"))
    assert opened == (
        "No call passes for 2 s, after 5 failures in a row. The latest: Unknown: HTTP 503 to GET /payments/find/order-1"
    )
    assert closed == "The payment service answers again: every call passes."


def charge(client: IamportClient) -> None:
    client.again(customer_uid="cu-1", merchant_uid="order-1", amount=Decimal(10), name="box")


def test_charges_that_fail_while_reads_succeed_stop_charges_only(client, wire):
    for _ in range(THRESHOLD):
        succeed(client, wire)
        wire.answer(None, status=500)
        with pytest.raises(Unknown):
            charge(client)
    sent = len(wire.requests)

    with pytest.raises(CircuitOpen):
        charge(client)

    assert len(wire.requests) == sent
    assert (client.can_send, client.can_charge, client.breaker_state) == (True, False, "open")
    succeed(client, wire)


def test_reads_that_fail_while_charges_succeed_stop_reads_only(client, wire):
    fail(client, wire, THRESHOLD)
    assert (client.can_send, client.can_charge, client.breaker_state) == (False, True, "open")

    wire.answer(PAID)
    charge(client)

    assert is_open(client, wire)


def test_a_patient_client_shares_the_breaker(client, wire):
    worker = client.patient(places=1)

    fail(client, wire, THRESHOLD)

    assert is_open(worker, wire)
