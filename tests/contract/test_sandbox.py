"""What only the sandbox can show: the token's life, lost answers, and what each PG requires."""

from decimal import Decimal

import pytest

from services.iamport import IamportClient, Refused, Unauthorized, Unknown


@pytest.fixture
def client(sandbox) -> IamportClient:
    return sandbox.client


def charge(client, customer_uid, merchant_uid="charge-1", amount="19900", **more):
    fields = {"name": "매달 원두", **more}
    return client.again(customer_uid=customer_uid, merchant_uid=merchant_uid, amount=Decimal(amount), **fields)


def token_calls(sandbox) -> int:
    return sandbox.adapter.paths.count("/users/getToken")


# The token ------------------------------------------------------------------------------------------------


def test_one_token_serves_many_calls(sandbox, client, window):
    imp_uid = sandbox.pay(window())

    for _ in range(3):
        client.payment(imp_uid)

    assert token_calls(sandbox) == 1


def test_a_token_is_renewed_before_its_end_so_that_none_is_refused(sandbox, client, window):
    imp_uid = sandbox.pay(window())

    for _ in range(10):
        client.payment(imp_uid)
        sandbox.clock.seconds += 700

    assert len(sandbox.adapter.paths) == 10 + token_calls(sandbox)
    assert token_calls(sandbox) < 10


def test_a_token_that_died_early_is_replaced_without_a_word(sandbox, client, window):
    client.payment(sandbox.pay(window()))
    sandbox.control("reset")
    sandbox.control("webhooks", copies=0)
    imp_uid = sandbox.pay(window())

    assert client.payment(imp_uid).status == "paid"
    assert token_calls(sandbox) == 2


@pytest.mark.parametrize("credentials", [{"key": "nobody"}, {"secret": "wrong"}])
def test_wrong_credentials_are_reported_in_the_services_words(sandbox, credentials):
    with pytest.raises(Unauthorized, match="인증에 실패하였습니다"):
        sandbox.new_client(**credentials).ping()


def test_two_clients_share_the_token_without_cutting_each_other_off(sandbox, window):
    first, second = sandbox.new_client(), sandbox.new_client()
    imp_uid = sandbox.pay(window())

    for client in (first, second, first, second):
        assert client.payment(imp_uid).imp_uid == imp_uid

    assert token_calls(sandbox) == 2


# Lost answers ---------------------------------------------------------------------------------------------


def test_an_answer_lost_after_the_charge_is_unknown_and_found(sandbox, client, window):
    request = window()
    sandbox.pay(request)
    sandbox.control("faults", kind="error_after_charge", customer_uid=request["customer_uid"])

    with pytest.raises(Unknown):
        charge(client, request["customer_uid"])

    assert client.find("charge-1", status="paid").amount == 19900


def test_a_charge_that_never_happened_is_unknown_and_not_found(sandbox, client, window):
    request = window()
    sandbox.pay(request)
    sandbox.control("faults", kind="error_before_charge")

    with pytest.raises(Unknown):
        charge(client, request["customer_uid"])

    with pytest.raises(Refused):
        client.find("charge-1", status="paid")
    assert charge(client, request["customer_uid"]).status == "paid"


# Ids and fields -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uid", ["a b", "a?b=c#d", "주문-1", "a%2Fb", "a&b", "find"])
def test_an_id_survives_the_path_it_stands_in(sandbox, client, window, uid):
    sandbox.pay(window(merchant_uid=uid, customer_uid=uid))

    assert client.find(uid).merchant_uid == uid
    assert client.customer_key(uid).customer_uid == uid


def test_paymentwall_refuses_another_email_another_currency_and_no_address(sandbox, client, window):
    request = window(pg="paymentwall", amount=49.99, currency="USD")
    sandbox.pay(request)
    demands = {"buyer_email": request["buyer_email"], "currency": "USD", "browser_ip": "203.0.113.7"}

    for wrong in ({"buyer_email": "other@example.com"}, {"currency": "KRW"}, {"browser_ip": ""}, {"buyer_email": ""}):
        with pytest.raises(Refused):
            charge(client, request["customer_uid"], amount="50", **{**demands, **wrong})

    assert charge(client, request["customer_uid"], amount="49.99", **demands).amount == Decimal("49.99")


def test_inicis_refuses_a_charge_without_a_name(sandbox, client, window):
    request = window(pg="html5_inicis")
    sandbox.pay(request)

    with pytest.raises(Refused) as caught:
        charge(client, request["customer_uid"], name="")

    assert caught.value.status == 400


def test_an_issue_that_only_showed_its_amount_has_nothing_to_refund(sandbox, client, window):
    imp_uid = sandbox.pay(window(pg="html5_inicis"))

    with pytest.raises(Refused) as caught:
        client.cancel(imp_uid=imp_uid, amount=Decimal(19900), checksum=Decimal(19900), reason="test")

    assert caught.value.code == -1
    assert client.payment(imp_uid).amount_left == 19900
