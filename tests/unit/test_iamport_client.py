"""The REST client over a fake connection: no test opens a socket."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from services.iamport import CustomerKey, IamportClient, IamportError, NotFound, Payment, Refused, Unauthorized, Unknown
from tests.wire import PAID, TOKEN, Stopwatch, Wire

KEY, SECRET = "the-rest-key", "the-rest-secret"


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def client(wire: Wire, stopwatch: Stopwatch) -> IamportClient:
    session = requests.Session()
    session.mount("https://api.test", wire)
    return IamportClient(
        base_url="https://api.test/", key=KEY, secret=SECRET, timeout=7.5, session=session, monotonic=stopwatch
    )


def read(client: IamportClient, wire: Wire) -> Payment:
    wire.answer(PAID)
    return client.payment("imp_1")


def charge(client: IamportClient, **more: str) -> Payment:
    fields = {"customer_uid": "cu-1", "merchant_uid": "order-1", "name": "상자"}
    return client.again(**{**fields, **more}, amount=Decimal("49.99"))


# The token ------------------------------------------------------------------------------------------------


def test_the_token_is_asked_for_once_and_sent_as_bearer(client, wire):
    for _ in range(2):
        read(client, wire)

    assert wire.token_calls == 1
    assert json.loads(wire.requests[0].body) == {"imp_key": KEY, "imp_secret": SECRET}
    assert "Authorization" not in wire.requests[0].headers
    assert [request.headers["Authorization"] for request in wire.requests[1:]] == [f"Bearer {TOKEN}"] * 2


RECORD = {"imp_uid": "imp_1", "merchant_uid": "order_1", "status": "paid", "amount": 1}


def any_call(client: IamportClient, wire: Wire) -> None:
    wire.answer({"merchant_uid": "order_1", "amount": 1})
    client.prepared("order_1")


@pytest.mark.parametrize(("seconds", "calls"), [(0, 1), (1739, 1), (1740, 2), (1800, 2)])
def test_a_token_is_renewed_a_minute_before_its_end(client, wire, stopwatch, seconds, calls):
    read(client, wire)

    stopwatch.seconds = seconds
    read(client, wire)

    assert wire.token_calls == calls


def test_the_life_of_a_token_is_counted_by_the_services_clock(client, wire, stopwatch):
    wire.token_life = 300
    stopwatch.seconds = 9_000_000

    read(client, wire)
    stopwatch.seconds += 239
    read(client, wire)
    assert wire.token_calls == 1

    stopwatch.seconds += 1
    read(client, wire)
    assert wire.token_calls == 2


@pytest.mark.parametrize("life", [{"now": None}, {"expired_at": "soon"}, {"access_token": None}], ids=repr)
def test_a_token_answer_that_cannot_be_read_is_no_answer(client, wire, life):
    wire.refuses_tokens = True
    wire.answer({"access_token": TOKEN, "now": 5_000, "expired_at": 6_800} | life)

    with pytest.raises(Unknown):
        client.payment("imp_1")


@pytest.mark.parametrize("lacking", ["access_token", "now", "expired_at"])
def test_a_token_answer_that_lacks_something_is_no_answer(client, wire, lacking):
    wire.refuses_tokens = True
    answer = {"access_token": TOKEN, "now": 5_000, "expired_at": 6_800}
    wire.answer({name: value for name, value in answer.items() if name != lacking})

    with pytest.raises(Unknown):
        client.ping()


def test_a_401_is_repeated_once_with_a_fresh_token(client, wire):
    wire.tokens = ["old", "new"]
    wire.answer(None, code=-1, message="Unauthorized", status=401)
    wire.answer(PAID)

    payment = charge(client)

    assert payment.status == "paid"
    assert wire.token_calls == 2
    assert [r.headers["Authorization"] for r in wire.requests if r.path_url != "/users/getToken"] == [
        "Bearer old",
        "Bearer new",
    ]


def test_a_second_401_is_not_repeated(client, wire):
    for _ in range(2):
        wire.answer(None, code=-1, message="Unauthorized", status=401)

    with pytest.raises(Unauthorized):
        charge(client)

    assert len([r for r in wire.requests if r.path_url != "/users/getToken"]) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_nothing_but_a_401_is_repeated(client, wire, status):
    wire.answer(None, code=-1, message="no", status=status)

    with pytest.raises((Refused, Unknown)):
        charge(client)

    assert len([r for r in wire.requests if r.path_url != "/users/getToken"]) == 1


def test_wrong_credentials_are_unauthorized_and_asked_about_once(client, wire):
    wire.refuses_tokens = True
    wire.answer(None, code=-1, message="인증에 실패하였습니다. API키와 secret을 확인하세요.", status=401)

    with pytest.raises(Unauthorized, match="인증에 실패하였습니다"):
        client.ping()

    assert len(wire.requests) == 1


# Three outcomes: refused, declined, no answer -------------------------------------------------------------


def test_declined_returns_the_payment(client, wire):
    wire.answer({**PAID, "status": "failed", "fail_reason": "잔액이 부족합니다.", "paid_at": 0})

    payment = charge(client)

    assert (payment.status, payment.fail_reason, payment.paid_at) == ("failed", "잔액이 부족합니다.", 0)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(200, 1, Refused), (200, -1, Refused), (400, -1, Refused), (404, -1, NotFound), (404, 1, NotFound)],
)
def test_refused_raises_with_code_and_sentence(client, wire, status, code, error):
    wire.answer(None, code=code, message="등록되지 않은 구매자입니다.", status=status)

    with pytest.raises(error) as caught:
        charge(client)

    assert (caught.value.code, caught.value.message, caught.value.status) == (
        code,
        "등록되지 않은 구매자입니다.",
        status,
    )


@pytest.mark.parametrize("response", [None, [], "text"])
def test_success_without_a_record_is_no_success(client, wire, response):
    wire.answer(response)

    with pytest.raises(Refused):
        charge(client)


@pytest.mark.parametrize(
    "silence",
    [
        requests.ReadTimeout("read"),
        requests.ConnectTimeout("connect"),
        requests.ConnectionError("refused"),
        (500, '{"code": -1, "message": "Internal Server Error", "response": null}'),
        (502, "<html>Bad Gateway</html>"),
        (200, "<html>maintenance</html>"),
        (200, ""),
        (200, '{"code": 0}'),
        (200, "[]"),
        (200, "null"),
    ],
    ids=repr,
)
def test_silence_is_unknown(client, wire, silence):
    wire.answers.append(silence)

    with pytest.raises(Unknown):
        charge(client)


@pytest.mark.parametrize(
    ("answer", "status", "timed_out"),
    [
        (requests.ReadTimeout("read"), None, True),
        (requests.ConnectionError("refused"), None, False),
        ((502, "<html>Bad Gateway</html>"), 502, False),
        ((200, '{"code": 0, "message": null, "response": {"status": "paid"}}'), 200, False),
        ((400, '{"code": -1, "message": "no", "response": null}'), 400, False),
    ],
    ids=repr,
)
def test_an_error_names_its_request_status_and_whether_time_ran_out(client, wire, answer, status, timed_out):
    wire.answers.append(answer)

    with pytest.raises(IamportError) as caught:
        charge(client)

    error = caught.value
    assert (error.method, error.url) == ("POST", "https://api.test/subscribe/payments/again")
    assert (error.status, error.timed_out) == (status, timed_out)


def test_a_reading_survives_a_connection_that_was_closed_meanwhile(client, wire):
    read(client, wire)
    wire.answers.append(requests.ConnectionError("Remote end closed connection without response"))

    assert read(client, wire).imp_uid == "imp_1"


def test_a_charge_is_never_sent_twice(client, wire):
    read(client, wire)
    wire.answers.append(requests.ConnectionError("Remote end closed connection without response"))
    sent = len(wire.requests)

    with pytest.raises(Unknown):
        charge(client)

    assert len(wire.requests) == sent + 1


def test_a_lost_answer_says_how_long_it_was_waited_for(client, wire, stopwatch, monkeypatch):
    read(client, wire)  # the client has a token from here on
    stopwatch.seconds = 100.0

    def keep_waiting(request, **options):
        stopwatch.seconds += 30
        raise requests.ReadTimeout

    monkeypatch.setattr(wire, "send", keep_waiting)
    with pytest.raises(Unknown) as caught:
        charge(client)

    assert caught.value.waited == timedelta(seconds=30)


def test_no_secret_stands_in_any_error(client, wire):
    texts = []
    for answer in [requests.ReadTimeout(f"POST body imp_secret={SECRET}"), (500, SECRET), (200, TOKEN)]:
        wire.answers.append(answer)
        with pytest.raises(Unknown) as caught:
            client.prepare(merchant_uid="order-1", amount=Decimal(100), currency="KRW")
        texts.append(str(caught.value) + repr(caught.value))

    assert not [text for text in texts if KEY in text or SECRET in text or TOKEN in text]
    assert KEY not in repr(client)
    assert SECRET not in repr(client)


# Amounts, ids, fields -------------------------------------------------------------------------------------


def test_amounts_come_in_as_exact_decimals(client, wire):
    wire.answers.append((200, json.dumps({"code": 0, "message": None, "response": {**PAID, "cancel_amount": 19.99}})))

    payment = client.payment("imp_1")

    assert (payment.amount, payment.cancel_amount) == (Decimal("49.99"), Decimal("19.99"))
    assert payment.amount_left == Decimal("30.00")


@pytest.mark.parametrize(
    ("amount", "written"), [("49.99", "49.99"), ("50", "50"), ("50.00", "50"), ("19900", "19900"), ("0.1", "0.1")]
)
def test_amounts_leave_as_json_numbers(client, wire, amount, written):
    wire.answer({"merchant_uid": "order-1", "amount": 1})

    client.prepare(merchant_uid="order-1", amount=Decimal(amount), currency="USD")

    assert f'"amount": {written},' in str(wire.last.body)


def test_unset_is_none_whether_null_or_empty(client, wire):
    wire.answer({**PAID, "customer_uid": "", "card_name": "", "pg_tid": None})

    payment = client.payment("imp_1")

    assert (payment.customer_uid, payment.card_name, payment.pg_tid) == (None, None, None)


@pytest.mark.parametrize(("marked", "is_test"), [({"sandbox": True}, True), ({"sandbox": False}, False), ({}, False)])
def test_a_record_says_where_it_went(client, wire, marked, is_test):
    wire.answer({**PAID, "pg_id": "MOI1234567", **marked})

    payment = client.payment("imp_1")

    assert (payment.pg_id, payment.is_test) == ("MOI1234567", is_test)


CALLS: list[tuple[Callable[[IamportClient, str], Any], str]] = [
    (lambda client, uid: client.payment(uid), "GET /payments/{}?include_sandbox=true"),
    (lambda client, uid: client.find(uid), "GET /payments/find/{}?include_sandbox=true"),
    (lambda client, uid: client.find(uid, status="paid"), "GET /payments/find/{}/paid?include_sandbox=true"),
    (lambda client, uid: client.customer_key(uid), "GET /subscribe/customers/{}"),
    (lambda client, uid: client.delete_customer_key(uid), "DELETE /subscribe/customers/{}"),
    (lambda client, uid: client.prepared(uid), "GET /payments/prepare/{}"),
]


@pytest.mark.parametrize(("call", "line"), CALLS, ids=[line for _, line in CALLS])
def test_ids_are_percent_encoded_in_paths(client, wire, call, line):
    wire.answer(PAID)

    call(client, "a/../b?c=1#d 한")

    assert f"{wire.last.method} {wire.last.path_url}" == line.format("a%2F..%2Fb%3Fc%3D1%23d%20%ED%95%9C")


ASK_FOR_A_KEY = pytest.mark.parametrize(
    "call", [lambda client: client.customer_key("cu-1"), lambda client: client.delete_customer_key("cu-1")]
)
STORED = {"customer_uid": "cu-1", "pg_provider": "chai", "pg_id": "t", "inserted": 1}


@ASK_FOR_A_KEY
def test_a_refusal_about_a_key_does_not_say_that_there_is_none(client, wire, call):
    wire.answer(None, code=-1, message="PG사와 통신에 실패하였습니다.")

    with pytest.raises(Refused) as caught:
        call(client)

    assert not isinstance(caught.value, NotFound)


@ASK_FOR_A_KEY
def test_older_versions_say_with_code_1_that_there_is_no_such_key(client, wire, call):
    for _request_and_lookup in range(2):
        wire.answer(None, code=1, message="등록된 정보를 찾을 수 없습니다.")

    with pytest.raises(NotFound):
        call(client)


def test_a_key_that_was_not_deleted_is_not_called_gone(client, wire):
    wire.answer(None, code=1, message="삭제에 실패하였습니다.")
    wire.answer(STORED)

    with pytest.raises(Refused) as caught:
        client.delete_customer_key("cu-1")

    assert not isinstance(caught.value, NotFound)


def test_a_charge_carries_what_was_given_and_nothing_empty(client, wire):
    wire.answer(PAID)

    charge(client, buyer_email="jisoo@example.com", currency="USD", browser_ip="")

    assert wire.last.headers["Content-Type"] == "application/json"
    assert json.loads(wire.last.body) == {
        "customer_uid": "cu-1",
        "merchant_uid": "order-1",
        "amount": 49.99,
        "name": "상자",
        "currency": "USD",
        "buyer_email": "jisoo@example.com",
    }


def test_a_cancellation_says_what_is_believed_to_be_left(client, wire):
    wire.answer({**PAID, "status": "cancelled", "cancel_amount": 49.99})

    payment = client.cancel(imp_uid="imp_1", amount=Decimal("49.99"), checksum=Decimal("49.99"), reason="mismatch")

    assert payment.amount_left == 0
    assert json.loads(wire.last.body) == {
        "imp_uid": "imp_1",
        "amount": 49.99,
        "checksum": 49.99,
        "reason": "mismatch",
    }


def test_a_customer_key_is_read(client, wire):
    wire.answer({"customer_uid": "cu-1", "pg_provider": "chai", "pg_id": "t", "card_name": "", "inserted": 1})

    key = client.customer_key("cu-1")

    assert key == CustomerKey(
        customer_uid="cu-1", pg_provider="chai", pg_id="t", card_name=None, card_number=None, customer_email=None
    )


def test_every_call_has_the_timeout(client, wire):
    wire.answer(PAID)

    charge(client)

    assert wire.timeouts == [7.5, 7.5]


@pytest.mark.parametrize("body", [{}, {"imp_uid": "imp_1"}, {**RECORD, "amount": "plenty"}, {**RECORD, "amount": None}])
def test_an_answer_without_what_is_documented_is_unknown(client, wire, body):
    wire.answer(body)

    with pytest.raises(Unknown):
        client.payment("imp_1")


@pytest.mark.parametrize("status", [404, 200])
def test_an_unknown_key_is_not_found_in_either_form_of_the_answer(client, wire, status):
    wire.answer(None, code=1, message="등록된 정보를 찾을 수 없습니다.", status=status)

    with pytest.raises(NotFound):
        client.customer_key("cu_1")


def test_a_ping_always_asks(client, wire):
    client.ping()
    client.ping()

    assert wire.token_calls == 2


@pytest.mark.parametrize("imp_uid", ["", ".", ".."])
def test_an_id_that_would_lead_to_another_address_is_not_found(client, wire, imp_uid):
    with pytest.raises(NotFound):
        client.payment(imp_uid)

    assert wire.requests == []


# Lists ----------------------------------------------------------------------------------------------------


def test_a_list_is_requested_by_status_and_time(client, wire):
    wire.answer({"total": 3, "previous": 1, "next": 0, "list": [PAID]})

    page = client.payments_by_status("paid", since=100, until=200, page=2, limit=2)

    assert wire.last.path_url.startswith("/payments/status/paid?from=100&to=200&page=2&limit=2&sorting=started")
    assert (page.total, page.next_page, [payment.imp_uid for payment in page.payments]) == (3, 0, ["imp_1"])


@pytest.mark.parametrize("body", [{}, {"total": 1}, {"total": 1, "list": [{}]}, {"total": None, "list": []}], ids=repr)
def test_a_list_that_differs_from_the_documentation_is_no_answer(client, wire, body):
    wire.answer(body)

    with pytest.raises(Unknown):
        client.payments_by_status("paid", since=100, until=200)
