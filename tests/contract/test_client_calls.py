"""Every call of the client that the shop itself does not make, against the sandbox."""

import json
from decimal import Decimal

import pytest

from services.iamport import NotFound, Refused, ScheduledCharge
from tests.contract.conftest import ADDRESS

CARD = {"card_number": "4242-4242-4242-4242", "expiry": "2099-12", "pg": "jtnet"}
HOUR = 3600


@pytest.fixture
def client(sandbox):
    return sandbox.client


@pytest.fixture
def key(client) -> str:
    """A billing key, issued together with a charge under `order-1`."""
    client.onetime(merchant_uid="order-1", amount=Decimal(9900), name="한 달 꽃", customer_uid="key-1", **CARD)
    return "key-1"


def later(sandbox, merchant_uid: str, hours: int = 1) -> ScheduledCharge:
    at = sandbox.clock() + hours * HOUR
    return ScheduledCharge(merchant_uid=merchant_uid, schedule_at=at, amount=Decimal(9900), name="한 달 꽃")


def test_a_card_is_charged_once_and_its_key_kept(client, key):
    assert client.find("order-1", status="paid").amount == 9900
    assert client.customer_key(key).customer_uid == key
    assert [one.customer_uid for one in client.customer_keys([key, "nobody"])] == [key]


def test_a_declined_card_is_an_answer(client):
    declined = client.onetime(
        merchant_uid="order-1", amount=Decimal(9900), name="한 달 꽃", **{**CARD, "card_number": "4000-0000-0000-0341"}
    )

    assert (declined.status, bool(declined.fail_reason)) == ("failed", True)


def test_a_listener_receives_no_card(sandbox):
    heard = []
    secret = {"card_number": CARD["card_number"], "expiry": CARD["expiry"], "birth": "900101", "pwd_2digit": "12"}
    charge = {"merchant_uid": "order-1", "amount": Decimal(9900), "name": "한 달 꽃"}

    sandbox.new_client(listener=heard.append).onetime(**charge, **secret, cvc="123", pg="jtnet")

    sent = json.loads(heard[-1].request)
    assert {name: sent.pop(name) for name in (*secret, "cvc")} == dict.fromkeys((*secret, "cvc"), "***")
    assert sent == {"merchant_uid": "order-1", "amount": 9900, "name": "한 달 꽃", "pg": "jtnet"}


def test_payments_are_read_together_by_key_and_by_order(client, key):
    again = client.again(customer_uid=key, merchant_uid="order-2", amount=Decimal(9900), name="한 달 꽃")

    assert [one.merchant_uid for one in client.payments([again.imp_uid, "imp_000000000000"])] == ["order-2"]
    assert {one.merchant_uid for one in client.payments_of_key(key).payments} == {"order-2", "order-1"}
    assert [one.imp_uid for one in client.find_all("order-2").payments] == [again.imp_uid]


def test_a_payment_is_refunded_by_its_order(client, key):
    refunded = client.cancel(merchant_uid="order-1", amount=Decimal(900), checksum=Decimal(9900), reason="one box less")

    assert refunded.amount_left == 9000
    with pytest.raises(Refused):
        client.cancel(merchant_uid="order-1", amount=Decimal(900), checksum=Decimal(9900), reason="the same again")


def test_charges_are_scheduled_read_and_revoked(sandbox, client, key):
    made = client.schedule(key, [later(sandbox, "order-2"), later(sandbox, "order-3", hours=2)])
    revoked = client.unschedule(customer_uid=key, merchant_uids=["order-2"])
    now = sandbox.clock()
    listed = client.schedules_of_key(key, since=now, until=now + 3 * HOUR)

    assert [(one.merchant_uid, one.status) for one in made] == [("order-2", "scheduled"), ("order-3", "scheduled")]
    assert [(one.merchant_uid, one.status) for one in revoked] == [("order-2", "revoked")]
    assert {one.merchant_uid: one.status for one in listed.schedules} == {"order-2": "revoked", "order-3": "scheduled"}
    assert client.scheduled("order-3").schedule_at == now + 2 * HOUR
    assert [one.merchant_uid for one in client.unschedule(customer_uid=key)] == ["order-3"]


def test_an_empty_list_revokes_nothing(sandbox, client, key):
    client.schedule(key, [later(sandbox, "order-2")])

    assert client.unschedule(customer_uid=key, merchant_uids=[]) == ()
    assert client.scheduled("order-2").status == "scheduled"


def test_a_schedule_of_the_past_is_refused(sandbox, client, key):
    with pytest.raises(Refused):
        client.schedule(key, [later(sandbox, "order-2", hours=-1)])


def test_an_error_names_the_request_and_its_status(client):
    with pytest.raises(NotFound) as missing:
        client.payment("imp_000000000000")

    error = missing.value
    assert (error.method, error.status, error.timed_out) == ("GET", 404, False)
    assert error.url == f"{ADDRESS}/payments/imp_000000000000?include_sandbox=true"
