"""The access token: one thread requests it, no thread queues for it, and an error about it is about nothing else."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from services.iamport import IamportClient, IamportError, Refused, Unauthorized, Unknown
from tests.wire import PAID, TOKEN, Stopwatch, Wire

SECONDS = 20
"""How long a test waits for another thread. Only a failing test waits that long."""


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def open_client(wire, stopwatch) -> Callable[..., IamportClient]:
    def open_client(**settings: float) -> IamportClient:
        session = requests.Session()
        session.mount("https://api.test", wire)
        return IamportClient(
            base_url="https://api.test", key="key", secret="secret", session=session, monotonic=stopwatch, **settings
        )

    return open_client


@pytest.fixture
def hanging(wire):
    """Makes requests for a token hang: `begun` is set when one does, and `end` lets it continue."""

    class Hanging:
        begun, end = threading.Event(), threading.Event()

    def hang() -> None:
        Hanging.begun.set()
        assert Hanging.end.wait(SECONDS)

    wire.before_token = hang
    yield Hanging
    Hanging.end.set()


@pytest.fixture
def begin(hanging):
    """A function that begins a call in another thread, and returns its outcome to come."""
    with ThreadPoolExecutor(4) as pool:

        def begin(call: Callable[[], object]) -> "Future[object]":
            future = pool.submit(call)
            assert hanging.begun.wait(SECONDS)
            return future

        yield begin
        hanging.end.set()


def test_a_token_that_hangs_keeps_no_other_thread_longer_than_its_own_deadline(open_client, begin, wire):
    client = open_client(timeout=0.05)
    wire.answer(PAID)
    first = begin(lambda: client.payment("imp_1"))

    with pytest.raises(Unknown, match="no token in time") as caught:
        client.payment("imp_1")

    assert not caught.value.sent
    assert not first.done()
    assert wire.token_calls == 1


def test_threads_use_the_old_token_while_one_renews_it(open_client, wire, stopwatch, request):
    client = open_client()
    wire.answer(PAID)
    client.payment("imp_1")
    stopwatch.seconds = wire.token_life - 30
    begin = request.getfixturevalue("begin")
    wire.tokens = ["new"]
    wire.answer(PAID)
    wire.answer(PAID)
    renewing = begin(lambda: client.payment("imp_1"))

    client.payment("imp_1")

    assert not renewing.done()
    assert wire.last.headers["Authorization"] == f"Bearer {TOKEN}"


def test_threads_that_wait_get_the_token_of_the_one_that_asked(open_client, begin, hanging, wire):
    client = open_client()
    for _ in range(3):
        wire.answer(PAID)
    calls = [begin(lambda: client.payment("imp_1")) for _ in range(3)]

    hanging.end.set()

    assert {call.result(SECONDS).imp_uid for call in calls} == {"imp_1"}
    assert wire.token_calls == 1


def test_threads_that_wait_for_an_interrupted_request_get_no_answer(open_client, begin, hanging, wire):
    client = open_client()
    hang = wire.before_token

    def be_interrupted() -> None:
        hang()
        raise KeyboardInterrupt

    wire.before_token = be_interrupted
    first, second = (begin(lambda: client.payment("imp_1")) for _ in range(2))

    hanging.end.set()

    assert isinstance(first.exception(SECONDS), KeyboardInterrupt)
    assert isinstance(second.exception(SECONDS), Unknown | KeyboardInterrupt)


FAILURES = [
    ({"status": 404, "code": -1}, Unauthorized),
    ({"status": 400, "code": -1}, Unauthorized),
    ({"status": 401, "code": -1}, Unauthorized),
    ({"status": 403, "code": -1}, Unauthorized),
    ({"status": 429, "code": -1}, Unauthorized),
    ({"status": 200, "code": 1}, Unauthorized),
    ({"status": 500, "code": -1}, Unknown),
]


@pytest.mark.parametrize(("answer", "error"), FAILURES, ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.payment("imp_1"),
        lambda client: client.find("order-1", status="paid"),
        lambda client: client.customer_key("cu-1"),
        lambda client: client.delete_customer_key("cu-1"),
        lambda client: client.prepared("order-1"),
    ],
)
def test_an_error_about_the_token_says_nothing_about_the_resource(open_client, wire, answer, error, call):
    client = open_client()
    wire.refuses_tokens = True
    wire.answer(None, message="없습니다.", **answer)

    with pytest.raises(IamportError) as caught:
        call(client)

    assert type(caught.value) is error
    assert not isinstance(caught.value, Refused)
    assert not caught.value.sent
    assert wire.token_calls == len(wire.requests) == 1


def test_a_rejected_token_is_replaced_and_a_failure_to_replace_it_is_no_answer(open_client, wire):
    client = open_client()
    wire.answer(PAID)
    client.payment("imp_1")
    wire.refuses_tokens = True
    wire.answer(None, code=-1, status=401)
    wire.answer(None, code=-1, status=404)

    with pytest.raises(Unauthorized):
        client.payment("imp_1")
