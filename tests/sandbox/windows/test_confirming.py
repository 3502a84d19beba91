"""`confirm_url`: the shop has the last word before a window's payment is approved."""

import socket
from urllib.parse import urlsplit

import pytest

from sandbox.windows import confirming
from tests.sandbox.conftest import Api

CARD = "4242-4242-4242-4242"
STOPPED = "고객사 요청에 의해 결제를 중단합니다. (상세사유 : "


@pytest.fixture
def pay(api, payer, receiver):
    """Open a window with a `confirm_url`, submit a card, and return the payment as REST shows it."""

    def pay(number: str = CARD, **params):
        params = {"merchant_uid": "order-1", "pg": "jtnet", "confirm_url": receiver.url, **params}
        return api.get(f"/payments/{payer.approve(payer.open(**params), number)}").response

    return pay


def test_the_shop_is_asked_once_and_the_payment_still_waits(api, pay, receiver):
    seen = []
    receiver.on_notice = lambda body: seen.append(api.get(f"/payments/{body['imp_uid']}").response["status"])

    payment = pay()

    assert receiver.next() == {"imp_uid": payment["imp_uid"], "merchant_uid": "order-1", "amount": 9900}
    assert (payment["status"], seen) == ("paid", ["ready"])
    assert receiver.is_silent()


@pytest.mark.parametrize("status", [201, 204, 302, 400, 500])
def test_anything_but_200_stops_the_payment(api, pay, receiver, status):
    receiver.answer_status = status

    payment = pay(customer_uid="card-1")

    assert (payment["status"], payment["fail_reason"]) == ("failed", f"{STOPPED}HTTP {status})")
    assert api.get("/subscribe/customers/card-1").http == 404


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"reason": "sold out"}', "sold out"),
        (b"sold out", "sold out"),
        (b"{}", "HTTP 409"),
        (b"[" * 2000, "[" * confirming.MAX_REASON),
    ],
)
def test_the_shop_can_say_why(pay, receiver, answer, reason):
    receiver.answer_status, receiver.answer_body = 409, answer

    assert pay()["fail_reason"] == f"{STOPPED}{reason})"


def test_a_shop_that_cannot_be_reached_stops_it(pay):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))

        payment = pay(confirm_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")

    assert (payment["status"], payment["fail_reason"]) == ("failed", f"{STOPPED}응답 없음)")


def test_a_shop_that_takes_too_long_stops_it(pay, monkeypatch):
    monkeypatch.setattr(confirming, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        payment = pay(confirm_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")

    assert payment["fail_reason"] == f"{STOPPED}응답 없음)"


def test_a_payment_that_ended_already_is_not_asked_about_again(payer, receiver):
    window = payer.open(merchant_uid="order-1", pg="jtnet", confirm_url=receiver.url)
    payer.approve(window, CARD)
    receiver.next()

    payer.approve(window, CARD)

    assert receiver.is_silent()


@pytest.mark.parametrize("others", [[], ["order-2"]])
def test_a_window_that_a_reset_forgets_in_the_meantime_is_gone_and_approves_no_other(client, payer, receiver, others):
    window = payer.open(merchant_uid="order-1", pg="jtnet", confirm_url=receiver.url)
    address = urlsplit(window.json["window_url"])

    def act(_question: dict[str, str]) -> None:
        client.post("/control/reset")
        for merchant_uid in others:
            payer.open(merchant_uid=merchant_uid)

    receiver.on_notice = act
    answer = client.post(f"{address.path}/approve?{address.query}", data={"number": CARD})

    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer.headers
    api = Api(client)
    assert [api.get(f"/payments/find/{order}").response["status"] for order in others] == ["ready"] * len(others)


def test_the_shop_is_not_asked_when_the_window_is_closed_or_the_lever_is_off(client, payer, pay, receiver):
    payer.close(payer.open(merchant_uid="order-2", pg="jtnet", confirm_url=receiver.url))
    client.post("/control/levers", json={"confirm_process": False})

    assert pay()["status"] == "paid"
    assert receiver.is_silent()


def test_the_request_has_the_format_of_the_webhooks(client, pay, receiver):
    client.post("/control/levers", json={"webhook_format": "form"})
    receiver.parse = bytes.decode

    payment = pay()

    assert receiver.next() == f"imp_uid={payment['imp_uid']}&merchant_uid=order-1&amount=9900"


@pytest.mark.parametrize("url", ["/confirm", "ftp://shop.test/", 1])
def test_an_invalid_address_opens_no_window(payer, url):
    assert payer.open(merchant_uid="order-1", confirm_url=url).json["error_code"] == "F0004"
